//! What a reader does with the viewer, and what there is to see then.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use spanwright_recording::Reader;

use crate::built::{example, spanwright, without_telemetry};
use crate::made::{self, MARKUP};
use crate::process::{Process, TempDir, until};
use crate::viewed::{page, run};

/// What a visit to a page says; nothing where there is no browser.
#[track_caller]
fn visit(name: &str, address: &str, args: &[&str]) -> Option<Json> {
    let said = run("visit.mjs", &[&[name, address], args].concat())?;
    assert_eq!(said["wrong"], json!([]), "{said:#}");
    Some(said)
}

fn file_url(path: &Path) -> String {
    format!("file://{}", path.canonicalize().expect("it is there").display())
}

fn recorded(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("shop.spwr");
    made::write(&path);
    path
}

/// `spanwright view`, which is ended with this, and the page's address.
fn served(recording: &Path) -> (Process, String) {
    let process = Process::start(without_telemetry(spanwright()).arg("view").arg(recording));
    let address = until("the page is served", || process.stdout().strip_suffix('\n').map(str::to_owned));
    (process, address)
}

/// How many events the page says that there are.
fn events(said: &Json) -> u64 {
    let about = said["about"].as_str().expect("a text").replace('\u{2009}', "");
    let (before, _) = about.split_once(" events").expect("it says how many");
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).expect("a number")
}

fn strings(list: &Json) -> Vec<&str> {
    list.as_array().expect("a list").iter().map(|one| one.as_str().expect("a text")).collect()
}

#[test]
fn a_bin_file_that_is_dropped_shows_the_timeline() {
    let folder = TempDir::new();
    let mut command = without_telemetry(example("telemetry_demo"));
    command.env("TMPDIR", folder.path()).env("SPANWRIGHT_METRICS_ENABLED", "false");
    let mut demo = Process::start(&mut command);
    assert!(demo.wait().success(), "{}", demo.stderr());
    let file = folder.path().join("my_traces/telemetry_demo.bin");
    let written = Reader::open(&file).expect("it was just written").events().count();
    let Some(said) = visit("dropped", &file_url(&page()), &[&file.display().to_string()]) else { return };
    assert_eq!(events(&said), written as u64, "{said:#}");
    assert!(said["painted"].as_u64() >= Some(4), "there is something to be seen: {said:#}");
    let threads = said["tables"]["Threads"].as_array().expect("a table");
    assert!(threads.iter().any(|row| row[0].as_str().expect("a name").contains("worker")), "{threads:#?}");
    assert_eq!(said["trouble"], "", "{said:#}");
    // It was opened from disk, and asked for nothing else.
    let asked = strings(&said["asked"]);
    assert!(
        asked
            .iter()
            .all(|url| url.starts_with("file://") || url.starts_with("blob:") || url.starts_with("data:")),
        "{asked:?}"
    );
}

#[test]
fn a_viewer_that_was_saved_opens_from_disk() {
    let folder = TempDir::new();
    let recording = recorded(&folder);
    let save = |args: &[&Path], name: &str| {
        let saved = folder.path().join(name);
        let mut process =
            Process::start(without_telemetry(spanwright()).arg("view").args(args).arg("--save").arg(&saved));
        assert!(process.wait().success(), "{}", process.stderr());
        file_url(&saved)
    };
    let alone = save(&[], "trace_viewer.html");
    let Some(said) = visit("dropped", &alone, &[&recording.display().to_string()]) else { return };
    assert_eq!(said["name"], "shop", "{said:#}");
    let given = visit("given", &save(&[&recording], "shop.html"), &[]).expect("there is a browser");
    assert_eq!((&given["name"], &given["whose"]), (&"shop".into(), &"By spanwright analyze.".into()));
    assert!(strings(&given["findings"])[0].contains("a task blocks its worker"), "{given:#}");
    let asked = strings(&given["asked"]);
    assert!(
        asked
            .iter()
            .all(|url| url.starts_with("file://") || url.starts_with("blob:") || url.starts_with("data:")),
        "{asked:?}"
    );
}

#[test]
fn a_recording_that_is_served_has_the_commands_findings_and_asks_nobody_else() {
    let folder = TempDir::new();
    let (_server, address) = served(&recorded(&folder));
    let Some(said) = visit("given", &address, &[]) else { return };
    assert_eq!(said["whose"], "By spanwright analyze.");
    assert_eq!(said["title"], "shop – recording viewer");
    assert!(said["about"].as_str().expect("a text").starts_with("1.2.3, process 71, on north"), "{said:#}");
    assert_eq!(said["zone"], "Europe/Rome (UTC+1)", "as it was in November");
    assert!(strings(&said["findings"])[0].contains("the longest 160ms"), "{said:#}");
    let asked = strings(&said["asked"]);
    assert!(
        asked
            .iter()
            .all(|url| url.starts_with(&address) || url.starts_with("blob:") || url.starts_with("data:")),
        "{asked:?}"
    );
}

#[test]
fn the_keyboard_leads_to_a_finding_and_its_details() {
    let folder = TempDir::new();
    let (_server, address) = served(&recorded(&folder));
    let Some(said) = visit("keys", &address, &[]) else { return };
    let details = said["details"].as_str().expect("a text");
    assert!(
        details.contains("160ms") && details.contains("src/serve.rs:12:5"),
        "the poll that blocks: {details}"
    );
    assert!(said["help"].as_u64() >= Some(15), "{said:#}");
    assert!(said["all"].as_str().expect("a text").starts_with("4.09s"), "all of it, and a little: {said:#}");
}

