//! Whether and where spans begin: `enabled`, `parent`, `follows_from`, and components.

mod components;
mod enabled;
mod links;
mod parents;
