//! The pool of this process, and what threads do with it.

use super::pool::with_free_list;
use super::value::FieldWriter;
use super::{End, Pool, SlotHandle, SpanView, Start};
use crate::descriptor::Spec;
use crate::local::Local;
use crate::{chunks, local};

/// The pool of this process.
pub(super) static POOL: Pool = Pool::new();

/// [`Pool::open`] in this process's pool.
#[inline]
#[must_use]
pub fn open(start: &Start, around: SlotHandle) -> SlotHandle {
    with_free_list(|cache| POOL.open(cache, start, around))
}

/// [`Pool::fill`] in this process's pool.
#[inline]
pub fn fill(span: SlotHandle, write: impl FnOnce(&mut FieldWriter<'_>)) {
    with_free_list(|cache| POOL.fill(cache, span, write));
}

/// [`Pool::share`] in this process's pool.
#[inline]
pub fn share(span: SlotHandle) {
    POOL.share(span);
}

/// [`Pool::write`] in this process's pool.
#[inline]
#[must_use = "fields that are given up are to be counted"]
pub fn write(span: SlotHandle, write: impl FnOnce(&mut FieldWriter<'_>)) -> bool {
    with_free_list(|cache| POOL.write(cache, span, write))
}

/// [`Pool::finish`] in this process's pool and [ring](chunks::ring).
#[inline]
#[must_use = "what is dropped is to be counted"]
pub fn finish(span: SlotHandle, end: End) -> bool {
    local::with(|local| {
        if !local::arm(local) {
            return finish_late(local, span, end);
        }
        POOL.finish(&local.free_slots, chunks::ring(), Some(&local.chunk), span, end)
    })
}

/// Where the thread is ending.
#[cold]
fn finish_late(local: &Local, span: SlotHandle, end: End) -> bool {
    POOL.finish(&local.free_slots, chunks::ring(), None, span, end)
}

/// [`Pool::close`] in this process's pool.
#[inline]
pub fn close(span: SlotHandle) {
    with_free_list(|cache| POOL.close(cache, span));
}

/// [`Pool::spec`] in this process's pool.
#[must_use]
pub fn spec(span: SlotHandle) -> Option<&'static Spec> {
    POOL.spec(span)
}

/// [`Pool::view`] in this process's pool.
#[must_use]
pub fn view(span: SlotHandle) -> Option<SpanView> {
    POOL.view(span)
}

/// [`Pool::set_source`] for this process's pool.
pub(crate) fn set_source(source: &'static crate::segment::Segment) -> bool {
    POOL.set_source(source)
}

/// [`Pool::forget_source`] for this process's pool.
pub(crate) fn forget_source() {
    POOL.forget_source();
}
