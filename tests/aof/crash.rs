//! What is left after a kill, and after damage to files.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::runtime::Runtime;

use crate::aof::{Aof, AofConfig};
use crate::output::{command, lines, run};
use crate::process::{Process, TempDir, until};

fn segments(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "aof")).collect();
    files.sort();
    files
}

#[test]
fn a_kill_loses_nothing_that_was_durable() {
    let folder = TempDir::new();
    let dir = format!("--dir={}", folder.path().display());
    let mut process = Process::start(&mut command(&[&dir]));
    until("some segments", || {
        process.stdout().matches("sealed segment ready").nth(2)?;
        // In the middle of one.
        process.stdout().rsplit_once("segment allocated")?.1.contains("flushed").then_some(())
    });
    process.signal("KILL");
    process.wait();
    for line in lines(&process.stdout()).iter().filter(|line| line.message == "flushed") {
        let file = format!("{:020}.aof", line.number("segment_id"));
        let places = [folder.path().join(&file), folder.path().join("archive").join(&file)];
        let length = places.iter().find_map(|path| path.metadata().ok()).expect("the segment is there").len();
        assert!(length >= line.number("durable"), "{line:?}, and the file has {length}");
    }
    // The disk had begun with one more.
    let last = segments(folder.path()).pop().expect("the active segment");
    OpenOptions::new().append(true).open(&last).unwrap().write_all(&[9; 700]).unwrap();

    let again = lines(&run(&["--once", "--records=100", &dir], None));
    let cut = again.iter().find(|line| line.message == "torn record cut off").expect("it says so");
    assert_eq!((cut.level.as_str(), cut.target.as_str()), ("WARN", "bop_rs::aof2::mod"));
    assert_eq!(cut.number("requested") - cut.number("durable"), cut.number("lost"));
    assert!(cut.number("lost") >= 700);
    let third = lines(&run(&["--once", "--records=0", &dir], None));
    assert!(third.iter().all(|line| line.level != "WARN"), "what was cut off is mended: {third:#?}");
}

/// A log of one segment with these records.
fn one_segment(folder: &TempDir, records: &[&[u8]]) -> Vec<u8> {
    let rt = Arc::new(Runtime::new().unwrap());
    let aof = Aof::new(rt.clone(), AofConfig::new(folder.path())).unwrap();
    rt.block_on(async {
        for record in records {
            aof.append(record).await.unwrap();
        }
        aof.close().await.unwrap();
    });
    fs::read(&segments(folder.path())[0]).unwrap()
}

#[test]
fn after_a_cut_or_a_flipped_bit_at_any_byte_the_records_before_it_are_there() {
    let folder = TempDir::new();
    let records: [&[u8]; 3] = [b"one", b"", b"three"];
    let whole = one_segment(&folder, &records);
    let ends: Vec<usize> = records
        .iter()
        .scan(0, |at, record| {
            *at += 9 + record.len();
            Some(*at)
        })
        .collect();
    assert_eq!(ends.last(), Some(&whole.len()));
    let rt = Arc::new(Runtime::new().unwrap());
    let path = segments(folder.path()).remove(0);
    let recovered = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let aof = Aof::new(rt.clone(), AofConfig::new(folder.path())).unwrap();
        rt.block_on(aof.close()).unwrap();
        (aof.recovered(), fs::metadata(&path).unwrap().len())
    };
    for at in 0..whole.len() {
        let intact = ends.iter().filter(|end| **end <= at).count();
        let good = ends[..intact].last().copied().unwrap_or(0);
        assert_eq!(recovered(&whole[..at]), (intact as u64, good as u64), "cut at {at}");
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        assert_eq!(recovered(&flipped), (intact as u64, good as u64), "flipped at {at}");
    }
}
