//! What has changed between two catalogues, and whether that breaks those who read what the service emits.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use spanwright_catalog::{Attribute, Catalog, Label, Metric, Values};

/// What has changed.
#[derive(Debug, Default)]
pub(crate) struct Changes(Vec<Change>);

/// One difference.
#[derive(Debug, PartialEq, Eq)]
struct Change {
    /// Whether a query, a dashboard or an alert would find something else, or nothing.
    breaks: bool,
    /// What it is about: `metric `shop_orders_total``.
    of: String,
    what: String,
}

/// What has changed from `before` to `now`.
pub(crate) fn compare(before: &Catalog, now: &Catalog) -> Changes {
    let mut changes = Changes::default();
    changes.each(
        "metric",
        &by_name(&before.metrics, |metric| &metric.name),
        &by_name(&now.metrics, |metric| &metric.name),
        similar_metrics,
        Changes::of_metric,
    );
    changes.each(
        "attribute",
        &by_name(&before.attributes, |attribute| &attribute.key),
        &by_name(&now.attributes, |attribute| &attribute.key),
        |one, other| one.value_type == other.value_type && !one.help.is_empty() && one.help == other.help,
        Changes::of_attribute,
    );
    changes
}

fn by_name<'a, T>(all: &'a [T], name: impl Fn(&'a T) -> &'a str) -> BTreeMap<&'a str, &'a T> {
    all.iter().map(|one| (name(one), one)).collect()
}

/// Whether a metric that has come may be one that has gone: of one kind, with the same help and labels.
fn similar_metrics(one: &Metric, other: &Metric) -> bool {
    let names =
        |metric: &Metric| metric.labels.iter().map(|label| label.name.clone()).collect::<BTreeSet<_>>();
    one.kind == other.kind && one.help == other.help && names(one) == names(other)
}

impl Changes {
    /// Whether one of them breaks something.
    pub(crate) fn breaks(&self) -> bool {
        self.0.iter().any(|change| change.breaks)
    }

    fn push(&mut self, breaks: bool, of: &str, what: String) {
        self.0.push(Change { breaks, of: of.to_owned(), what });
    }

    /// Compares what both have, and says what only one of them has.
    fn each<T>(
        &mut self,
        kind: &str,
        before: &BTreeMap<&str, &T>,
        now: &BTreeMap<&str, &T>,
        is_similar: impl Fn(&T, &T) -> bool,
        mut compare: impl FnMut(&mut Self, &str, &T, &T),
    ) {
        let come: Vec<_> = now.iter().filter(|(name, _)| !before.contains_key(*name)).collect();
        for (name, old) in before {
            let of = format!("{kind} `{name}`");
            match now.get(name) {
                Some(new) => compare(self, &of, old, new),
                None => match come.iter().find(|(_, new)| is_similar(old, new)) {
                    Some((new, _)) => self.push(true, &of, format!("was renamed to `{new}`")),
                    None => self.push(true, &of, "was removed".to_owned()),
                },
            }
        }
        for (name, _) in come {
            self.push(false, &format!("{kind} `{name}`"), "was added".to_owned());
        }
    }

    fn of_metric(&mut self, of: &str, old: &Metric, new: &Metric) {
        let mut differ = |what: &str, old: &str, new: &str| {
            if old != new {
                self.push(true, of, format!("changed its {what} from {} to {}", shown(old), shown(new)));
            }
        };
        differ("kind", kind(old), kind(new));
        differ("unit", &old.unit, &new.unit);
        differ("OpenTelemetry name", &old.otel_name, &new.otel_name);
        differ("OpenTelemetry unit", &old.otel_unit, &new.otel_unit);
        let before = by_name(&old.labels, |label| &label.name);
        let now = by_name(&new.labels, |label| &label.name);
        for (name, old) in &before {
            match now.get(name) {
                Some(new) => self.of_label(of, old, new),
                None => self.push(true, of, format!("lost its label `{name}`")),
            }
        }
        for name in now.keys().filter(|name| !before.contains_key(*name)) {
            // A sum by the old labels is still what it was.
            self.push(false, of, format!("has a new label `{name}`"));
        }
        if old.buckets != new.buckets {
            self.push(false, of, "has other buckets".to_owned());
        }
    }

    fn of_label(&mut self, of: &str, old: &Label, new: &Label) {
        if old.attribute != new.attribute {
            let (old, new) = (shown(&old.attribute), shown(&new.attribute));
            self.push(true, of, format!("changed the attribute of a label from {old} to {new}"));
        }
        let Values::Known(before) = &old.values else { return };
        let Values::Known(now) = &new.values else { return };
        for value in before.iter().filter(|value| !now.contains(value)) {
            self.push(true, of, format!("lost `{}=\"{value}\"`", old.name));
        }
        for value in now.iter().filter(|value| !before.contains(value)) {
            self.push(false, of, format!("has a new `{}=\"{value}\"`", old.name));
        }
    }

