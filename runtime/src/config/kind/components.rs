//! Switches of components.

use super::{Kind, Reason, Shape, items};
use crate::Enabled;
use crate::config::near::nearest;

/// A list of components and what is on of each; of two with one name, the last one holds.
pub(crate) struct Components;

/// What may be said of a component.
const WORDS: [(&str, Enabled); 4] =
    [("on", Enabled::ALL), ("off", Enabled::NONE), ("spans", Enabled::SPANS), ("metrics", Enabled::METRICS)];

impl Kind for Components {
    type Value = Vec<(String, Enabled)>;
    const SHAPE: Shape = Shape::Table;
    const EXPECTS: &'static str =
        "a list as `cache=off,http=spans,db=metrics`, with `on`, `off`, `spans` or `metrics`";

    fn show(value: &Self::Value) -> String {
        let shown = value.iter().map(|(name, enabled)| format!("{}={enabled}", name.escape_debug()));
        shown.collect::<Vec<_>>().join(",")
    }

    fn parse(text: &str) -> Result<Self::Value, Reason> {
        let mut components = Vec::new();
        for item in items(text) {
            let (name, word) =
                item.rsplit_once('=').ok_or_else(|| format!("`{}` has no `=`", shown(item)))?;
            add(&mut components, item, name, word)?;
        }
        Ok(components)
    }

    fn from_pairs(pairs: Vec<(String, String)>) -> Result<Self::Value, Reason> {
        let mut components = Vec::new();
        for (name, word) in pairs {
            add(&mut components, &format!("{name}={word}"), &name, &word)?;
        }
        Ok(components)
    }
}

/// Adds what an item says.
fn add(components: &mut Vec<(String, Enabled)>, item: &str, name: &str, word: &str) -> Result<(), Reason> {
    let name = check_name(name).map_err(|reason| format!("`{}` {reason}", shown(item)))?;
    let enabled = parse_word(word).map_err(|remedy| format!("`{}` {remedy}", shown(item)))?;
    set(components, name, enabled);
    Ok(())
}

fn shown(item: &str) -> String {
    item.chars().take(60).flat_map(char::escape_debug).collect()
}

/// Sets a component's switch; one of the same name gives way.
pub(crate) fn set(components: &mut Vec<(String, Enabled)>, name: String, enabled: Enabled) {
    components.retain(|(other, _)| *other != name);
    components.push((name, enabled));
}

/// A component's name: what is wrong with it, to follow the item.
pub(crate) fn check_name(name: &str) -> Result<String, &'static str> {
    match name.trim() {
        "" => Err("has no component"),
        name if name.split('.').any(str::is_empty) => Err("has a component with an empty part between dots"),
        name => Ok(name.to_owned()),
    }
}

fn parse_word(word: &str) -> Result<Enabled, String> {
    let word = word.trim().to_ascii_lowercase();
    if let Some((_, enabled)) = WORDS.iter().find(|(known, _)| *known == word) {
        return Ok(*enabled);
    }
    let mut remedy = "has no value that is `on`, `off`, `spans` or `metrics`".to_owned();
    if let Some(meant) = nearest(&word, WORDS.iter().map(|(known, _)| *known)) {
        remedy += &format!("; did you mean `{meant}`?");
    }
    Err(remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_switched_as_a_whole_or_in_part() {
        let read = Components::parse(" cache = OFF ,persist.s3=spans,,db=metrics,cache=on").unwrap();
        let expected = [("persist.s3", Enabled::SPANS), ("db", Enabled::METRICS), ("cache", Enabled::ALL)];
        assert_eq!(read, expected.map(|(name, enabled)| (name.to_owned(), enabled)));
        assert_eq!(Components::show(&read), "persist.s3=spans,db=metrics,cache=on");
        let table =
            [("persist.s3", "off"), ("db", "on")].map(|(name, word)| (name.to_owned(), word.to_owned()));
        assert_eq!(
            Components::parse("persist.s3=off,db=on").unwrap(),
            Components::from_pairs(table.to_vec()).unwrap()
        );
    }

    #[test]
    fn a_bad_item_is_named_with_what_it_may_be() {
        for (text, expected) in [
            ("cache", "`cache` has no `=`"),
            ("=off", "`=off` has no component"),
            ("a..b=off", "`a..b=off` has a component with an empty part between dots"),
            ("a=on,cache=none", "`cache=none` has no value that is `on`, `off`, `spans` or `metrics`"),
            (
                "cache=metric",
                "`cache=metric` has no value that is `on`, `off`, `spans` or `metrics`; did you mean `metrics`?",
            ),
        ] {
            assert_eq!(Components::parse(text).unwrap_err(), expected, "{text}");
        }
    }
}
