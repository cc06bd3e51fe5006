//! Any bytes as a file: nothing panics, and what is read can be shown.
//!
//!     cargo +nightly fuzz run read

#![no_main]

use libfuzzer_sys::fuzz_target;
use spanwright_recording::{Reader, to_json, to_line};

fuzz_target!(|bytes: &[u8]| {
    let mut reader = Reader::from_bytes(bytes);
    let mut events = reader.events();
    while let Some(record) = events.next() {
        to_json(&record);
        to_line(&record, events.names(), 0);
    }
    reader.problems().iter().for_each(|problem| drop(problem.to_string()));
});
