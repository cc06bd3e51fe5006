//! How fluid the viewer is with a large recording. It is a measurement:
//!
//! ```text
//! cargo test -p spanwright-tests --test viewer large -- --ignored --nocapture
//! ```
//! `SPANWRIGHT_LARGE_EVENTS` is how many instead of 10 million.

use std::io::Write;
use std::path::Path;
use std::{env, fs};

use crate::busy::record;
use crate::viewed::{page, run};

#[test]
#[ignore = "takes minutes, and is a measurement"]
fn ten_million_events_stay_fluid() {
    let wanted = env::var("SPANWRIGHT_LARGE_EVENTS").ok();
    let events: u64 = wanted.map_or(10_000_000, |count| count.parse().expect("a number of events"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("viewer");
    fs::create_dir_all(&folder).expect("the folder can be made");
    let file = folder.join(format!("{events}.spwr"));
    if !file.exists() {
        record(&file, events);
    }
    let measured = run("measure.mjs", &[&page().display().to_string(), &file.display().to_string()]);
    let Some(measured) = measured else { return };
    writeln!(std::io::stdout(), "{measured:#}").expect("somebody reads");
    assert!(measured["events"].as_u64().expect("a number") >= events, "all of it was read: {measured:#}");
}
