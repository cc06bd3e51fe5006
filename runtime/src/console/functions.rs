//! Annotated functions with what their calls do now: counted by their own metrics, as everywhere else.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use super::counts::{Counts, Index};
use super::spans::number;
use crate::callsite::Callsite;
use crate::export::json;
use crate::registry::{Exemplar, Snapshot, Value};
use crate::span::TraceId;

/// Functions that are shown.
pub(crate) const MOST_FUNCTIONS: usize = 2_000;
/// Over how long errors and quantiles are, and how far apart what is remembered for it.
const WINDOW: Duration = Duration::from_secs(60);
const STEP: Duration = Duration::from_secs(5);
/// Over how many ticks rates are.
const RATE_TICKS: usize = 5;

/// All functions, by number.
#[derive(Debug)]
pub(super) struct Functions {
    all: Vec<Function>,
    by_place: HashMap<(&'static str, u32), u32>,
    since: Instant,
}

#[derive(Debug)]
struct Function {
    callsite: Callsite,
    /// What does not change, as members.
    fixed: String,
    /// What does, as it was sent last.
    sent: String,
    now: Option<Arc<Counts>>,
    /// What was counted at the last ticks …
    ticks: VecDeque<(Instant, u64)>,
    /// … and at the last steps.
    steps: VecDeque<(Instant, Arc<Counts>)>,
    in_flight: Option<f64>,
    exemplars: Vec<Exemplar>,
}

impl Functions {
    /// All that are known now.
    pub(super) fn new(now: Instant) -> Self {
        let mut callsites: Vec<Callsite> = crate::callsite::callsites().collect();
        callsites.sort_by_key(|callsite| (callsite.target(), callsite.name(), callsite.place()));
        callsites.truncate(MOST_FUNCTIONS);
        let mut by_place = HashMap::new();
        for (id, callsite) in callsites.iter().enumerate() {
            by_place.insert(callsite.place(), id as u32);
        }
        let together = Together::of(&callsites);
        let all =
            callsites.into_iter().enumerate().map(|(id, callsite)| Function::new(id, callsite, &together));
        Self { all: all.collect(), by_place, since: now }
    }

    /// The number and the component of the function at a place in the code.
    pub(super) fn at(&self, file: &str, line: u32) -> Option<(u32, &'static str)> {
        let id = *self.by_place.get(&(file, line))?;
        Some((id, self.all.get(id as usize)?.callsite.component()))
    }

    /// The number of a function by its callsite's place.
    pub(super) fn id_of(&self, callsite: &Callsite) -> Option<u32> {
        self.by_place.get(&callsite.place()).copied()
    }

    /// All callsites, in the order of their numbers.
    pub(super) fn callsites(&self) -> impl Iterator<Item = &Callsite> {
        self.all.iter().map(|function| &function.callsite)
    }

    /// Takes in what the registries say.
    pub(super) fn tick(&mut self, snapshot: &Snapshot, now: Instant) {
        let mut indexes = BTreeMap::new();
        for function in &mut self.all {
            function.read(snapshot, &mut indexes, now);
        }
    }

    /// Forgets what was said so far: nothing is counted any more.
    pub(super) fn forget(&mut self, now: Instant) {
        self.since = now;
        for function in &mut self.all {
            function.forget();
        }
    }

