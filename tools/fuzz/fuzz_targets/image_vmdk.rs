#![no_main]
fuzz::packed_target!("image_vmdk");
