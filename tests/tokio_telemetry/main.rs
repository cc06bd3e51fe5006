//! The reference system Tokio telemetry: its programs, and what they say of recordings.

#[path = "../built.rs"]
#[allow(dead_code, reason = "other targets need other programs")]
mod built;
mod planted;
#[path = "../process.rs"]
#[allow(dead_code, reason = "other targets need more of it")]
mod process;
mod programs;
#[path = "../coverage/table.rs"]
#[allow(dead_code, reason = "the page of the coverage is another target's")]
mod table;
