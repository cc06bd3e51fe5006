//! The JavaScript decoder reads what is written here. It needs `node`; `SPANWRIGHT_REQUIRE_BACKENDS=1` makes it a failure that there is
//! none.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use spanwright_recording::event::{Nanos, Poll, TaskId, Wake, WakeKind};
use spanwright_recording::{Codec, Encoder, Options, Reader, SimpleBinaryWriter, to_json};

use crate::events::{Folder, START};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What Node prints of a file, or nothing where there is no Node.
fn lines(file: &Path) -> Option<Output> {
    let output = Command::new("node").arg(root().join("js/lines.mjs")).arg(file).output();
    match output {
        Ok(output) => Some(output),
        Err(error) => {
            let required = std::env::var_os("SPANWRIGHT_REQUIRE_BACKENDS").is_some_and(|value| value == "1");
            assert!(!required, "node is needed: {error}");
            #[expect(clippy::print_stderr, reason = "whoever runs the tests should know")]
            {
                eprintln!("skipped: there is no node: {error}");
            }
            None
        }
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("it is UTF-8")
}

#[test]
fn golden_files_are_the_same_in_javascript() {
    let expected =
        std::fs::read_to_string(root().join("tests/golden/v1/every-kind.jsonl")).expect("it is there");
    for codec in ["none", "deflate", "zstd"] {
        let file = root().join(format!("tests/golden/v1/every-kind.{codec}.spwr"));
        let Some(output) = lines(&file) else { return };
        assert_eq!(text(output.stderr), "", "{codec}");
        // All of it would be too much to look at.
        let printed = text(output.stdout);
        for (ours, theirs) in expected.lines().zip(printed.lines()) {
            assert_eq!(ours, theirs, "{codec}");
        }
        assert_eq!(expected.lines().count(), printed.lines().count(), "{codec}");
    }
}

/// Polls and wakes as of a busy service: as much as fills a few large blocks.
fn large(folder: &Folder, codec: Codec, level: i32) -> PathBuf {
    let path = folder.0.join(format!("large-{codec:?}-{level}.spwr"));
    let writer = SimpleBinaryWriter::new(&path).expect("the folder can be written to");
    let mut encoder = Encoder::new(writer, Options { codec, level, ..Options::default() });
    let (mut seed, mut at) = (1u64, START);
    for _ in 0..40_000 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (task, took) = (TaskId::new(7 + (seed >> 60)), (seed >> 32) % 3000 + 200);
        at += took + (seed >> 50) % 700;
        let wake = Wake { task, by: (seed % 3 == 0).then(|| TaskId::new(seed >> 61)), how: WakeKind::ByRef };
        encoder.event(0, at - took / 2, &wake).expect("the disk has room");
        encoder.event(0, at, &Poll { duration: Nanos(took), task, worker: None }).expect("the disk has room");
    }
    encoder.finish().expect("the disk has room");
    path
}

#[test]
fn large_blocks_are_the_same_in_javascript() {
    let folder = Folder::new("large");
    for (codec, level) in [(Codec::None, 0), (Codec::Deflate, 6), (Codec::Zstd, 1), (Codec::Zstd, 19)] {
        let file = large(&folder, codec, level);
        let Some(output) = lines(&file) else { return };
        let mut reader = Reader::open(&file).expect("it was just written");
        assert!(reader.is_finished());
        let expected: String = reader.events().map(|record| to_json(&record) + "\n").collect();
        assert!(reader.problems().is_empty(), "{:?}", reader.problems());
        assert!(text(output.stdout) == expected, "{codec:?} at level {level}: {}", text(output.stderr));
    }
}

#[test]
fn a_damaged_file_is_read_in_javascript_too() {
    let folder = Folder::new("damaged-js");
    let mut bytes =
        std::fs::read(root().join("tests/golden/v1/every-kind.deflate.spwr")).expect("it is there");
    let first = Reader::from_bytes(bytes.clone()).index().next().expect("there are blocks").clone();
    bytes[first.length as usize - 1] ^= 1;
    // And the end is missing.
    bytes.truncate(bytes.len() - 200);
    let file = folder.0.join("damaged.spwr");
    std::fs::write(&file, &bytes).expect("the folder can be written to");
    let Some(output) = lines(&file) else { return };
    let problems = text(output.stderr);
    assert!(problems.contains("checksum of a block's payload"), "{problems}");
    let mut reader = Reader::from_bytes(bytes);
    assert_eq!(text(output.stdout).lines().count(), reader.events().count());
}
