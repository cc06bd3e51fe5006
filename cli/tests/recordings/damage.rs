//! Damaged recordings: what is intact is shown, the rest is told of, and nothing breaks.

use super::*;
use proptest::prelude::*;

/// Commands that only read.
const COMMANDS: [&[&str]; 12] = [
    &["analyze"],
    &["analyze", "--html=page.html", "--long=0ns", "--wait=0ns", "--silent=0ns"],
    &["analyze", "--json"],
    &["cat"],
    &["jsonl"],
    &["stats", "--blocks"],
    &["recover", "--out=-"],
    &["merge", "--align", "--out=-"],
    &["pprof", "--out=-"],
    &["pprof", "--by=span", "--out=-"],
    &["perfetto", "--out=-"],
    &["perfetto", "--json", "--out=-"],
];

fn exit(folder: &Path, command: &[&str], file: &str) -> (Option<i32>, Output) {
    let output = spanwright(folder, &[command, &[file]].concat());
    (output.status.code(), output)
}

#[test]
fn a_file_that_was_cut_off_is_read_and_told_of_and_recovered() {
    let folder = folder("cut");
    let bytes = std::fs::read(every_kind("zstd")).unwrap();
    std::fs::write(folder.join("cut.spwr"), &bytes[..4000]).unwrap();
    let said = "problem: cut.spwr: bytes 3743 to 4000: the file ends within a block; 25 events are lost; \
                its writer died, or is writing still; what lies before is read\n";
    for command in COMMANDS {
        let (code, output) = exit(&folder, command, "cut.spwr");
        assert_eq!(code, Some(1), "{command:?}");
        assert!(stderr(&output).ends_with(said), "{}", stderr(&output));
    }
    let output = spanwright(&folder, &["recover", "cut.spwr", "--out", "whole.spwr"]);
    assert_eq!(stdout(&output), "149 events in 5 blocks are recovered: `whole.spwr`, 4.1 KiB\n");
    let mut whole = Reader::open(folder.join("whole.spwr")).unwrap();
    assert!(whole.is_finished());
    assert_eq!(whole.events().count(), 149);
    // The pipe takes the same bytes as the file.
    let (_, output) = exit(&folder, &["recover", "--out=-"], "cut.spwr");
    assert!(output.stdout == std::fs::read(folder.join("whole.spwr")).unwrap());
    let lines = super::said(&folder, &["jsonl", "whole.spwr"]);
    assert_eq!(stdout(&spanwright(&folder, &["jsonl", "cut.spwr"])), lines);
}

#[test]
fn damage_in_the_middle_is_told_of_by_its_bytes() {
    let folder = folder("middle");
    let mut bytes = std::fs::read(every_kind("zstd")).unwrap();
    bytes[1000] ^= 1;
    std::fs::write(folder.join("a.spwr"), &bytes).unwrap();
    let output = spanwright(&folder, &["analyze", "."]);
    assert_eq!(output.status.code(), Some(1));
    let said = "problem: ./a.spwr: bytes 731 to 1453: the checksum of a block's payload is wrong; 30 events are lost; \
                fetch the file again if there is another copy; all other blocks are read\n";
    assert_eq!(stderr(&output), said);
    assert!(stdout(&output).contains("150 events in 8 blocks"), "{}", stdout(&output));
    assert!(
        stdout(&output).contains("  30 events at least, by 1 problem of the files"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn extreme_values_are_shown() {
    let folder = folder("extreme");
    scenario::extreme(&folder.join("x/trace.spwr"));
    for command in COMMANDS {
        let (code, output) = exit(&folder, command, "x");
        assert_eq!(code, Some(0), "{command:?}: {}", stderr(&output));
        let is_binary = ["recover", "merge", "pprof", "perfetto"].contains(&command[0]);
        assert!(is_binary || !output.stdout.contains(&0x1b), "{command:?} passes on escape sequences");
    }
}

/// How a file is damaged.
#[derive(Clone, Debug)]
enum Damage {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Remove(prop::sample::Index, usize),
    Insert(prop::sample::Index, Vec<u8>),
    Repeat(prop::sample::Index, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = any::<prop::sample::Index>;
    prop_oneof![
        4 => (place(), 1u8..).prop_map(|(at, bits)| Damage::Flip(at, bits)),
        1 => place().prop_map(Damage::Cut),
        1 => (place(), 1usize..500).prop_map(|(at, length)| Damage::Remove(at, length)),
        1 => (place(), prop::collection::vec(any::<u8>(), 1..200)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        1 => (place(), 1usize..2000).prop_map(|(at, length)| Damage::Repeat(at, length)),
    ]
}

fn apply(bytes: &mut Vec<u8>, damage: Damage) {
    if bytes.is_empty() {
        return;
    }
    match damage {
        Damage::Flip(at, bits) => *at.get_mut(bytes) ^= bits,
        Damage::Cut(at) => bytes.truncate(at.index(bytes.len())),
        Damage::Remove(at, length) => {
            let at = at.index(bytes.len());
            bytes.drain(at..(at + length).min(bytes.len()));
        }
        Damage::Insert(at, more) => {
            let at = at.index(bytes.len());
            bytes.splice(at..at, more);
        }
        Damage::Repeat(at, length) => {
            let at = at.index(bytes.len());
            let again = bytes[at..(at + length).min(bytes.len())].to_vec();
            bytes.splice(at..at, again);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_damage_makes_a_command_fail_in_another_way_than_it_says(
        damages in prop::collection::vec(damage(), 1..6),
        codec in prop::sample::select(vec!["none", "deflate", "zstd"]),
    ) {
        let folder = folder("damaged");
        let mut bytes = std::fs::read(every_kind(codec)).unwrap();
        damages.into_iter().for_each(|damage| apply(&mut bytes, damage));
        std::fs::write(folder.join("a.spwr"), bytes).unwrap();
        for command in COMMANDS {
            let (code, output) = exit(&folder, command, "a.spwr");
            prop_assert!(matches!(code, Some(0..=2)), "{command:?}: {code:?} {}", stderr(&output));
            prop_assert_eq!(code == Some(0), stderr(&output).lines().all(|line| line.ends_with("recovered") || line.ends_with("merged")));
        }
    }
}

#[test]
fn what_can_not_be_recovered_whole_leaves_no_file() {
    let folder = folder("unrecovered");
    let mut bytes = std::fs::read(every_kind("zstd")).unwrap();
    let whole = bytes.clone();
    // Each block begins with this.
    let marker = bytes[..8].to_vec();
    for at in (0..bytes.len() - 100).filter(|at| whole[*at..].starts_with(&marker)) {
        bytes[at + 90] ^= 1;
    }
    std::fs::write(folder.join("bad.spwr"), &bytes).unwrap();
    let output = spanwright(&folder, &["recover", "bad.spwr", "--out", "out.spwr"]);
    assert_eq!((output.status.code(), stdout(&output)), (Some(2), String::new()), "{}", stderr(&output));
    assert!(stderr(&output).contains("no block was intact") && !folder.join("out.spwr").exists());
    std::fs::write(folder.join("good.spwr"), &whole).unwrap();
    let output = spanwright(&folder, &["recover", "good.spwr", "--out", "out.spwr"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}
