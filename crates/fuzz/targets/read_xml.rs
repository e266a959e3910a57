//! Answers in XML.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::check(billmgr::read_xml, bytes));
