//! Filters by target and level.

use tracing_core::LevelFilter;

use super::{Kind, Reason, Shape, items};
use crate::config::levels::TargetLevels;
use crate::config::near::nearest;

/// What passes, by target and level.
pub(crate) struct Filter;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

impl Kind for Filter {
    type Value = TargetLevels;
    const SHAPE: Shape = Shape::List;
    const EXPECTS: &'static str = "a list of levels and targets as `info,my_crate::db=debug`";

    fn show(value: &TargetLevels) -> String {
        value.to_string().escape_debug().to_string()
    }

    fn parse(text: &str) -> Result<TargetLevels, Reason> {
        let mut targets = TargetLevels::default();
        // Nothing at all would let nothing through.
        if items(text).next().is_none() {
            return Err("it is empty; `off` is the word for nothing".into());
        }
        for directive in items(text) {
            let shown = directive.escape_debug();
            if directive.contains(['[', '{', '"']) {
                return Err(format!("`{shown}`: fields and spans can't be filtered by").into());
            }
            let (target, level) = match (directive.split_once('='), parse_level(directive)) {
                (Some((target, level)), _) => (Some(target.trim()), parse_level(level.trim())),
                (None, Some(level)) => (None, Some(level)),
                (None, None) => (Some(directive), Some(LevelFilter::TRACE)),
            };
            let level = level.ok_or_else(|| {
                format!("`{shown}` has no level that is `off`, `error`, `warn`, `info`, `debug` or `trace`")
            })?;
            targets = match target {
                Some(target) if target.contains(|c: char| c.is_whitespace() || c.is_control()) => {
                    return Err(format!("`{shown}`: no target has a space; write commas in between").into());
                }
                Some("") => return Err(format!("`{shown}` has no target").into()),
                Some(target) => targets.with_target(target, level),
                None => targets.with_default(level),
            };
        }
        Ok(targets)
    }

    fn remark(text: &str) -> Option<String> {
        let words = items(text).filter(|directive| !directive.contains('='));
        let mut slips = words.filter_map(|word| {
            let lower = word.to_ascii_lowercase();
            if parse_level(word).is_some() {
                return None;
            }
            let meant = if lower == "warning" { Some("warn") } else { nearest(&lower, LEVELS.into_iter()) };
            meant.map(|meant| {
                let word = word.escape_debug();
                format!("in which `{word}` is taken for a target, as `{word}=trace`; did you mean `{meant}`?")
            })
        });
        slips.next()
    }
}

/// A level by its name or number. To `tracing` an empty one is `error`, which nobody means.
fn parse_level(text: &str) -> Option<LevelFilter> {
    (!text.is_empty()).then(|| text.parse().ok()).flatten()
}
