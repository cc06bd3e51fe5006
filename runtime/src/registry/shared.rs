//! What clones of a registry share.

use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock};

use super::members::Members;

/// The members of a registry. They are made with the first of them, so that a registry can be a constant: without telemetry
/// the default one is no code.
#[derive(Default)]
pub(super) struct Shared(OnceLock<Arc<Mutex<Members>>>);

impl Shared {
    pub(super) const fn new() -> Self {
        Self(OnceLock::new())
    }
}

impl Clone for Shared {
    fn clone(&self) -> Self {
        Self(OnceLock::from(Arc::clone(self)))
    }
}

impl Deref for Shared {
    type Target = Arc<Mutex<Members>>;

    fn deref(&self) -> &Self::Target {
        self.0.get_or_init(Arc::default)
    }
}
