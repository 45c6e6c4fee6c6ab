#![no_main]
fuzz::plain_target!("compiled_set");
