//! Rules, in groups, and how they are written for Prometheus.

use std::fmt::Write;
use std::time::Duration;

use super::trial::Trial;
use super::yaml::scalar;

/// Rules that Prometheus evaluates one after the other, so that what one records the next can ask for.
#[derive(Debug, Default)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) rules: Vec<Rule>,
}

/// A rule.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rule {
    pub(crate) kind: Kind,
    /// The alert's name, or the metric that is recorded.
    pub(crate) name: String,
    pub(crate) expr: String,
    /// How long that has to be so.
    pub(crate) hold: Duration,
    /// Labels and annotations are templates of Go's `text/template`: [`literal`] makes one of a text.
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) annotations: Vec<(&'static str, String)>,
    pub(crate) trials: Trials,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    #[default]
    Alert,
    Record,
}

/// How it is shown that a rule does what it is for.
#[derive(Clone, Debug)]
pub(crate) enum Trials {
    /// Series, and what becomes of them.
    Known(Vec<Trial>),
    /// Somebody's own PromQL: series that make it fire are to be looked for.
    Unknown,
    /// It is tested by the alerts that ask for what it records.
    ByAlerts,
    /// Not at all, and why.
    Impossible(String),
}

impl Default for Trials {
    fn default() -> Self {
        Self::Known(Vec::new())
    }
}

impl Rule {
    /// An alert that tells of its value.
    pub(crate) fn alert(name: &str, expr: String, severity: &str) -> Self {
        let labels = vec![("severity".to_owned(), severity.to_owned())];
        let name = if name.is_empty() { "Unnamed" } else { name };
        Self { name: name.to_owned(), expr, labels, ..Self::default() }
    }

    /// A recording rule on which alerts rest.
    pub(crate) fn record(name: &str, expr: String) -> Self {
        Self { kind: Kind::Record, name: name.to_owned(), expr, trials: Trials::ByAlerts, ..Self::default() }
    }

    pub(crate) fn with_label(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.labels.push((name.to_owned(), literal(value)));
        }
        self
    }

    pub(crate) fn held(mut self, hold: Duration) -> Self {
        self.hold = hold;
        self
    }

    /// Both are templates; `runbook` is a text.
    pub(crate) fn saying(mut self, summary: &str, description: &str, runbook: &str) -> Self {
        self.annotations = vec![("summary", summary.to_owned()), ("description", description.to_owned())];
        if !runbook.is_empty() {
            self.annotations.push(("runbook", literal(runbook)));
        }
        self
    }

    pub(crate) fn tried(mut self, trials: impl Into<Vec<Trial>>) -> Self {
        self.trials = Trials::Known(trials.into());
        self
    }

    /// Writes it as an item of a group's list.
    fn write(&self, out: &mut String) {
        let word = if self.kind == Kind::Alert { "alert" } else { "record" };
        let _ = writeln!(out, "      - {word}: {}", scalar(&self.name, 10));
        let _ = writeln!(out, "        expr: {}", scalar(&self.expr, 10));
        if !self.hold.is_zero() {
            let _ = writeln!(out, "        for: {}", duration(self.hold));
        }
        let annotations = self.annotations.iter().map(|(name, text)| (*name, text.as_str()));
        let labels = self.labels.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        write_texts(out, "labels", labels);
        write_texts(out, "annotations", annotations);
    }
}

fn write_texts<'a>(out: &mut String, key: &str, texts: impl Iterator<Item = (&'a str, &'a str)>) {
    for (at, (name, text)) in texts.enumerate() {
        if at == 0 {
            let _ = writeln!(out, "        {key}:");
        }
        let _ = writeln!(out, "          {}: {}", scalar(name, 12), scalar(text, 12));
    }
}

/// All groups that have rules, as a file.
pub(crate) fn write(groups: &[Group]) -> String {
    let mut out = String::from("groups:\n");
    if groups.is_empty() {
        return "groups: []\n".to_owned();
    }
    for Group { name, rules } in groups {
        let _ = write!(out, "  - name: {}\n    rules:\n", scalar(name, 6));
        rules.iter().for_each(|rule| rule.write(&mut out));
    }
    out
}

