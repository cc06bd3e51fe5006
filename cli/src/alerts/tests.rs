//! All rules together.
