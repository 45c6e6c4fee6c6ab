#![no_main]
fuzz::plain_target!("image_codecs");
