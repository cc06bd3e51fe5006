//! `spanwright analyze`, `jsonl`, `cat`, `recover` and `stats`, as those see them who run them.
//!
//! `SPANWRIGHT_BLESS=1` writes down anew what they say; read the difference.

mod backends;
#[cfg(target_os = "linux")]
mod busy;
mod damage;
mod faults;
mod handed;
mod killed;
mod large;
mod merge;
mod otlp;
#[cfg(feature = "parquet")]
mod parquet;
mod perfetto;
mod pprof;
mod reports;
mod rules;
mod scenario;
#[cfg(feature = "object_store")]
mod store;
mod story;
mod viewer;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use spanwright_recording::Reader;

/// A folder of its own for each test.
fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("recordings").join(test);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn spanwright(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_spanwright")).current_dir(folder).args(args).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// What is said of a recording that is as it should be.
fn said(folder: &Path, args: &[&str]) -> String {
    let output = spanwright(folder, args);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{args:?}");
    stdout(&output)
}

/// Recordings of every kind of event, one for each codec: those that the reader is tested with.
fn every_kind(codec: &str) -> PathBuf {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recording/tests/golden/v1");
    golden.join(format!("every-kind.{codec}.spwr"))
}

/// A folder with the files of both processes.
fn shops(test: &str) -> PathBuf {
    let folder = folder(test);
    scenario::in_trouble(&folder.join("north/trace.spwr"));
    scenario::at_ease(&folder.join("south/trace.spwr"));
    folder
}

fn is_as_before(name: &str, text: &str) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/golden").join(name);
    if std::env::var_os("SPANWRIGHT_BLESS").is_some() {
        std::fs::write(&golden, text).unwrap();
    }
    let before = std::fs::read_to_string(golden).unwrap_or_default();
    assert!(text == before, "{name} has changed; see it with SPANWRIGHT_BLESS=1:\n{text}");
}

#[test]
fn what_is_said_stays_the_same() {
    let folder = shops("same");
    let every_kind = every_kind("none").display().to_string();
    for (name, args) in [
        ("every-kind.analyze.txt", vec!["analyze", &every_kind, "--long", "1us", "--top", "3"]),
        ("every-kind.cat.txt", vec!["cat", &every_kind]),
        ("every-kind.stats.txt", vec!["stats", "--blocks", &every_kind]),
        ("north.analyze.txt", vec!["analyze", "north"]),
        ("north.analyze.json", vec!["analyze", "north", "--json"]),
        ("north.stats.json", vec!["stats", "north", "--json"]),
        ("both.analyze.txt", vec!["analyze", "north", "south", "--top", "2"]),
    ] {
        is_as_before(name, &said(&folder, &args));
    }
}

/// By hand, from what was recorded.
#[test]
fn an_analysis_says_what_was_wrong() {
    let folder = shops("wrong");
    let text = said(&folder, &["analyze", "north", "--json"]);
    let all: serde_json::Value = serde_json::from_str(&text).unwrap();
    let long = &all["long_polls"];
    assert_eq!((&long["count"], &long["sum"]), (&2.into(), &37_000_000.into()));
    let first = &long["list"][0];
    assert_eq!((&first["duration"], &first["task"]), (&25_000_000.into(), &7.into()));
    assert_eq!((&first["name"], &first["place"]), (&"shop::task_1".into(), &"src/shop.rs:41:9".into()));
    assert_eq!(first["at"], scenario::START + 11_000_000);
    let idle = &all["idle_workers"];
    assert_eq!(idle["count"], 1, "{idle}");
    let one = &idle["list"][0];
    // From the sample at 20 ms to the end of the park at 32 ms.
    assert_eq!((&one["duration"], &one["depth"]), (&12_000_000.into(), &12.into()));
    assert_eq!((&one["at"], &one["thread"]), (&(scenario::START + 20_000_000).into(), &"worker-1".into()));
    let charge = all["spans"].as_array().unwrap().iter().find(|span| span["name"] == "charge").unwrap();
    assert_eq!((&charge["durations"]["count"], &charge["errors"]), (&10.into(), &2.into()));
    let worker = &all["workers"][0];
    assert_eq!(worker["polls"]["sum"], 100 * 50_000 + 37_000_000);
    assert_eq!((&worker["polls"]["max"], &worker["polls"]["count"]), (&25_000_000.into(), &102.into()));
    assert_eq!(
        (&all["gaps"]["by_reason"]["full"]["lost"], &all["blocking"]["ran"]["max"]),
        (&17.into(), &3_000_000.into())
    );
    // A shorter bound finds more, a longer one less.
    let text = said(&folder, &["analyze", "north", "--long", "20ms", "--idle", "20ms"]);
    assert!(
        text.contains("long polls: 1 of 20.0ms or more") && text.contains("tasks waited: none for"),
        "{text}"
    );
}

