#![no_main]
fuzz::plain_target!("custody_keys");
