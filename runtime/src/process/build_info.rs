//! What never changes while the process runs: how it was built, and what it is.

use std::collections::BTreeMap;

use crate::registry::{Family, Kind, LabelSet, Source, Value};

/// A family that stays as it is.
#[derive(Debug)]
pub(crate) struct Constant(Family);

impl Source for Constant {
    fn collect(&self, families: &mut Vec<Family>) {
        families.push(self.0.clone());
    }
}

fn info(name: &'static str, help: &'static str, labels: LabelSet) -> Constant {
    let family = Family { help: help.into(), ..Family::new(name, Kind::Gauge) };
    Constant(family.with(labels, Value::Gauge(1.0)))
}

/// `build_info`: the service's name and version, the compiler's version, the target and the profile. A label that has no
/// value is left out.
pub(crate) fn build_info(resource: &[(String, String)]) -> Constant {
    let of_resource =
        |key| resource.iter().find(|(its_key, _)| its_key == key).map(|(_, value)| value.as_str());
    let labels = [
        ("service_name", of_resource("service.name")),
        ("service_version", of_resource("service.version")),
        ("rust_version", Some(env!("SPANWRIGHT_RUST_VERSION"))),
        ("target", Some(env!("SPANWRIGHT_TARGET"))),
        ("profile", Some(env!("SPANWRIGHT_PROFILE"))),
    ];
    let labels = labels.into_iter().filter_map(|(name, value)| Some((name, value?.to_owned())));
    let help = "How the program was built; the value is always 1.";
    info("build_info", help, labels.filter(|(_, value)| !value.is_empty()).collect())
}

/// `target_info`: the resource, for pages that Prometheus reads; OTLP has it elsewhere. Labels are as OpenTelemetry says
/// it for
/// [metric attributes](https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#resource-attributes-1):
/// where two keys become one name, their values are joined, in the order of the keys.
pub(crate) fn target_info(resource: &[(String, String)]) -> Constant {
    let mut sorted: Vec<_> = resource.iter().collect();
    sorted.sort();
    let mut labels: BTreeMap<String, String> = BTreeMap::new();
    for (key, value) in sorted {
        let joined = labels.entry(label_name(key)).or_default();
        if !joined.is_empty() {
            joined.push(';');
        }
        joined.push_str(value);
    }
    info("target_info", "What is measured; the value is always 1.", labels.into_iter().collect())
}

/// What is no letter, digit or `_` becomes one `_`, also several in a row; a digit does not come first.
fn label_name(key: &str) -> String {
    let mut name = String::with_capacity(key.len() + 4);
    if key.starts_with(|first: char| first.is_ascii_digit()) {
        name.push_str("key_");
    }
    for c in key.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => name.push(c),
            _ if name.ends_with('_') => {}
            _ => name.push('_'),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(constant: &Constant) -> Vec<(&str, &str)> {
        constant.0.series[0].labels.iter().collect()
    }

    fn resource(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_build_is_told_by_what_is_known() {
        let built = build_info(&resource(&[("service.name", "shop")]));
        let names: Vec<_> = labels(&built).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["service_name", "rust_version", "target", "profile"]);
        let version = built.0.series[0].labels.get("rust_version").unwrap();
        assert!(version.split('.').count() >= 3, "{version}");
    }

    #[test]
    fn attributes_become_labels() {
        let target = target_info(&resource(&[
            ("service.name", "shop"),
            ("a.b", "2"),
            ("a-b", "1"),
            ("a..c", "x"),
            ("1st", "y"),
        ]));
        assert_eq!(
            labels(&target),
            [("a_b", "1;2"), ("a_c", "x"), ("key_1st", "y"), ("service_name", "shop")]
        );
    }
}
