#![no_main]
fuzz::packed_target!("volumes");
