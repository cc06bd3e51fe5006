//! Files that were written by each version are read by this one.
//!
//! `SPANWRIGHT_BLESS=1` writes those of this version anew.

use std::path::{Path, PathBuf};

use spanwright_recording::event::KINDS;
use spanwright_recording::{Codec, Reader, SimpleBinaryWriter, to_json};

use crate::events::{Folder, every_kind, in_order, write};

const CODECS: [(&str, Codec); 3] =
    [("none", Codec::None), ("deflate", Codec::Deflate), ("zstd", Codec::Zstd)];

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/v1").join(name)
}

fn blesses() -> bool {
    std::env::var_os("SPANWRIGHT_BLESS").is_some()
}

fn fresh(codec: Codec, folder: &Folder) -> Vec<u8> {
    let path = folder.0.join("fresh.spwr");
    let writer = SimpleBinaryWriter::new(&path).expect("the folder can be written to");
    write(&every_kind(), writer, codec).finish().expect("the folder can be written to");
    std::fs::read(path).expect("it was just written")
}

#[test]
fn golden_files_are_read() {
    let lines: String = in_order(&every_kind()).iter().map(|record| to_json(record) + "\n").collect();
    let folder = Folder::new("golden-read");
    for (name, codec) in CODECS {
        let path = golden(&format!("every-kind.{name}.spwr"));
        if blesses() {
            std::fs::write(&path, fresh(codec, &folder)).expect("golden files can be written");
        }
        let mut reader = Reader::open(&path).expect("the golden file is there");
        assert!(reader.is_finished(), "{name}");
        assert!(reader.index().len() > 3, "{name}");
        let records: Vec<_> = reader.events().collect();
        assert_eq!(records, in_order(&every_kind()), "{name}");
        assert!(reader.problems().is_empty(), "{name}: {:?}", reader.problems());
    }
    let path = golden("every-kind.jsonl");
    if blesses() {
        std::fs::write(&path, &lines).expect("golden files can be written");
    }
    assert_eq!(std::fs::read_to_string(path).expect("the golden file is there"), lines);
}

#[test]
fn the_same_events_are_the_same_bytes() {
    let folder = Folder::new("golden-bytes");
    let kept = std::fs::read(golden("every-kind.none.spwr")).expect("the golden file is there");
    // What is compressed depends on the library's version; what goes into it does not.
    assert!(kept == fresh(Codec::None, &folder), "the format has changed: is it a new version?");
    for (name, codec) in CODECS {
        let first = fresh(codec, &folder);
        assert!(first == fresh(codec, &folder), "{name} differs from one time to the next");
    }
}

#[test]
fn the_golden_files_have_every_kind() {
    let events = every_kind();
    for kind in KINDS {
        assert!(events.iter().any(|(.., event)| event.kind() == kind.name), "{}", kind.name);
    }
}

/// More than a reader keeps open at once.
#[test]
fn hundreds_of_files_are_read() {
    let path = golden("every-kind.none.spwr");
    let mut reader = Reader::open_all(std::iter::repeat_n(&path, 300)).expect("the golden file is there");
    assert_eq!(reader.events().count(), 300 * every_kind().len());
    assert!(reader.problems().is_empty() && reader.is_finished());
}
