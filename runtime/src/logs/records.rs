//! Records of the crate `log` as `tracing` events, each with its own target, level and place.
//!
//! `tracing` wants what it knows of an event to last for ever. So there is one description for each place in the code that
//! logs, made when it logs first; there are no more than [`MOST_PLACES`], and what comes after those shares one for each level,
//! with its target as a field.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock};

use log::{LevelFilter as LogLevelFilter, Log, Record};
use spanwright_core::context::Context;
use tracing_core::callsite::{Callsite, Identifier};
use tracing_core::field::{FieldSet, Value};
use tracing_core::{Event, Interest, Kind, Level, LevelFilter, Metadata, dispatcher};

use super::Logging;

/// Places in the code that have a description of their own.
const MOST_PLACES: usize = 4_096;
const MESSAGE: &str = "message";
const TARGET: &str = "log.target";
const NAME: &str = "log record";

/// Whether records are logged. Publishes nothing else.
static LOGGED: AtomicBool = AtomicBool::new(false);
/// Whether the logger of the process is ours: it stays. Publishes nothing else.
static IS_OURS: AtomicBool = AtomicBool::new(false);

/// Takes records from here on, where the process has no other logger, or stops it.
pub(crate) fn log_records(logged: bool) {
    LOGGED.store(logged, Ordering::Relaxed);
    if logged && log::set_logger(&Records).is_ok() {
        IS_OURS.store(true, Ordering::Relaxed);
    }
    set_most_verbose(Logging::of_process().levels(super::TargetLevels::most_verbose));
}

/// Keeps records away early that no filter lets through.
pub(super) fn set_most_verbose(level: LevelFilter) {
    if IS_OURS.load(Ordering::Relaxed) {
        let level = if LOGGED.load(Ordering::Relaxed) { level } else { LevelFilter::OFF };
        log::set_max_level(match level {
            LevelFilter::OFF => LogLevelFilter::Off,
            LevelFilter::ERROR => LogLevelFilter::Error,
            LevelFilter::WARN => LogLevelFilter::Warn,
            LevelFilter::INFO => LogLevelFilter::Info,
            LevelFilter::DEBUG => LogLevelFilter::Debug,
            LevelFilter::TRACE => LogLevelFilter::Trace,
        });
    }
}

const fn level_of(level: log::Level) -> Level {
    match level {
        log::Level::Error => Level::ERROR,
        log::Level::Warn => Level::WARN,
        log::Level::Info => Level::INFO,
        log::Level::Debug => Level::DEBUG,
        log::Level::Trace => Level::TRACE,
    }
}

/// The logger.
struct Records;

impl Log for Records {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        let level = level_of(metadata.level());
        LOGGED.load(Ordering::Relaxed)
            && Logging::of_process().levels(|levels| levels.would_enable(metadata.target(), &level))
    }

    fn log(&self, record: &Record<'_>) {
        // The clients of our exporters tell the URLs that they send to, keys and all, in the telemetry's own threads.
        if self.enabled(record.metadata()) && !Context::here().is_suppressed() {
            dispatch(record);
        }
    }

    fn flush(&self) {}
}

/// Hands a record to the current subscriber, as an event.
fn dispatch(record: &Record<'_>) {
    let place = place_of(record);
    let metadata = place.metadata();
    dispatcher::get_default(|dispatch| {
        if !dispatch.enabled(metadata) {
            return;
        }
        let fields = metadata.fields();
        let message = fields.field(MESSAGE);
        let message = message.as_ref().map(|field| (field, Some(record.args() as &dyn Value)));
        let target = fields.field(TARGET);
        let name = record.target();
        let target = target.as_ref().map(|field| (field, Some(&name as &dyn Value)));
        match (message, target) {
            (Some(message), Some(target)) => {
                dispatch.event(&Event::new(metadata, &fields.value_set(&[message, target])));
            }
            (Some(message), None) => dispatch.event(&Event::new(metadata, &fields.value_set(&[message]))),
            (None, _) => {}
        }
    });
}

/// A place in the code that logs, as `tracing` knows it.
struct Place(OnceLock<Metadata<'static>>);

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Place").field(&self.0.get()).finish()
    }
}

impl Callsite for Place {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        self.0.get().unwrap_or_else(|| nowhere())
    }
}

impl Place {
    fn new(
        target: &'static str,
        level: Level,
        (file, line, module): (Option<&'static str>, Option<u32>, Option<&'static str>),
        fields: &'static [&'static str],
    ) -> &'static Self {
        let place: &'static Self = Box::leak(Box::new(Self(OnceLock::new())));
        let fields = FieldSet::new(fields, Identifier(place));
        let metadata = Metadata::new(NAME, target, level, file, line, module, fields, Kind::EVENT);
        place.0.get_or_init(|| metadata);
        place
    }

    fn metadata(&'static self) -> &'static Metadata<'static> {
        self.0.get().unwrap_or_else(|| nowhere())
    }

    fn is_of(&self, record: &Record<'_>) -> bool {
        self.0.get().is_some_and(|its| {
            *its.level() == level_of(record.level())
                && its.line() == record.line()
                && its.file() == record.file_static()
                && its.module_path() == record.module_path_static()
        })
    }
}

/// What a place is before it is described, which nobody sees.
fn nowhere() -> &'static Metadata<'static> {
    static NOWHERE: Place = Place(OnceLock::new());
    NOWHERE.0.get_or_init(|| {
        let fields = FieldSet::new(&[MESSAGE], Identifier(&NOWHERE));
        Metadata::new(NAME, "log", Level::TRACE, None, None, None, fields, Kind::EVENT)
    })
}

/// All places, by target.
static PLACES: RwLock<Option<HashMap<&'static str, Vec<&'static Place>>>> = RwLock::new(None);

/// The place of a record.
fn place_of(record: &Record<'_>) -> &'static Place {
    let find = |places: &HashMap<&'static str, Vec<&'static Place>>| {
        let of_target = places.get(record.target())?;
        of_target.iter().find(|place| place.is_of(record)).copied()
    };
    let known = PLACES.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(place) = known.as_ref().and_then(find) {
        return place;
    }
    drop(known);
    let mut places = PLACES.write().unwrap_or_else(PoisonError::into_inner);
    let places = places.get_or_insert_default();
    if let Some(place) = find(places) {
        return place;
    }
    if places.values().map(Vec::len).sum::<usize>() >= MOST_PLACES {
        return overflow(record.level());
    }
    let known = places.keys().find(|target| **target == record.target()).copied();
    let target = known.unwrap_or_else(|| record.target().to_owned().leak());
    let at = (record.file_static(), record.line(), record.module_path_static());
    let place = Place::new(target, level_of(record.level()), at, &[MESSAGE]);
    places.entry(target).or_default().push(place);
    place
}

/// What stands for all other places of a level.
fn overflow(level: log::Level) -> &'static Place {
    static OVERFLOW: [OnceLock<&'static Place>; 5] = [const { OnceLock::new() }; 5];
    let all = &OVERFLOW[level as usize - 1];
    all.get_or_init(|| Place::new("log", level_of(level), (None, None, None), &[MESSAGE, TARGET]))
}
