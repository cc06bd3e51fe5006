//! The viewer of recordings in a real browser.

#[path = "../built.rs"]
#[allow(dead_code, reason = "other targets need more of it")]
mod built;
#[path = "../../cli/tests/recordings/busy.rs"]
mod busy;
mod large;
mod made;
#[path = "../process.rs"]
#[allow(dead_code, reason = "other targets need more of it")]
mod process;
mod viewed;
mod visits;