    fn of_attribute(&mut self, of: &str, old: &Attribute, new: &Attribute) {
        if old.value_type != new.value_type {
            let what = format!("changed its type from `{}` to `{}`", old.value_type, new.value_type);
            self.push(true, of, what);
        }
        if old.redaction != new.redaction {
            let word = |redaction| format!("{redaction:?}").to_lowercase();
            let what = format!("was {}, and is {}", word(old.redaction), word(new.redaction));
            self.push(true, of, what);
        }
    }
}

fn kind(metric: &Metric) -> &'static str {
    use spanwright_catalog::Kind;

    match metric.kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
        Kind::UpDownCounter => "up-down counter",
    }
}

fn shown(text: &str) -> String {
    if text.is_empty() { "none".to_owned() } else { format!("`{text}`") }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Change { breaks, of, what } in &self.0 {
            let sign = if *breaks { "broken" } else { "fine  " };
            writeln!(f, "{sign}  {of} {what}")?;
        }
        if self.0.is_empty() { writeln!(f, "nothing has changed") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog(metrics: &str) -> Catalog {
        let text = format!(
            r#"{{ "version": 1, "metrics": [{metrics}], "attributes": [{{ "key": "tenant.id", "type": "string", "place": {{}} }}] }}"#
        );
        Catalog::from_json(&text).unwrap()
    }

    const ORDERS: &str = r#"{ "name": "orders_total", "kind": "counter", "help": "Orders.", "unit": "",
        "labels": [{ "name": "status", "values": ["paid", "open"] }, { "name": "who", "values": { "max": 9 } }] }"#;

    /// What is said of a change of `ORDERS`, and whether it breaks something.
    fn changed(now: &Catalog) -> (String, bool) {
        let changes = compare(&catalog(ORDERS), now);
        (changes.to_string(), changes.breaks())
    }

    #[test]
    fn what_others_rely_on_must_stay() {
        for (from, to, said) in [
            ("orders_total", "shop_orders_total", "metric `orders_total` was renamed to `shop_orders_total`"),
            ("counter", "gauge", "metric `orders_total` changed its kind from `counter` to `gauge`"),
            (
                r#""unit": """#,
                r#""unit": "bytes""#,
                "metric `orders_total` changed its unit from none to `bytes`",
            ),
            (r#""name": "status""#, r#""name": "state""#, "metric `orders_total` lost its label `status`"),
            (r#""paid", "#, "", "metric `orders_total` lost `status=\"paid\"`"),
            (
                r#""name": "who","#,
                r#""name": "who", "attribute": "user","#,
                "changed the attribute of a label from none to `user`",
            ),
        ] {
            let (changes, breaks) = changed(&catalog(&ORDERS.replace(from, to)));
            assert!(
                changes.lines().any(|line| line.starts_with("broken") && line.ends_with(said)),
                "{changes}"
            );
            assert!(breaks, "{changes}");
        }
        let (changes, breaks) = changed(&catalog(""));
        assert_eq!((changes.as_str(), breaks), ("broken  metric `orders_total` was removed\n", true));
    }

    #[test]
    fn additions_pass() {
        let added = format!(r#"{ORDERS}, {{ "name": "carts", "kind": "gauge", "help": "Carts." }}"#);
        for (now, said) in [
            (added, "fine    metric `carts` was added\n"),
            (
                ORDERS.replace(r#""open""#, r#""open", "lost""#),
                "fine    metric `orders_total` has a new `status=\"lost\"`\n",
            ),
            (ORDERS.replace("Orders.", "All orders."), "nothing has changed\n"),
            (ORDERS.to_owned(), "nothing has changed\n"),
        ] {
            assert_eq!(changed(&catalog(&now)), (said.to_owned(), false));
        }
    }

    #[test]
    fn attributes_keep_their_type_and_are_shown_as_before() {
        let of = |rest: &str| {
            let text = catalog(ORDERS).to_json().replace(r#""type": "string""#, rest);
            changed(&Catalog::from_json(&text).unwrap())
        };
        let (said, breaks) = of(r#""type": "int""#);
        assert_eq!(said, "broken  attribute `tenant.id` changed its type from `string` to `int`\n");
        assert!(breaks);
        let (said, _) = of(r#""type": "string", "redaction": "hashed""#);
        assert_eq!(said, "broken  attribute `tenant.id` was shown, and is hashed\n");
    }
}