/// A text as a template that gives it: no two braces may open an action, not even one of the text and one of what follows.
pub(crate) fn literal(text: &str) -> String {
    let mut template = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let may_open = c == '{' && matches!(chars.peek(), Some('{') | None);
        if may_open {
            template.push_str(r#"{{ "{" }}"#);
        } else {
            template.push(c);
        }
    }
    template
}

/// A text that may hold `{{ $labels.name }}` and `{{ $value }}`, with one function after a `|`; anything else in braces is text.
pub(crate) fn template(text: &str) -> String {
    let mut made = String::new();
    let mut rest = text;
    while let Some((before, action, after)) = next_action(rest) {
        made.push_str(&literal(before));
        made.push_str(action);
        rest = after;
    }
    made + &literal(rest)
}

/// The next action that is one: what is before it, itself, and what follows.
fn next_action(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(start) = text[from..].find("{{").map(|at| from + at) {
        let end = start + 2 + text[start + 2..].find("}}")?;
        if is_action(&text[start + 2..end]) {
            return Some((&text[..start], &text[start..end + 2], &text[end + 2..]));
        }
        from = start + 1;
    }
    None
}

fn is_action(inner: &str) -> bool {
    const FUNCTIONS: [&str; 8] = [
        "humanize",
        "humanize1024",
        "humanizeDuration",
        "humanizePercentage",
        "humanizeTimestamp",
        "title",
        "toUpper",
        "toLower",
    ];
    let mut parts = inner.split('|').map(str::trim);
    let is_value = parts.next().is_some_and(|value| {
        value == "$value" || value.strip_prefix("$labels.").is_some_and(crate::promql::is_label_name)
    });
    is_value && parts.all(|function| FUNCTIONS.contains(&function))
}

/// A time as Prometheus writes it: `5m`, `1h30m`.
pub(crate) fn duration(time: Duration) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")];
    let mut left = time.as_secs();
    let mut written = String::new();
    for (seconds, unit) in UNITS {
        if left >= seconds {
            let _ = write!(written, "{}{unit}", left / seconds);
            left %= seconds;
        }
    }
    if written.is_empty() { "0s".to_owned() } else { written }
}

/// Reads what Prometheus writes so.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time; write `30s`, `5m` or `1h30m`");
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let number: u32 = rest[..digits].parse().map_err(|_| wrong())?;
        let units = &rest[digits..];
        let length = units.find(|c: char| c.is_ascii_digit()).unwrap_or(units.len());
        let unit = match &units[..length] {
            "ms" => Duration::from_millis(1),
            "s" => Duration::from_secs(1),
            "m" => Duration::from_secs(60),
            "h" => Duration::from_secs(3600),
            "d" => Duration::from_secs(86_400),
            "w" => Duration::from_secs(604_800),
            "y" => Duration::from_secs(31_536_000),
            _ => return Err(wrong()),
        };
        total = total.saturating_add(unit.saturating_mul(number));
        rest = &units[length..];
    }
    if total.is_zero() { Err(wrong()) } else { Ok(total) }
}

/// `shop_orders_total` as an alert is called: `ShopOrdersTotal`.
pub(crate) fn pascal(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect()
}

/// A part of a recorded metric's name.
pub(crate) fn snake(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_no_template() {
        assert_eq!(literal("a {b} {{c}} {"), r#"a {b} {{ "{" }}{c}} {{ "{" }}"#);
        assert_eq!(
            template("Query {{ $labels.id }} of {{ nobody }}"),
            "Query {{ $labels.id }} of {{ \"{\" }}{ nobody }}"
        );
        assert_eq!(template("{{{ $value | humanize }}"), "{{ \"{\" }}{{ $value | humanize }}");
    }

    #[test]
    fn times_are_written_as_they_are_read() {
        for text in ["30s", "5m", "1h30m", "3d", "30d"] {
            assert_eq!(duration(parse_duration(text).unwrap()), text);
        }
        for wrong in ["", "5", "m", "5 m", "0s", "-5m", "5x", "99999999999s"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names() {
        assert_eq!(pascal("shop_orders.total"), "ShopOrdersTotal");
        assert_eq!(snake("shop::api"), "shop__api");
    }
}
