//! What is wrong with a service, by what was gathered of its recording: each by a rule that a healthy program does not break.

pub(crate) mod requests;
pub(crate) mod rules;
mod runtimes;
mod tasks;

use clap::ValueEnum;

use super::Analysis;
use rules::Rule;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Severity {
    /// Worth a look.
    Info,
    /// Something is slower than it need be, or will become so.
    Warning,
    /// Users have to wait, or something never happens.
    Error,
}

impl Severity {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What a number says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Nanos(u64),
    Count(u64),
    /// In percent.
    Share(f64),
}

/// Something that is wrong.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) rule: &'static Rule,
    pub(crate) severity: Severity,
    pub(crate) recording: u64,
    /// When it was worst.
    pub(crate) at: u64,
    /// Where in the code: `file:line:column`; nothing where that is not known.
    pub(crate) place: String,
    /// Whom it is about: a task's name, a runtime, a span.
    pub(crate) subject: String,
    /// What was seen, as a sentence without a full stop.
    pub(crate) said: String,
    pub(crate) numbers: Vec<(&'static str, Number)>,
}

/// Findings that are not wanted: of a kind, or of a kind and a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ignored {
    id: &'static str,
    place: Option<String>,
}

impl Ignored {
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let (id, place) = match text.split_once('@') {
            Some((id, place)) => (id, Some(place.to_owned())),
            None => (text, None),
        };
        let known = rules::ALL.iter().find(|rule| rule.id == id);
        let all = || rules::ALL.iter().map(|rule| format!("`{}`", rule.id)).collect::<Vec<_>>().join(", ");
        known
            .map(|rule| Self { id: rule.id, place })
            .ok_or_else(|| format!("there is no finding `{id}`; there are {}", all()))
    }

    fn matches(&self, finding: &Finding) -> bool {
        self.id == finding.rule.id && self.place.as_ref().is_none_or(|place| *place == finding.place)
    }
}

/// All that is wrong, the worst first.
pub(super) fn of(analysis: &Analysis) -> Vec<Finding> {
    let mut all = Vec::new();
    tasks::find(analysis, &mut all);
    runtimes::find(analysis, &mut all);
    requests::find(analysis, &mut all);
    all.retain(|finding| !analysis.bounds.ignore.iter().any(|ignored| ignored.matches(finding)));
    let order = |id: &str| rules::ALL.iter().position(|rule| rule.id == id);
    all.sort_by(|one, other| {
        let key =
            |finding: &Finding| (std::cmp::Reverse(finding.severity), order(finding.rule.id), finding.at);
        key(one).cmp(&key(other)).then_with(|| one.place.cmp(&other.place))
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_finding_is_explained_and_its_name_is_used_once() {
        let page = include_str!("../../../../../docs/recordings.md");
        for (index, rule) in rules::ALL.iter().enumerate() {
            assert!(
                page.contains(&format!("\n### `{}`\n", rule.id)),
                "`{}` is not in docs/recordings.md",
                rule.id
            );
            assert!(rules::ALL[..index].iter().all(|other| other.id != rule.id), "{}", rule.id);
        }
    }

    #[test]
    fn what_is_ignored_must_be_a_finding() {
        assert_eq!(Ignored::read("task-leak"), Ok(Ignored { id: "task-leak", place: None }));
        let placed = Ignored::read("task-leak@src/a.rs:1:2").unwrap();
        assert_eq!(placed.place.as_deref(), Some("src/a.rs:1:2"));
        assert!(
            Ignored::read("task-leek")
                .unwrap_err()
                .contains("there is no finding `task-leek`; there are `blocking-")
        );
    }
}
