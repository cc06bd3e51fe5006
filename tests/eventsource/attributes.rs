//! The attribute constants: their names, and their examples on a span and back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use eventsource::observability::attributes;
use serde_json::Value as Json;
use spanwright::span::AttributeValue;
use spanwright::testing::Captured;
use spanwright::{Attribute, Tracer};

use crate::guide::SEED;
use crate::table::{quoted, rows_of, workspace};

/// Records an example's value by a constant, as the type of that has it.
trait RoundTrip {
    fn key(&self) -> &'static str;
    fn examples(&self) -> &[&'static str];
    fn record(&self, example: &Json);
}

macro_rules! round_trip {
    ($($type:ty: $value:ident => $read:expr;)*) => {$(
        impl RoundTrip for Attribute<$type> {
            fn key(&self) -> &'static str {
                Attribute::key(self)
            }

            fn examples(&self) -> &[&'static str] {
                Attribute::examples(self)
            }

            fn record(&self, $value: &Json) {
                let value = $read.unwrap_or_else(|| panic!("`{}` is another type's: {}", self.key(), $value));
                Tracer::new("attributes").span(Attribute::key(self)).with(self, value).in_scope(|_| ());
            }
        }
    )*};
}

round_trip! {
    str: value => value.as_str();
    i64: value => value.as_i64();
    bool: value => value.as_bool();
}

macro_rules! constants {
    ($($name:ident)*) => {
        /// All constants of the module, by their names.
        fn constants() -> BTreeMap<&'static str, &'static dyn RoundTrip> {
            BTreeMap::from([$((stringify!($name), &attributes::$name as &dyn RoundTrip),)*])
        }
    };
}

constants! {
    ATTR_AGGREGATE_ID ATTR_AGGREGATE_TYPE ATTR_EVENT_ID ATTR_EVENT_TYPE ATTR_EVENT_COUNT ATTR_VERSION
    ATTR_EXPECTED_VERSION ATTR_FROM_VERSION ATTR_TENANT_ID ATTR_ACTOR_ID ATTR_PROJECTION_NAME ATTR_HANDLER_NAME
    ATTR_HANDLER_COUNT ATTR_HANDLER_SUCCESS ATTR_STREAM_ID ATTR_POSITION ATTR_DB_SYSTEM ATTR_DB_NAME
    ATTR_DB_OPERATION ATTR_MESSAGING_SYSTEM ATTR_MESSAGING_DESTINATION ATTR_MESSAGING_OPERATION
    ATTR_SUBSCRIPTION_NAME ATTR_SUBSCRIPTION_STATE ATTR_SUBSCRIPTION_PHASE ATTR_FROM_POSITION ATTR_TO_POSITION
    ATTR_BATCH_SIZE ATTR_EVENTS_PROCESSED ATTR_RETRY_COUNT ATTR_ERROR_TYPE
}

#[spanwright::test]
fn each_constant_has_its_name_and_its_example_comes_back(telemetry: Captured) {
    let mut constants = constants();
    let mut expected = Vec::new();
    for row in rows_of(SEED, "attribute constant") {
        let [name, key, examples] = quoted(&row.item)[..] else { panic!("{}", row.item) };
        let constant = constants.remove(name).unwrap_or_else(|| panic!("there is no {name}"));
        assert_eq!(constant.key(), key, "{name}");
        let examples: Vec<Json> = serde_json::from_str(&format!("[{examples}]")).expect("examples are JSON");
        let text = |example: &Json| example.as_str().map_or_else(|| example.to_string(), str::to_owned);
        assert_eq!(constant.examples(), examples.iter().map(text).collect::<Vec<_>>(), "{name}");
        for example in examples {
            constant.record(&example);
            expected.push((key.to_owned(), example));
        }
    }
    assert_eq!(constants.keys().collect::<Vec<_>>(), Vec::<&&str>::new(), "the guide has no such constants");
    let recorded: Vec<_> = telemetry
        .spans()
        .iter()
        .map(|span| {
            let value = match span.attribute(&span.name).expect("it is called like its attribute") {
                AttributeValue::Bool(value) => Json::from(*value),
                AttributeValue::I64(value) => Json::from(*value),
                AttributeValue::F64(value) => Json::from(*value),
                AttributeValue::Str(value) => Json::from(&**value),
            };
            (span.name.to_string(), value)
        })
        .collect();
    assert_eq!(recorded, expected);
}

/// The files of the library's source.
fn sources() -> Vec<(String, String)> {
    let mut folders = vec![workspace().join("examples/eventsource/core/src")];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("it is a folder") {
            let path = entry.expect("it is there").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(&path).expect("sources are text");
                sources.push((path.display().to_string(), text));
            }
        }
    }
    sources
}

#[test]
fn the_constants_are_used_in_place_of_literals() {
    let keys: BTreeSet<_> = constants().values().map(|constant| constant.key()).collect();
    let sources = sources();
    assert!(sources.iter().any(|(path, _)| path.ends_with("observability/attributes.rs")));
    for (path, text) in sources.iter().filter(|(path, _)| !path.ends_with("attributes.rs")) {
        // What is in comments, and names of spans and targets, are no keys.
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for key in &keys {
                assert!(!line.contains(&format!("\"{key}\"")), "{path} has the literal {key}: {line}");
            }
        }
    }
    for name in constants().keys() {
        let users = sources.iter().filter(|(_, text)| text.contains(name)).count();
        let in_a_set = sources.iter().any(|(path, text)| {
            let field = format!("{}:", name.trim_start_matches("ATTR_").to_ascii_lowercase());
            !path.ends_with("attributes.rs") && text.contains(&field)
        });
        assert!(users > 0 || in_a_set, "nobody uses {name}");
    }
}
