//! The reference system AOF2: its example as a program, and its log in this process.

#[path = "../../examples/aof/mod.rs"]
#[allow(unreachable_pub, missing_docs, reason = "the example's own code")]
mod aof;
#[path = "../backends.rs"]
#[allow(dead_code, reason = "other targets need other backends")]
mod backends;
#[path = "../built.rs"]
#[allow(dead_code, reason = "other targets need other programs")]
mod built;
#[path = "../collector.rs"]
#[allow(dead_code, reason = "other targets need more of it")]
mod collector;
mod crash;
mod log;
mod output;
#[path = "../process.rs"]
#[allow(dead_code, reason = "other targets need more of it")]
mod process;
mod program;
#[path = "../coverage/table.rs"]
#[allow(dead_code, reason = "the page of the coverage is another target's")]
mod table;
