//! JSON, written straight into one buffer.
//!
//! Invariants: texts are escaped as RFC 8259 asks, and what is open is closed, so that any sequence of calls gives valid
//! JSON on one line. No member is an empty object or array: such ones are left out. Who writes an object sees to it that
//! no key stands twice.

use std::fmt::{self, Write as _};

/// An object that is being written.
pub(crate) struct Object<'a> {
    out: &'a mut String,
    empty: bool,
}

/// Writes an object.
pub(crate) fn object(out: &mut String, members: impl FnOnce(&mut Object<'_>)) {
    out.push('{');
    members(&mut Object { out, empty: true });
    out.push('}');
}

impl Object<'_> {
    /// A member that is text.
    pub(crate) fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        text(self.out, value);
    }

    /// A member that is a number or a boolean.
    pub(crate) fn bare(&mut self, key: &str, value: impl fmt::Display) {
        self.key(key);
        display(self.out, value);
    }

    /// A member whose text needs no escaping: an id, or a number of 64 bits.
    pub(crate) fn quoted(&mut self, key: &str, value: impl fmt::Display) {
        self.key(key);
        self.out.push('"');
        display(self.out, value);
        self.out.push('"');
    }

    /// A floating-point number: see [`float`].
    pub(crate) fn float(&mut self, key: &str, value: f64) {
        self.key(key);
        float(self.out, value);
    }

    /// An object; none where it would be empty.
    pub(crate) fn object(&mut self, key: &str, members: impl FnOnce(&mut Object<'_>)) {
        let (before, was_empty) = (self.out.len(), self.empty);
        self.key(key);
        object(self.out, members);
        if self.out.ends_with("{}") {
            self.out.truncate(before);
            self.empty = was_empty;
        }
    }

    /// An array of what `item` writes of each of `items`; none where there are none.
    pub(crate) fn array<T>(
        &mut self,
        key: &str,
        items: impl ExactSizeIterator<Item = T>,
        mut item: impl FnMut(&mut String, T),
    ) {
        if items.len() == 0 {
            return;
        }
        self.key(key);
        for (at, its) in items.enumerate() {
            self.out.push(if at == 0 { '[' } else { ',' });
            item(self.out, its);
        }
        self.out.push(']');
    }

    fn key(&mut self, key: &str) {
        if !self.empty {
            self.out.push(',');
        }
        self.empty = false;
        text(self.out, key);
        self.out.push(':');
    }
}

/// Text in quotes.
pub(crate) fn text(out: &mut String, value: &str) {
    out.push('"');
    let mut rest = value;
    // What needs no escape, which is nearly everything, is copied in one piece.
    while let Some(at) = rest.find(|c: char| c < ' ' || c == '"' || c == '\\') {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            byte @ (b'"' | b'\\') => out.extend(['\\', byte.into()]),
            byte => display(out, format_args!("\\u{byte:04x}")),
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

/// A floating-point number that reads back as the same one. JSON has none for the three that are not finite: they are
/// texts, as in protobuf's JSON.
pub(crate) fn float(out: &mut String, value: f64) {
    if value.is_finite() {
        display(out, format_args!("{value:?}"));
    } else if value.is_nan() {
        out.push_str("\"NaN\"");
    } else {
        out.push_str(if value > 0.0 { "\"Infinity\"" } else { "\"-Infinity\"" });
    }
}

fn display(out: &mut String, value: impl fmt::Display) {
    let _strings_take_all = write!(out, "{value}");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn parsed(json: &str) -> Value {
        serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
    }

    #[test]
    fn an_object_is_these_characters() {
        let mut out = String::new();
        object(&mut out, |object| {
            object.object("left out", |_| {});
            object.text("text", "a\"b\\\u{1}\n");
            object.object("left out", |_| {});
            object.bare("bare", -1);
            object.quoted("quoted", 2);
            object.object("object", |object| object.bare("in", true));
            object.array("left out", [0; 0].into_iter(), |_, _| {});
            object.array("array", [0.5, 1.0].into_iter(), float);
        });
        let expected =
            r#"{"text":"a\"b\\\u0001\n","bare":-1,"quoted":"2","object":{"in":true},"array":[0.5,1.0]}"#;
        assert_eq!(out, expected);
    }

    #[test]
    fn numbers_that_json_lacks_are_texts() {
        for (value, expected) in [
            (f64::NAN, json!("NaN")),
            (f64::INFINITY, json!("Infinity")),
            (f64::NEG_INFINITY, json!("-Infinity")),
        ] {
            let mut out = String::new();
            float(&mut out, value);
            assert_eq!(parsed(&out), expected);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_back(value in prop_oneof![any::<String>(), "[\\x00-\\x1f\"\\\\é☃\u{2028}]{0,20}"]) {
            let mut out = String::new();
            text(&mut out, &value);
            prop_assert!(!out.contains('\n'));
            prop_assert_eq!(parsed(&out), Value::String(value));
        }

        #[test]
        fn any_finite_number_is_read_back(value in proptest::num::f64::ANY.prop_filter("finite", |it| it.is_finite())) {
            let mut out = String::new();
            float(&mut out, value);
            prop_assert_eq!(parsed(&out).as_f64().map(f64::to_bits), Some(value.to_bits()));
        }
    }
}
