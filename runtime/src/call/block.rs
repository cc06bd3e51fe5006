//! Calls of blocks of code, which a [`Tracer`](crate::Tracer) opens spans for.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock};

use spanwright_core::descriptor::Spec;
use spanwright_core::slots::value::FieldWriter;
use spanwright_core::slots::{self, SlotHandle};

use super::active::Active;
use super::future::follow;
use super::outcome::Verdict;
use super::site::Site;
use super::sync::Call;
use crate::span;
use crate::tracer::{Ended, SpanRecorder};

/// The most tracers' names that have a callsite of their own.
const MAX_SITES: usize = 1_024;

/// Each name's callsite, kept for good.
static SITES: RwLock<BTreeMap<&str, &'static Site>> = RwLock::new(BTreeMap::new());

/// The callsite of all other names.
static OTHERS: OnceLock<&'static Site> = OnceLock::new();

/// What a tracer is.
pub struct TracerState {
    name: Cow<'static, str>,
    /// Publishes nothing but itself.
    on: AtomicBool,
    site: OnceLock<&'static Site>,
}

impl fmt::Debug for TracerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracerState").field("name", &self.name).field("on", &self.on).finish_non_exhaustive()
    }
}

impl Clone for TracerState {
    fn clone(&self) -> Self {
        let on = AtomicBool::new(self.on.load(Ordering::Relaxed));
        Self { name: self.name.clone(), on, site: self.site.clone() }
    }
}

impl TracerState {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), on: AtomicBool::new(true), site: OnceLock::new() }
    }

    pub(crate) const fn owned(name: String) -> Self {
        Self { name: Cow::Owned(name), on: AtomicBool::new(true), site: OnceLock::new() }
    }

    pub(crate) fn switch(&self, on: bool) {
        self.on.store(on, Ordering::Relaxed);
    }

    fn site(&self) -> &'static Site {
        self.site.get_or_init(|| site_of(&self.name))
    }

    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed) && self.site().enabled().spans
    }

    #[inline]
    pub(crate) fn is_enabled(&self) -> bool {
        self.on.load(Ordering::Relaxed) && self.site().bits() != 0
    }

    /// A call that is entered later.
    #[inline]
    pub(crate) fn open(&self, name: &dyn fmt::Display) -> Block {
        Block(if self.is_enabled() { self.open_call(name) } else { Call::new() })
    }

    #[inline(never)]
    fn open_call(&self, name: &dyn fmt::Display) -> Call {
        let site = self.site();
        Call::open(
            site.switched().linked(),
            || 0,
            |fields| {
                fields.named(format_args!("{name}"));
                if site.spec().target.is_empty() {
                    fields.scoped(&self.name);
                }
            },
        )
    }
}

/// The names that have a callsite of their own.
pub(crate) fn tracer_names() -> Vec<&'static str> {
    SITES.read().unwrap_or_else(PoisonError::into_inner).values().map(|site| site.spec().target).collect()
}

/// The name's own callsite, or that of all others.
fn site_of(name: &str) -> &'static Site {
    if let Some(site) = SITES.read().unwrap_or_else(PoisonError::into_inner).get(name) {
        return site;
    }
    let mut sites = SITES.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(site) = sites.get(name) {
        return site;
    }
    if sites.len() >= MAX_SITES {
        return OTHERS.get_or_init(|| Site::unseen(described("")));
    }
    let spec = described(name.to_owned().leak());
    let site = Site::unseen(spec);
    sites.insert(spec.target, site);
    site
}

fn described(name: &'static str) -> &'static Spec {
    Box::leak(Box::new(Spec { component: name, ..Spec::of_target(name) }))
}

/// A call of a block.
#[derive(Debug)]
pub struct Block(Call);

impl Block {
    #[inline]
    pub(crate) fn handle(&self) -> SpanRecorder {
        SpanRecorder(BlockHandle(self.0.0.as_ref().map_or(SlotHandle::NONE, Active::shared_slot)))
    }

    #[inline]
    pub(crate) fn run<R>(self, block: impl FnOnce() -> R, ended: impl FnOnce(&R) -> Ended) -> R {
        let Self(mut call) = self;
        if let Some(active) = &mut call.0 {
            active.enter();
        }
        let returned = block();
        if call.0.is_some() {
            call.end(&verdict(ended(&returned)));
        }
        returned
    }

    #[inline]
    pub(crate) fn follow<F: Future>(
        self,
        future: F,
        ended: impl Fn(&F::Output) -> Ended,
    ) -> impl Future<Output = F::Output> {
        follow(self.0, future, move |returned: &F::Output| verdict(ended(returned)))
    }
}

const fn verdict<'r>((outcome, error_type): Ended) -> Verdict<'r> {
    Verdict { outcome, error_type, message: None }
}

/// Leads to a block's span.
#[derive(Clone, Copy, Debug)]
pub struct BlockHandle(SlotHandle);

impl BlockHandle {
    #[inline]
    pub(crate) fn is_recording(self) -> bool {
        self.0.is_some()
    }

    #[inline]
    pub(crate) fn write(self, write: impl FnOnce(&mut FieldWriter<'_>)) {
        if self.0.is_some() {
            span::write(self.0, write);
        }
    }
}

impl Active {
    /// The span's slot, for any thread.
    fn shared_slot(&self) -> SlotHandle {
        let slot = self.slot();
        slots::share(slot);
        slot
    }
}