#[test]
fn a_poll_that_went_on_at_the_end_is_a_long_one_and_open_spans_of_a_name_hide_nothing() {
    let folder = folder("open");
    scenario::killed(&folder.join("north/trace.spwr"));
    let text = said(&folder, &["analyze", "north"]);
    assert!(text.starts_with("process 73 on north, recovered after its end (recording"), "{text}");
    assert!(text.contains("long polls: 3 of 10.0ms or more, 125ms together"), "{text}");
    assert!(text.contains("task 5 (unknown), in count at src/stock.rs:7:1\n"), "{text}");
    assert_eq!(text.matches(", in ").count(), 1, "{text}");
    let task = "task 4 shop::imports spawned at src/shop.rs:50:9";
    assert!(text.contains(&format!("{task}, which went on when the process died")), "{text}");
    assert!(text.contains(&format!("{task}, for 80.0ms\n    import at src/shop.rs:60:20")), "{text}");
    assert!(text.contains("name=\"GET /orders\", and 23 more of this name\n"), "{text}");
    assert!(text.contains("what=\"poll\" task=4"), "{text}");
    let text = said(&folder, &["analyze", "north", "--json"]);
    let all: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(all["long_polls"]["list"][0]["open"], true);
    assert_eq!((&all["notable"]["list"][0]["more"], &all["notable"]["more"]), (&23.into(), &0.into()));
}

#[test]
fn lines_of_json_are_those_of_the_reader_whatever_the_codec() {
    let expected = std::fs::read_to_string(every_kind("none").with_file_name("every-kind.jsonl")).unwrap();
    let folder = folder("jsonl");
    for codec in ["none", "deflate", "zstd"] {
        let path = every_kind(codec).display().to_string();
        assert!(said(&folder, &["jsonl", &path]) == expected);
        assert_eq!(said(&folder, &["jsonl", &path, "--out", "lines"]), "");
        assert!(std::fs::read_to_string(folder.join("lines")).unwrap() == expected);
    }
}

