//! What annotations do, seen from within one process: spans, their nesting, metrics, and other subscribers.

mod collected;
mod function;
mod mixture;
mod nesting;
