//! The decision at the root of a trace, before anything is evaluated. Children follow their parent's.
//!
//! A trace is dropped, recorded, or recorded and sampled. What is only recorded is not exported, unless the
//! tail policy keeps it.
//!
//! Sources: OpenTelemetry's "Sampling" in the trace SDK's specification; "TraceState: Probability Sampling" for thresholds
//! and `ot=th`; W3C Trace Context, level 2, for the randomness of ids. Limits of a rate follow the generic cell rate
//! algorithm (ITU-T I.371), with a burst of one second.

use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use spanwright_core::clock::{self, Ticks};
use spanwright_core::context::{
    ANNOTATED, Context, RANDOM, RECORDED, REMOTE, SAMPLED, SAMPLER_SHIFT, UNDECIDED,
};
use spanwright_core::descriptor::Spec;
use spanwright_core::ids::TraceId;

use super::settings::{RootSampling, SampleRule, Sampling};

/// The randomness of a trace id is its last 56 bits.
const RANDOMNESS: u64 = 1 << 56;
/// The most samplers: the default one, and one for each rule.
pub(crate) const MAX_SAMPLERS: usize = 64;
const NANOS: f64 = 1e9;

/// One way to decide. Its values publish nothing but themselves.
#[derive(Debug)]
struct Sampler {
    /// Traces whose randomness is below this are dropped.
    threshold: AtomicU64,
    /// Nanoseconds between two traces at the greatest rate; zero for no limit.
    interval: AtomicU64,
    /// When the next trace would come at the greatest rate, in nanoseconds since `EPOCH`.
    next: AtomicU64,
}

static SAMPLERS: [Sampler; MAX_SAMPLERS] = [const {
    Sampler { threshold: AtomicU64::new(0), interval: AtomicU64::new(0), next: AtomicU64::new(0) }
}; MAX_SAMPLERS];
/// Whether a remote parent decides.
static PARENT_BASED: AtomicBool = AtomicBool::new(true);
/// What is recorded without being sampled: `RECORDED` where somebody wants it, else nothing.
static UNSAMPLED: AtomicU16 = AtomicU16::new(0);
/// Who wants that: the tail policy, and the recorder. They publish nothing.
static TAIL: AtomicBool = AtomicBool::new(false);
static RECORDER: AtomicBool = AtomicBool::new(false);
/// What matches which of the samplers after the first.
static RULES: RwLock<Vec<SampleRule>> = RwLock::new(Vec::new());
/// What `Sampler::next` counts from, in ticks: near, so that sharpening the clock's rate moves nothing far.
static EPOCH: AtomicU64 = AtomicU64::new(0);

/// Decides from now on by `sampling`; `record_all` says whether what is not sampled is recorded all the same.
pub(super) fn set(sampling: &Sampling, record_all: bool) {
    let mut rules = RULES.write().unwrap_or_else(PoisonError::into_inner);
    PARENT_BASED.store(sampling.parent_based, Ordering::Relaxed);
    TAIL.store(record_all, Ordering::Relaxed);
    set_unsampled();
    EPOCH.store(clock::now().0, Ordering::Relaxed);
    rules.clone_from(&sampling.rules);
    rules.truncate(MAX_SAMPLERS - 1);
    let roots = [sampling.root].into_iter().chain(rules.iter().map(|rule| rule.sampling));
    for (sampler, root) in SAMPLERS.iter().zip(roots) {
        sampler.set(root);
    }
}

/// Records what is not sampled for the recorder's sake from now on, or no more.
#[cfg(feature = "recorder")]
pub(super) fn for_recorder(on: bool) {
    RECORDER.store(on, Ordering::Relaxed);
    set_unsampled();
}

/// Says what is recorded without being sampled.
fn set_unsampled() {
    let wanted = TAIL.load(Ordering::Relaxed) || RECORDER.load(Ordering::Relaxed);
    UNSAMPLED.store(if wanted { RECORDED } else { 0 }, Ordering::Relaxed);
}

/// The sampler of a callsite.
pub(super) fn sampler_of(spec: &Spec) -> u32 {
    sampler_by(spec.name, spec.component, spec.target)
}

/// The sampler of spans with this name.
pub(crate) fn sampler_by(name: &str, component: &str, target: &str) -> u32 {
    let rules = RULES.read().unwrap_or_else(PoisonError::into_inner);
    let component = (!component.is_empty()).then_some(component);
    let applies = |rule: &SampleRule| rule.applies(name, component, target);
    rules.iter().position(applies).map_or(0, |at| at as u32 + 1)
}

/// The flags of a new trace, or of one that comes from elsewhere, as `around` says; by the sampler of that number.
#[inline]
pub(crate) fn decide(around: Context, trace_id: TraceId, sampler: u32) -> u16 {
    let is_remote = around.flags & REMOTE != 0;
    let random = if is_remote { around.flags & RANDOM } else { RANDOM };
    let kept = around.flags
        & !(SAMPLED | RECORDED | REMOTE | RANDOM | ANNOTATED | UNDECIDED)
        & ((1 << SAMPLER_SHIFT) - 1)
        | random;
    let is_decided = is_remote && around.flags & UNDECIDED == 0;
    if is_decided && PARENT_BASED.load(Ordering::Relaxed) {
        let sampled = around.flags & SAMPLED != 0;
        return kept | if sampled { SAMPLED | RECORDED } else { UNSAMPLED.load(Ordering::Relaxed) };
    }
    let Some(by) = SAMPLERS.get(sampler as usize) else { return kept };
    if by.keeps(trace_id) {
        kept | SAMPLED | RECORDED | by.number(sampler) << SAMPLER_SHIFT
    } else {
        kept | UNSAMPLED.load(Ordering::Relaxed)
    }
}

