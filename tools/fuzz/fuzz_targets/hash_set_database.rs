#![no_main]
fuzz::plain_target!("hash_set_database");