    /// The rows that have changed, or all with what never changes, as an event; nothing where there are none.
    pub(super) fn rows(&mut self, full: bool, at_ms: u64, has: &dyn Fn(TraceId) -> bool) -> Option<String> {
        let window = self.since.elapsed().min(WINDOW).as_millis();
        let mut out = format!(r#"{{"at_ms":{at_ms},"window_ms":{window},"full":{full},"rows":["#);
        let mut any = false;
        for (id, function) in self.all.iter_mut().enumerate() {
            let said = function.said(has);
            if !full && said == function.sent {
                continue;
            }
            let fixed = if full { &*function.fixed } else { "" };
            // A text takes whatever is written into it.
            let _ = write!(out, r#"{}{{"id":{id}{fixed}{said}}}"#, if any { "," } else { "" });
            any = true;
            if !full {
                function.sent = said;
            }
        }
        out.push_str("]}");
        (any || full).then_some(out)
    }
}

/// The functions that are counted together, since their series have the same names and labels: each of them shows the sum.
#[derive(Default)]
struct Together {
    numbers: HashMap<Counted, usize>,
    /// How many functions have each number.
    sizes: Vec<usize>,
}

/// A family of calls, and the constant labels by which a function's series are found there.
type Counted = (&'static str, Vec<(&'static str, &'static str)>);

fn counted(callsite: &Callsite) -> Option<Counted> {
    let families = callsite.families()?;
    let mut labels = families.labels.to_vec();
    labels.sort_unstable();
    Some((families.calls, labels))
}

impl Together {
    fn of(callsites: &[Callsite]) -> Self {
        let mut together = Self::default();
        for counted in callsites.iter().filter_map(counted) {
            let next = together.sizes.len();
            let number = *together.numbers.entry(counted).or_insert(next);
            together.sizes.resize(together.numbers.len(), 0);
            together.sizes[number] += 1;
        }
        together
    }

    /// The number of a function's counts, and with how many others it shares them.
    fn find(&self, callsite: &Callsite) -> Option<(usize, usize)> {
        let number = *self.numbers.get(&counted(callsite)?)?;
        Some((number, self.sizes.get(number)? - 1))
    }
}

impl Function {
    fn new(id: usize, callsite: Callsite, together: &Together) -> Self {
        let (file, line) = callsite.place();
        let mut fixed = String::new();
        json::object(&mut fixed, |it| {
            it.bare("id", id);
            it.text("name", callsite.name());
            it.text("target", callsite.target());
            it.text("component", callsite.component());
            it.text("kind", callsite.kind());
            it.text("module", callsite.module());
            it.text("function", callsite.function());
            it.text("file", file);
            it.bare("line", line);
            it.text("doc", callsite.doc());
            match callsite.reports() {
                true => it.text("metrics", "elsewhere"),
                false => it.bare("metrics", callsite.families().is_some()),
            }
            if let Some((number, others)) = together.find(&callsite) {
                it.bare("counted", number);
                it.bare("counted_with", others);
            }
        });
        // As members that follow the number.
        let members = fixed.find(',').map_or("", |at| &fixed[at..]);
        let fixed = members.trim_end_matches('}').to_owned();
        Self {
            callsite,
            fixed,
            sent: String::new(),
            now: None,
            ticks: VecDeque::new(),
            steps: VecDeque::new(),
            in_flight: None,
            exemplars: Vec::new(),
        }
    }

    fn read<'s>(
        &mut self,
        snapshot: &'s Snapshot,
        indexes: &mut BTreeMap<(&'static str, Vec<&'static str>), Index<'s>>,
        now: Instant,
    ) {
        let Some(families) = self.callsite.families() else { return };
        // Functions that share a family may have other labels of their own there.
        let names: Vec<_> = families.labels.iter().map(|(name, _)| *name).collect();
        let mut series_of = |family: &'static str| {
            let index = indexes.entry((family, names.clone()));
            let index = index.or_insert_with(|| Index::of(snapshot, family, names.clone()));
            index.series(families.labels).to_vec()
        };
        let durations = series_of(families.duration);
        let counts = Counts::of(&series_of(families.calls), &durations);
        self.exemplars = durations.iter().flat_map(|series| &series.exemplars).copied().collect();
        self.in_flight = self.callsite.in_flight().map(|family| {
            let all = series_of(family);
            all.iter().filter_map(|series| series.value.number()).sum()
        });
        // What has not changed is remembered once.
        let unchanged = self.now.take().filter(|last| **last == counts);
        let counts = unchanged.unwrap_or_else(|| Arc::new(counts));
        self.ticks.push_back((now, counts.calls()));
        if self.ticks.len() > RATE_TICKS + 1 {
            self.ticks.pop_front();
        }
        let is_due = |(last, _): &(Instant, _)| now.duration_since(*last) >= STEP * 31 / 32;
        if self.steps.back().is_none_or(is_due) {
            self.steps.push_back((now, Arc::clone(&counts)));
        }
        while self.steps.len() > 1
            && self.steps.get(1).is_some_and(|(at, _)| now.duration_since(*at) >= WINDOW)
        {
            self.steps.pop_front();
        }
        self.now = Some(counts);
    }

    fn forget(&mut self) {
        (self.now, self.in_flight) = (None, None);
        self.ticks.clear();
        self.steps.clear();
        self.exemplars.clear();
    }

    /// Calls a second, over the last ticks.
    fn rate(&self) -> Option<f64> {
        let ((first, before), (last, now)) = (self.ticks.front()?, self.ticks.back()?);
        let seconds = last.duration_since(*first).as_secs_f64();
        (seconds > 0.0).then(|| now.saturating_sub(*before) as f64 / seconds)
    }

    /// What is said of it now, as members after the others.
    fn said(&self, has: &dyn Fn(TraceId) -> bool) -> String {
        let mut out = String::with_capacity(256);
        let member = |out: &mut String, key: &str, value: Option<f64>| {
            let _ = write!(out, r#","{key}":"#);
            number(out, value);
        };
        let _ = match &self.now {
            Some(now) => write!(out, r#","calls":{}"#, now.calls()),
            None => write!(out, r#","calls":null"#),
        };
        member(&mut out, "rate", self.rate());
        let change = self.now.as_ref().zip(self.steps.front()).map(|(now, (_, first))| now.since(first));
        let (errors, ended) = change.as_ref().map_or((0, 0), |change| (change.errors(), change.calls()));
        member(&mut out, "error_ratio", (ended > 0).then(|| errors as f64 / ended as f64));
        let _ = write!(out, r#","errors":{errors},"ended":{ended}"#);
        for (key, q) in [("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99)] {
            let seconds = change.as_ref().and_then(|change| change.quantile(q));
            member(&mut out, key, seconds.map(|seconds| seconds * 1e3));
        }
        // A count, of which every digit is known.
        let _ = match self.in_flight {
            Some(in_flight) => write!(out, r#","in_flight":{in_flight}"#),
            None => write!(out, r#","in_flight":null"#),
        };
        out.push_str(r#","exemplar":"#);
        // The slowest; but one that leads somewhere, if there is one.
        let kept = |exemplar: &Exemplar| has(exemplar.trace_id);
        let order = |exemplar: &&Exemplar| (kept(exemplar), exemplar.value);
        let best = self.exemplars.iter().max_by(|one, other| {
            let (one, other) = (order(one), order(other));
            one.0.cmp(&other.0).then(one.1.total_cmp(&other.1))
        });
        match best {
            Some(exemplar) => write_exemplar(&mut out, exemplar, kept(exemplar)),
            None => out.push_str("null"),
        }
        out
    }
}

fn write_exemplar(out: &mut String, exemplar: &Exemplar, kept: bool) {
    let at = exemplar.time.duration_since(UNIX_EPOCH).map_or(0, |at| at.as_millis());
    json::object(out, |it| {
        it.quoted("trace_id", exemplar.trace_id);
        it.quoted("span_id", exemplar.span_id);
        it.float("value_ms", (exemplar.value * 1e6).round() / 1e3);
        it.bare("at_ms", at);
        it.bare("kept", kept);
    });
}

/// What a gauge or a counter of that name and labels says.
pub(super) fn value_of(snapshot: &Snapshot, family: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let its = snapshot.family(family)?.series.iter().filter(|series| series.labels.includes(labels));
    its.filter_map(|series| match &series.value {
        Value::Histogram(_) | Value::NativeHistogram(_) => None,
        other => other.number(),
    })
    .reduce(|sum, value| sum + value)
}