/// What `tracestate` says of a trace with these flags, as in `ot=th:c`.
pub(crate) fn trace_state(flags: u16) -> &'static str {
    /// Texts of thresholds, kept for good: as many as were ever configured.
    static TEXTS: RwLock<Vec<(u64, &'static str)>> = RwLock::new(Vec::new());
    let Some(sampler) = (flags >> SAMPLER_SHIFT).checked_sub(1) else { return "" };
    let Some(sampler) = SAMPLERS.get(usize::from(sampler)) else { return "" };
    let threshold = sampler.threshold.load(Ordering::Relaxed);
    let find = |texts: &[(u64, &'static str)]| {
        texts.iter().find(|(its, _)| *its == threshold).map(|(_, text)| *text)
    };
    if let Some(text) = find(&TEXTS.read().unwrap_or_else(PoisonError::into_inner)) {
        return text;
    }
    let mut texts = TEXTS.write().unwrap_or_else(PoisonError::into_inner);
    find(&texts).unwrap_or_else(|| {
        let text: &'static str = format!("ot=th:{}", hex(threshold)).leak();
        texts.push((threshold, text));
        text
    })
}

/// The 14 digits of a threshold, without zeros at the end.
fn hex(threshold: u64) -> String {
    let digits = format!("{threshold:014x}");
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() { "0".to_owned() } else { digits.to_owned() }
}

impl Sampler {
    fn set(&self, root: RootSampling) {
        let threshold = (1.0 - root.ratio.clamp(0.0, 1.0)) * RANDOMNESS as f64;
        self.threshold.store(threshold as u64, Ordering::Relaxed);
        let interval = root.per_second.map_or(0.0, |rate| (NANOS / rate).clamp(1.0, 86_400.0 * NANOS));
        self.interval.store(interval as u64, Ordering::Relaxed);
        self.next.store(0, Ordering::Relaxed);
    }

    #[inline]
    fn keeps(&self, trace_id: TraceId) -> bool {
        is_kept(trace_id, self.threshold.load(Ordering::Relaxed)) && {
            let interval = self.interval.load(Ordering::Relaxed);
            interval == 0
                || self.is_due(interval, clock::now().nanos_since(Ticks(EPOCH.load(Ordering::Relaxed))))
        }
    }

    /// Whether the rate allows a trace at `now`.
    fn is_due(&self, interval: u64, now: u64) -> bool {
        let ahead = (NANOS as u64).max(interval) - interval;
        let take = |next: u64| (next <= now.saturating_add(ahead)).then(|| next.max(now) + interval);
        self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }

    /// The number in a context's flags: nothing where there is no threshold to tell, or a rate that no threshold tells.
    fn number(&self, at: u32) -> u16 {
        let tells = self.threshold.load(Ordering::Relaxed) > 0 && self.interval.load(Ordering::Relaxed) == 0;
        if tells { at as u16 + 1 } else { 0 }
    }
}

const fn is_kept(trace_id: TraceId, threshold: u64) -> bool {
    trace_id.low & (RANDOMNESS - 1) >= threshold
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampler(ratio: f64, per_second: Option<f64>) -> Sampler {
        let sampler =
            Sampler { threshold: AtomicU64::new(0), interval: AtomicU64::new(0), next: AtomicU64::new(0) };
        sampler.set(RootSampling { ratio, per_second });
        sampler
    }

    #[test]
    fn thresholds_keep_the_share_they_say() {
        let lowest = TraceId { high: 1, low: 0 };
        let highest = TraceId { high: 1, low: u64::MAX };
        assert!(is_kept(lowest, 0));
        assert!(!is_kept(highest, RANDOMNESS));
        let quarter = sampler(0.25, None);
        let kept = (0..10_000).filter(|_| quarter.keeps(TraceId::random())).count();
        assert!((2_000..3_000).contains(&kept), "{kept} of 10,000 at a quarter");
        assert!(!sampler(0.0, None).keeps(highest));
        assert!(sampler(1.0, None).keeps(lowest));
    }

    #[test]
    fn thresholds_are_told_as_the_specification_writes_them() {
        let told = |ratio| hex(sampler(ratio, None).threshold.load(Ordering::Relaxed));
        assert_eq!(told(1.0), "0");
        assert_eq!(told(0.5), "8");
        assert_eq!(told(0.25), "c");
        assert_eq!(told(0.0625), "f");
        assert!(told(0.1).starts_with("e6666"), "{}", told(0.1));
    }

    #[test]
    fn a_rate_lets_a_second_through_at_once_and_then_so_many() {
        let sampler = sampler(1.0, Some(10.0));
        let interval = sampler.interval.load(Ordering::Relaxed);
        let second = NANOS as u64;
        let due = |now| (0..100).filter(|_| sampler.is_due(interval, now)).count();
        assert_eq!(due(5 * second), 10);
        assert_eq!(due(5 * second), 0);
        assert_eq!(due(5 * second + second / 2), 5);
        assert_eq!(due(60 * second), 10, "what was not used is not saved up");
    }

    #[test]
    fn less_than_one_a_second_is_a_rate_too() {
        let sampler = sampler(1.0, Some(0.5));
        let interval = sampler.interval.load(Ordering::Relaxed);
        let second = NANOS as u64;
        let due: Vec<_> = (10..16).map(|at| sampler.is_due(interval, at * second)).collect();
        assert_eq!(due, [true, false, true, false, true, false]);
    }
}
