//! Sampling rules: which roots are sampled otherwise.

use super::{Kind, PerSecond, Ratio, Reason, Shape, items};
use crate::config::decided::{RootSampling, RuleKey, SampleRule};
use crate::config::problem::ShownValue;

/// A list of rules; of two with one key, the last one holds.
pub(crate) struct SampleRules;

impl Kind for SampleRules {
    type Value = Vec<SampleRule>;
    const SHAPE: Shape = Shape::List;
    const EXPECTS: &'static str =
        "a list as `shop::health=off,shop::cart=0.25,component:db=10/s,name:checkout=on`";

    fn show(value: &Self::Value) -> String {
        let rules: Vec<_> = value.iter().map(|rule| ShownValue::new(&show_rule(rule)).text()).collect();
        rules.join(",")
    }

    fn parse(text: &str) -> Result<Self::Value, Reason> {
        let mut rules = Vec::new();
        for item in items(text) {
            let shown = || item.chars().take(60).flat_map(char::escape_debug).collect::<String>();
            let (key, value) = item.rsplit_once('=').ok_or_else(|| format!("`{}` has no `=`", shown()))?;
            let key = parse_key(key).map_err(|reason| format!("`{}` {reason}", shown()))?;
            let sampling = parse_sampling(value.trim()).ok_or_else(|| {
                format!(
                    "`{}` has no value that is `on`, `off`, a share as `0.25` or a rate as `10/s`",
                    shown()
                )
            })?;
            set(&mut rules, SampleRule { key, sampling });
        }
        Ok(rules)
    }
}

/// A rule as it is written.
fn show_rule(rule: &SampleRule) -> String {
    let key = match &rule.key {
        RuleKey::Name(name) => format!("name:{name}"),
        RuleKey::Component(component) => format!("component:{component}"),
        RuleKey::Target(target) => target.clone(),
    };
    let RootSampling { ratio, per_second } = rule.sampling;
    match per_second {
        Some(limit) => format!("{key}={limit}/s"),
        None => format!("{key}={ratio}"),
    }
}

/// Sets a rule; one of the same key gives way.
pub(crate) fn set(rules: &mut Vec<SampleRule>, rule: SampleRule) {
    rules.retain(|other| other.key != rule.key);
    rules.push(rule);
}

/// Reads the key of a rule: what is wrong with it, to follow the rule.
pub(crate) fn parse_key(text: &str) -> Result<RuleKey, &'static str> {
    let text = text.trim();
    let named = |name: &str, empty| match name.trim() {
        "" => Err(empty),
        name => Ok(name.to_owned()),
    };
    if let Some(name) = text.strip_prefix("name:").filter(|name| !name.starts_with(':')) {
        return named(name, "has no name after `name:`").map(RuleKey::Name);
    }
    if let Some(name) = text.strip_prefix("component:").filter(|name| !name.starts_with(':')) {
        return named(name, "has no component after `component:`").map(RuleKey::Component);
    }
    if text.replace("::", "").contains(':') {
        return Err("has a key that starts with neither `component:` nor `name:`");
    }
    named(text.trim_end_matches("::"), "has no target").map(RuleKey::Target)
}

fn parse_sampling(text: &str) -> Option<RootSampling> {
    match text.to_ascii_lowercase().as_str() {
        "on" => Some(RootSampling::ALWAYS_ON),
        "off" => Some(RootSampling::ALWAYS_OFF),
        text => match text.strip_suffix("/s") {
            Some(rate) => {
                let per_second = Some(PerSecond::parse(rate).ok()?);
                Some(RootSampling { per_second, ..RootSampling::ALWAYS_ON })
            }
            None => Some(RootSampling { ratio: Ratio::parse(text).ok()?, per_second: None }),
        },
    }
}
