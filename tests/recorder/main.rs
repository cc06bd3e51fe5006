//! What a recorder sees of runtimes, in both modes of Tokio.

mod admin;
mod adopted;
mod configured;
mod console;
mod disk;
mod ended;
mod folder;
mod killed;
mod many;
mod overhead;
mod recorded;
mod runtimes;
mod told;
mod triggers;
mod unwinding;
mod waits;
mod wakers;
mod writers;
