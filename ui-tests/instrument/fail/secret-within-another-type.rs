use std::sync::Arc;

use spanwright::{Secret, instrument};

#[instrument(record(?maybe, ?boxed, ?shared, ?both, ?all), fields(some = maybe.as_ref()))]
fn charge(
    maybe: Option<Secret<String>>,
    boxed: Box<Secret<String>>,
    shared: Arc<Secret<String>>,
    both: (u64, Secret<String>),
    all: &[Secret<String>],
) {
}

fn main() {}
