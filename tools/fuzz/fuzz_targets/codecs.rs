#![no_main]
fuzz::plain_target!("codecs");
