//! Which spans of theirs there are: the `opentelemetry` API hands on a span's ids, and neither its slot nor what was
//! decided of its trace.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use spanwright_core::context::Context;
use spanwright_core::ids::SpanId;

const SHARDS: usize = 16;

/// By their ids. As many as there are spans that were not dropped.
static OPEN: [Mutex<BTreeMap<u64, Context>>; SHARDS] = [const { Mutex::new(BTreeMap::new()) }; SHARDS];

fn shard(id: SpanId) -> MutexGuard<'static, BTreeMap<u64, Context>> {
    OPEN[id.0 as usize % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn insert(context: Context) {
    shard(context.span_id).insert(context.span_id.0, context);
}

pub(super) fn remove(id: SpanId) {
    shard(id).remove(&id.0);
}

pub(super) fn find(id: SpanId) -> Option<Context> {
    shard(id).get(&id.0).copied()
}
