//! Any text as a catalogue's JSON: nothing panics, and what is read is read again as it is written.
//!
//!     cargo +nightly fuzz run json

#![no_main]

use libfuzzer_sys::fuzz_target;
use spanwright_catalog::Catalog;

fuzz_target!(|text: &str| {
    if let Ok(catalog) = Catalog::from_json(text) {
        let read = Catalog::from_json(&catalog.to_json()).expect("it was written just now");
        assert_eq!(read.to_json(), catalog.to_json());
    }
});
