#![no_main]
fuzz::plain_target!("lznt1");
