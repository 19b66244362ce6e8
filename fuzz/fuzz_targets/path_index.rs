#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oxidnf_fuzz::path_index(data));
