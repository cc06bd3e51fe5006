//! Recordings as their users see them.

mod browser;
mod damage;
mod events;
mod golden;
mod order;
mod specification;
mod writers;
