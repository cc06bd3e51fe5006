//! The emitter's metrics: one of every kind.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use spanwright::registry::{Exemplar, Family, Kind, NativeHistogram, Source, Value};
use spanwright::span::{SpanId, TraceId};
use spanwright::{Counter, Gauge, Histogram, Label, Labels, Metrics, Registry, UpDownCounter};

#[derive(Clone, Copy, Label)]
enum Colour {
    Red,
    Green,
    #[allow(dead_code, reason = "its series stay at zero")]
    Blue,
}

#[derive(Labels)]
struct Ball<'a> {
    colour: Colour,
    #[label(max = 8)]
    owner: &'a str,
}

#[derive(Metrics)]
#[metrics(prefix = "emitter")]
struct Counts {
    /// Things.
    things_total: Counter,
    /// Balls, by colour and owner.
    balls_total: Counter<Ball<'static>>,
    /// How full it is.
    fill_ratio: Gauge,
    /// What is open, by colour.
    open_things: UpDownCounter<Colour>,
    /// Waits, by colour.
    wait_seconds: Histogram<Colour>,
    /// Sizes.
    #[metric(buckets = [1.0, 1000.0, 1e6])]
    thing_bytes: Histogram,
}

/// What is read where it is: the kinds that nothing else makes.
#[derive(Default)]
struct Read {
    times: AtomicU64,
    /// How many series a counter has.
    series: AtomicU64,
    waits: Mutex<Vec<u64>>,
}

impl Source for Read {
    fn collect(&self, families: &mut Vec<Family>) {
        let times = self.times.load(Ordering::Relaxed);
        let mut busy = Family::new("emitter_busy_seconds_total", Kind::Counter)
            .with([("lane", "\"fast\"\n")], Value::FloatCounter(times as f64 * 0.25));
        (busy.help, busy.unit) = ("Time at work.".into(), "seconds".into());
        busy.series[0].exemplars = vec![Exemplar {
            trace_id: TraceId { high: 0x0102_0304_0506_0708, low: 0x090a_0b0c_0d0e_0f10 },
            span_id: SpanId(0x1112_1314_1516_1718),
            value: 0.25,
            time: SystemTime::now(),
        }];
        let native = NativeHistogram {
            schema: 2,
            zero_threshold: 1e-9,
            zero_count: times,
            // From 2^-1.25 on.
            offset: -5,
            buckets: self.waits.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            sum: times as f64 * 1.5,
            bounds: [0.5, 1.0, 2.0, 4.0].into(),
        };
        let mut native_waits = Family::new("emitter_native_wait_seconds", Kind::Histogram)
            .with([("lane", "fast")], Value::from(native));
        (native_waits.help, native_waits.unit) = ("Waits in buckets that grow.".into(), "seconds".into());
        families.extend([busy, native_waits]);
        let series = self.series.load(Ordering::Relaxed);
        let many = Family::new("emitter_series_total", Kind::Counter);
        let each = |family: Family, at| family.with([("number", format!("{at:060}"))], Value::Counter(at));
        families.extend((series > 0).then(|| (0..series).fold(many, each)));
    }
}

pub(crate) struct Own {
    counts: &'static Counts,
    read: Arc<Read>,
}

impl Own {
    pub(crate) fn start() -> Self {
        let read = Arc::new(Read::default());
        Registry::global().add_source(&read);
        Self { counts: Counts::global(), read }
    }

    pub(crate) fn have_series(&self, series: u64) {
        self.read.series.store(series, Ordering::Relaxed);
    }

    pub(crate) fn count(&self, times: u64) {
        for time in 0..times {
            self.counts.things_total.inc();
            let colour = if time % 3 == 0 { Colour::Red } else { Colour::Green };
            let owner = ["ann", "böb \"x\""][time as usize % 2];
            self.counts.balls_total.with(Ball { colour, owner }).add(2);
            self.counts.fill_ratio.set(time as f64 / 10.0);
            self.counts.open_things.with(Colour::Red).inc();
            self.counts.open_things.with(Colour::Green).dec();
            self.counts.wait_seconds.with(colour).observe(0.001 * time as f64);
            self.counts.thing_bytes.observe(100.0 * time as f64);
        }
        self.read.times.fetch_add(times, Ordering::Relaxed);
        let mut waits = self.read.waits.lock().unwrap_or_else(PoisonError::into_inner);
        waits.resize(13, 0);
        (0..times as usize).for_each(|time| waits[time * 5 % 13] += 1);
        let used = waits.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
        waits.truncate(used);
    }
}
