//! Any bytes as a binary: nothing panics, and what is read is a catalogue that is read again as it is written.
//!
//!     cargo +nightly fuzz run binary

#![no_main]

use libfuzzer_sys::fuzz_target;
use spanwright_catalog::Catalog;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(catalog) = Catalog::from_binary(bytes) {
        let read = Catalog::from_json(&catalog.to_json()).expect("it was written just now");
        assert_eq!(read.to_json(), catalog.to_json());
    }
});
