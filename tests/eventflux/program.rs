//! The program, and what it writes.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value as Json;

use crate::built::example;
use crate::process::until;
use crate::system::{Running, command};

/// The document's name in the tables.
pub(crate) const SEED: &str = "EventFlux";

/// The program's command: its lines are JSON.
pub(crate) fn eventflux(arguments: &[&str]) -> Command {
    command(&example("eventflux"), "EVENTFLUX", arguments)
}

/// The log lines among what was written.
pub(crate) fn lines(stdout: &str) -> Vec<Json> {
    let objects = stdout.lines().filter(|line| line.starts_with("{\"timestamp\""));
    objects.map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

impl Running {
    /// An answer's status, and its text as JSON.
    #[track_caller]
    pub(crate) fn json(&self, path: &str) -> (u16, Json) {
        let (status, text) = self.ask(path);
        (status, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error} in {text}")))
    }

    /// Its page of metrics, once something has come that far.
    #[track_caller]
    pub(crate) fn page(&self, what: &str, is_there: impl Fn(&Page) -> bool) -> Page {
        until(what, || Some(Page::read(&self.metrics())).filter(&is_there))
    }
}

/// A page of metrics: Prometheus' text, taken apart.
#[derive(Debug, Default)]
pub(crate) struct Page {
    families: BTreeMap<String, (String, String)>,
    series: Vec<Series>,
}

/// A line of it.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

impl Page {
    pub(crate) fn read(text: &str) -> Self {
        let mut page = Self::default();
        for line in text.lines().filter(|line| !line.is_empty()) {
            let words: Vec<_> = line.splitn(4, ' ').collect();
            match words[..] {
                ["#", "TYPE", name, kind] => page.family(name).0 = kind.to_owned(),
                ["#", "HELP", name, help] => page.family(name).1 = help.to_owned(),
                _ => page.series.extend(series(line)),
            }
        }
        page
    }

    fn family(&mut self, name: &str) -> &mut (String, String) {
        self.families.entry(name.to_owned()).or_default()
    }

    /// The kind and the help of each family.
    pub(crate) fn families(&self) -> &BTreeMap<String, (String, String)> {
        &self.families
    }

    /// The series of that name and with these labels among theirs.
    pub(crate) fn with(&self, name: &str, labels: &[(&str, &str)]) -> Vec<&Series> {
        let has = |series: &&Series| {
            let mut wanted = labels.iter();
            series.name == name
                && wanted.all(|(label, value)| series.labels.get(*label).is_some_and(|own| own == value))
        };
        self.series.iter().filter(has).collect()
    }

    /// The sum of those series.
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.with(name, labels).iter().map(|series| series.value).sum()
    }
}

/// `name{label="value",…} 1`; of values with quotes in them nothing is asked here.
fn series(line: &str) -> Option<Series> {
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = series.split_once('{').unwrap_or((series, ""));
    let pairs = labels.trim_end_matches('}').split("\",").filter_map(|pair| pair.split_once("=\""));
    let labels = pairs.map(|(label, value)| (label.to_owned(), value.trim_end_matches('"').to_owned()));
    Some(Series { name: name.to_owned(), labels: labels.collect(), value: value.parse().ok()? })
}
