//! The reference system Persist: its example as a program, and its library in this process.

#[path = "../backends.rs"]
#[allow(dead_code, reason = "other targets need other backends")]
mod backends;
#[path = "../built.rs"]
#[allow(dead_code, reason = "other targets need other programs")]
mod built;
#[path = "../collector.rs"]
#[allow(dead_code, reason = "other targets need more of it")]
mod collector;
mod failures;
mod logs;
mod metrics;
#[path = "../process.rs"]
#[allow(dead_code, reason = "other targets need more of it")]
mod process;
mod program;
mod rules;
mod settings;
mod spans;
#[path = "../system.rs"]
#[allow(dead_code, reason = "other targets need more of it")]
mod system;
#[path = "../coverage/table.rs"]
#[allow(dead_code, reason = "the page of the coverage is another target's")]
mod table;
