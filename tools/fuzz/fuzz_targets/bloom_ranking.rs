#![no_main]
fuzz::plain_target!("bloom_ranking");