#[test]
fn an_address_opens_the_same_view_again() {
    let folder = TempDir::new();
    let (_server, address) = served(&recorded(&folder));
    let Some(said) = visit("address", &address, &[]) else { return };
    let (first, again) = (&said["first"], &said["again"]);
    for of in ["url", "status", "found"] {
        assert_eq!(first[of], again[of], "{said:#}");
    }
    // Of 200 requests each fifth, whose span says that.
    assert_eq!(first["found"], 40);
    assert!(
        again["selected"].as_str().expect("a text").starts_with("160ms from 23:13:22.010000"),
        "{again:#}"
    );
    let requests = again["tables"]["Tasks, by where they were made"].as_array().expect("a table");
    assert!(requests[0][0].as_str().expect("a name").contains("shop::serve"), "{requests:#?}");
}

#[test]
fn another_recording_begins_anew_and_a_folder_is_told_of() {
    let folder = TempDir::new();
    let (recording, inside) = (recorded(&folder), folder.path().display().to_string());
    let args = [&*recording.display().to_string(), &inside];
    let Some(said) = visit("another", &file_url(&page()), &args) else { return };
    let (before, after) = (&said["before"], &said["after"]);
    assert_ne!(before["time"], after["time"], "it was zoomed: {said:#}");
    assert_eq!(before["hits"], "40 found", "{said:#}");
    assert_eq!((&after["hits"], &after["selected"]), (&"".into(), &"".into()), "{said:#}");
    let hash = after["hash"].as_str().expect("a text");
    assert!(!hash.contains("find=") && !hash.contains("select="), "{said:#}");
    assert!(said["trouble"].as_str().expect("a text").contains("is a folder"), "{said:#}");
}

#[test]
fn texts_are_found_and_are_never_markup() {
    let folder = TempDir::new();
    let (_server, address) = served(&recorded(&folder));
    let Some(said) = visit("search", &address, &["onerror"]) else { return };
    let found = strings(&said["found"]);
    assert!(found.len() == 1 && found[0].contains(MARKUP), "{found:?}");
    assert_eq!((&said["title"], &said["markup"]), (&"shop – recording viewer".into(), &0.into()), "{said:#}");
    let details = said["details"].as_str().expect("a text");
    assert!(details.contains(MARKUP) && details.contains("span, of this span: GET /basket"), "{details}");
    let tasks = visit("search", &address, &["task 7"]).expect("there is a browser");
    assert!(strings(&tasks["found"])[0].contains("shop::serve (task 7)"), "{tasks:#}");
}

#[test]
fn the_mouse_zooms_moves_and_selects() {
    let folder = TempDir::new();
    let (_server, address) = served(&recorded(&folder));
    let Some(said) = visit("mouse", &address, &[]) else { return };
    let polls = &said["tables"]["Threads"];
    assert_eq!(polls.as_array().map(Vec::len), Some(2), "{said:#}");
}

#[test]
fn what_is_damaged_or_cut_off_opens_as_far_as_it_is_whole() {
    let folder = TempDir::new();
    let whole = fs::read(recorded(&folder)).expect("it was just written");
    let blocks: Vec<_> = Reader::from_bytes(whole.clone()).index().cloned().collect();
    let all: u32 = blocks.iter().map(|block| block.events).sum();
    let hit = &blocks[blocks.len() / 2];
    let mut damaged = whole.clone();
    damaged[(hit.offset + hit.length) as usize - 1] ^= 1;
    let cut = &whole[..(hit.offset + hit.length / 2) as usize];
    let before: u32 = blocks[..blocks.len() / 2].iter().map(|block| block.events).sum();
    let lost = format!("{} events", hit.events);
    let cases =
        [("damaged", &*damaged, all, lost.as_str()), ("cut", cut, before, "the file's end is no block")];
    for (name, bytes, there, trouble) in cases {
        let file = folder.path().join(name);
        fs::write(&file, bytes).expect("there is room");
        let Some(said) = visit("dropped", &file_url(&page()), &[&file.display().to_string()]) else { return };
        assert_eq!(events(&said), u64::from(there), "{name}: {said:#}");
        assert!(said["trouble"].as_str().expect("a text").contains(trouble), "{name}: {said:#}");
        assert!(said["painted"].as_u64() >= Some(4), "{name}: {said:#}");
    }
    let notes = folder.path().join("notes.txt");
    fs::write(&notes, "no recording").expect("there is room");
    let refused =
        visit("refused", &file_url(&page()), &[&notes.display().to_string()]).expect("there is a browser");
    assert_eq!(refused["welcome"], true);
    assert!(refused["trouble"].as_str().expect("a text").contains("Is it a recording?"), "{refused:#}");
}

/// `SPANWRIGHT_PICTURES` is a folder that pictures are to be written to.
#[test]
fn it_is_light_and_dark_and_fits_small_and_large_screens() {
    let folder = TempDir::new();
    let (_server, address) = served(&recorded(&folder));
    let pictures = std::env::var("SPANWRIGHT_PICTURES").ok();
    let args: Vec<&str> = pictures.as_deref().into_iter().collect();
    let Some(said) = visit("themes", &address, &args) else { return };
    assert_ne!(said["light"]["behind"], said["dark"]["behind"]);
    for theme in ["light", "dark"] {
        assert_eq!(said[theme]["fits"], true, "{said:#}");
        assert!(said[theme]["painted"].as_u64() >= Some(5), "{said:#}");
    }
}
