//! How long the futures of annotated functions were polled, waited for others, and waited for a worker: as metrics, of the calls that
//! ended while the recorder was on.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use spanwright_core::descriptor::Spec;

use super::site;
use crate::registry::{Family, Kind, LabelSet, Registry, Source, Text, Value};

/// Of one callsite, in nanoseconds. They publish nothing but themselves.
#[derive(Debug)]
pub(super) struct Times {
    busy: AtomicU64,
    idle: AtomicU64,
    queued: AtomicU64,
}

impl Times {
    pub(super) const fn new() -> Self {
        Self { busy: AtomicU64::new(0), idle: AtomicU64::new(0), queued: AtomicU64::new(0) }
    }

    /// A call has ended.
    pub(super) fn add(&self, busy: u64, idle: u64, queued: u64) {
        self.busy.fetch_add(busy, Ordering::Relaxed);
        self.idle.fetch_add(idle, Ordering::Relaxed);
        self.queued.fetch_add(queued, Ordering::Relaxed);
    }

    fn read(&self) -> [u64; 3] {
        [&self.busy, &self.idle, &self.queued].map(|nanos| nanos.load(Ordering::Relaxed))
    }
}

/// The families, in the order of [`Times::read`].
const FAMILIES: [(&str, &str); 3] = [
    ("function_busy_seconds_total", "How long calls' futures were polled, while the recorder was on."),
    ("function_idle_seconds_total", "How long calls' futures were not polled, while the recorder was on."),
    (
        "function_queued_seconds_total",
        "How much of that their tasks had been woken and waited for a worker, as far as it is known.",
    ),
];

/// The times of all callsites.
#[derive(Debug)]
struct FunctionTimes(SystemTime);

/// Adds them to the default registry, from the first time on that this is called.
pub(crate) fn measure() {
    static KEPT: OnceLock<Arc<FunctionTimes>> = OnceLock::new();
    KEPT.get_or_init(|| {
        let source = Arc::new(FunctionTimes(SystemTime::now()));
        Registry::global().add_source(&source);
        source
    });
}

impl Source for FunctionTimes {
    fn collect(&self, families: &mut Vec<Family>) {
        // Functions of one name add up: they may be methods of several types.
        let mut all = BTreeMap::<(&str, &str), [u64; 3]>::new();
        site::for_each_times(|spec: &'static Spec, times| {
            let read = times.read();
            if read[0] != 0 {
                let sums = all.entry((spec.module, spec.function)).or_default();
                sums.iter_mut().zip(read).for_each(|(sum, nanos)| *sum += nanos);
            }
        });
        if all.is_empty() {
            return;
        }
        let names: Arc<[Text]> = Arc::new(["module".into(), "function".into()]);
        for (at, (name, help)) in FAMILIES.into_iter().enumerate() {
            let mut family = Family::new(name, Kind::Counter);
            family.help = help.into();
            family.unit = "seconds".into();
            family.start = Some(self.0);
            for ((module, function), nanos) in &all {
                let labels: [Text; 2] = [(*module).to_owned().into(), (*function).to_owned().into()];
                let seconds = Value::FloatCounter(nanos[at] as f64 / 1e9);
                family = family.with(LabelSet::new(Arc::clone(&names), labels), seconds);
            }
            families.push(family);
        }
    }
}
