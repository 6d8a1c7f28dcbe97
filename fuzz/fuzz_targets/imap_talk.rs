#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| letterslot_fuzz::imap_talk(data));