#[test]
fn several_recordings_are_put_together_by_time_and_names_are_their_own() {
    let folder = shops("several");
    let files = std::fs::read_dir(folder.join("north")).unwrap().count();
    assert!(files > 10, "files after the ninth are read in their order: {files}");
    let text = said(&folder, &["cat", "north", "south", "--kind", "poll,park"]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (1 + 102 + 2 + 100, "# since 2023-11-14T22:13:20.000000000Z"));
    assert!(text.contains("[shop 72] +0.000990s worker-0: poll") && text.contains("[shop 71]"), "{text}");
    let json = said(&folder, &["jsonl", "north", "south"]);
    let times: Vec<u64> = json
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["at"].as_u64().unwrap())
        .collect();
    assert!(times.is_sorted() && times.len() > 250);
    assert!(json.lines().all(|line| line.starts_with(r#"{"recording":"000000000000000"#)));
    assert!(!said(&folder, &["jsonl", "south"]).contains("recording"));
}

#[test]
fn events_are_chosen_by_time_kind_task_and_thread() {
    let folder = shops("chosen");
    let count = |args: &[&str]| said(&folder, &[&["jsonl", "north"], args].concat()).lines().count();
    assert_eq!(count(&["--kind", "queue_depth"]), 6);
    assert_eq!(count(&["--kind", "queue_depth", "--from", "14ms", "--to", "30ms"]), 2);
    assert_eq!(count(&["--kind", "queue_depth", "--from", "2023-11-14T22:13:20.033Z"]), 2);
    assert_eq!(count(&["--kind", "park", "--thread", "1"]), 2);
    assert_eq!(count(&["--kind", "park", "--thread", "worker-1"]), 2);
    assert_eq!(count(&["--kind", "park", "--thread", "worker-0"]), 0);
    assert_eq!(count(&["north/trace.1.spwr", "./north", "--kind", "queue_depth"]), 6, "each is read once");
    assert_eq!(count(&["--task", "900"]), 2);
    assert_eq!(count(&["--task", "900,3", "--kind", "blocking_run,task_end"]), 2);
}

#[test]
fn mistakes_are_said_with_what_to_write() {
    let folder = shops("mistakes");
    std::fs::write(folder.join("text"), "no recording, but more bytes than a header has, and then some")
        .unwrap();
    std::fs::create_dir(folder.join("empty")).unwrap();
    for (args, words) in [
        (["cat", "nowhere", "--from=0s"], "error: `nowhere` can't be read: "),
        (["cat", "empty", "--from=0s"], "error: there is no file in the folder `empty`"),
        (
            ["cat", "text", "--from=0s"],
            "no block can be read of `text`: text: bytes 0 to 61: these bytes are no block",
        ),
        (["cat", "north", "--from=soon"], "`soon` is no time; write `1.5s` after the first event, `2023-"),
        (["analyze", "north", "--long=5"], "`5` is no duration; write `250us`"),
        (
            ["cat", "north/trace.1.spwr", "--out=north/trace.1.spwr"],
            "is what is to be read; write to another file",
        ),
        (["cat", "north", "--out=north/trace.1.spwr"], "is what is to be read; write to another file"),
        (["recover", "north", "--out=text"], "`text` is there already; write to another file"),
        (["recover", "north", "--out=no/where"], "`no/where` can't be written: "),
    ] {
        let output = spanwright(&folder, &args);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{args:?}");
        assert!(stderr(&output).contains(words), "{args:?}: {}", stderr(&output));
    }
}

/// `spanwright cat trace.spwr | head -1`
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = folder("pipe");
    // More than fits into a pipe.
    let paths: Vec<String> = (0..20).map(|number| format!("shop-{number}")).collect();
    paths.iter().for_each(|path| scenario::in_trouble(&folder.join(path).join("trace.spwr")));
    let mut command = Command::new(env!("CARGO_BIN_EXE_spanwright"));
    command.current_dir(&folder).arg("cat").args(paths).stdout(Stdio::piped());
    let mut running = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::with_capacity(64, running.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("# since "));
    assert!(running.wait().unwrap().success());
}

/// Those who build it without them are told how to have them.
#[test]
fn what_is_not_built_in_says_so() {
    let folder = shops("features");
    for (is_there, args, words) in [
        (cfg!(feature = "parquet"), &["parquet", "north", "--out", "tables"][..], "`--features parquet`"),
        (cfg!(feature = "object_store"), &["cat", "s3://key:secret@bucket/a"], "`s3://…` can't be read: "),
    ] {
        if !is_there {
            let output = spanwright(&folder, args);
            assert_eq!(output.status.code(), Some(2));
            assert!(
                stderr(&output).contains(words) && stderr(&output).contains("`--features "),
                "{}",
                stderr(&output)
            );
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_said() {
    let folder = shops("full");
    for command in ["cat", "jsonl", "perfetto", "pprof"] {
        let output = spanwright(&folder, &[command, "north", "--out", "/dev/full"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).starts_with("error: `/dev/full` can't be written: "), "{}", stderr(&output));
    }
}
