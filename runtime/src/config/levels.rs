//! Levels by target: which events are logged, which spans are recorded.
//!
//! Unlike the `Targets` of `tracing-subscriber`, which go by how a target's text begins, a name is a whole module or a whole
//! part of a dotted name, with all that is within it: `eventsource.bus` is about `eventsource.bus.kafka`, and not about
//! `eventsource.business`.

use std::fmt;

use tracing_core::{Level, LevelFilter};

/// The level of each target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TargetLevels {
    /// Of targets that are not named; nothing of them passes where it is not said.
    default: Option<LevelFilter>,
    /// The longest name first, each once.
    targets: Vec<(String, LevelFilter)>,
}

impl TargetLevels {
    /// One level for all targets.
    pub(crate) const fn of(default: LevelFilter) -> Self {
        Self { default: Some(default), targets: Vec::new() }
    }

    /// Sets the level of targets that are not named.
    pub(crate) fn with_default(mut self, level: LevelFilter) -> Self {
        self.default = Some(level);
        self
    }

    /// Sets the level of a target and of all that is within it.
    pub(crate) fn with_target(mut self, target: impl Into<String>, level: LevelFilter) -> Self {
        let target = target.into();
        self.targets.retain(|(known, _)| *known != target);
        let longer = |(known, _): &(String, LevelFilter)| (known.len(), &target) > (target.len(), known);
        let at = self.targets.iter().take_while(|known| longer(known)).count();
        self.targets.insert(at, (target, level));
        self
    }

    pub(crate) const fn default_level(&self) -> Option<LevelFilter> {
        self.default
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, LevelFilter)> {
        self.targets.iter().map(|(target, level)| (target.as_str(), *level))
    }

    /// Whether something of this target and level passes.
    pub(crate) fn would_enable(&self, target: &str, level: &Level) -> bool {
        let named = self.targets.iter().find(|(name, _)| is_within(target, name));
        named.map(|(_, level)| *level).or(self.default).is_some_and(|most| *level <= most)
    }

    /// The least important level that passes somewhere.
    pub(crate) fn most_verbose(&self) -> LevelFilter {
        let levels = self.targets.iter().map(|(_, level)| *level).chain(self.default);
        levels.max().unwrap_or(LevelFilter::OFF)
    }
}

/// Whether a target is what `name` names, or within it.
pub(crate) fn is_within(target: &str, name: &str) -> bool {
    let rest = target.strip_prefix(name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::") || rest.starts_with('.'))
}

/// As it is written in a variable.
impl fmt::Display for TargetLevels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        if let Some(default) = self.default {
            write!(f, "{default}")?;
            comma = ",";
        }
        for (target, level) in &self.targets {
            write!(f, "{comma}{target}={level}")?;
            comma = ",";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_whole_parts_and_the_longest_one_holds() {
        let levels = TargetLevels::of(LevelFilter::INFO)
            .with_target("eventsource.bus", LevelFilter::DEBUG)
            .with_target("eventsource.bus.kafka", LevelFilter::ERROR)
            .with_target("shop", LevelFilter::TRACE)
            .with_target("shop::db", LevelFilter::OFF);
        for (target, level, expected) in [
            ("eventsource.bus", Level::DEBUG, true),
            ("eventsource.bus.redis", Level::DEBUG, true),
            ("eventsource.bus::inner", Level::DEBUG, true),
            ("eventsource.business", Level::DEBUG, false),
            ("eventsource.business", Level::INFO, true),
            ("eventsource.bus.kafka", Level::WARN, false),
            ("eventsource.bus.kafkaesque", Level::DEBUG, true),
            ("shop", Level::TRACE, true),
            ("shopping", Level::DEBUG, false),
            ("shop::db::pool", Level::ERROR, false),
            ("shop::dbx", Level::TRACE, true),
        ] {
            assert_eq!(levels.would_enable(target, &level), expected, "{target} {level}");
        }
        assert_eq!(levels.most_verbose(), LevelFilter::TRACE);
    }

    #[test]
    fn the_order_of_directives_does_not_matter() {
        let one =
            TargetLevels::default().with_target("a", LevelFilter::INFO).with_target("b", LevelFilter::WARN);
        let other =
            TargetLevels::default().with_target("b", LevelFilter::WARN).with_target("a", LevelFilter::INFO);
        assert_eq!((one.to_string(), &one), (other.to_string(), &other));
        assert!(!one.would_enable("c", &Level::ERROR), "nothing is said of others");
    }
}
