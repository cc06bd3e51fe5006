//! The list of propagators.

use super::{Kind, Reason, Shape, items};
use crate::config::near::nearest;
use crate::propagation::Format;

/// Formats of propagation, each once; an empty list is `none`.
pub(crate) struct Propagators;

const KNOWN: [(&str, Format); 5] = [
    ("tracecontext", Format::TraceContext),
    ("baggage", Format::Baggage),
    ("b3", Format::B3),
    ("b3multi", Format::B3Multi),
    ("jaeger", Format::Jaeger),
];

impl Kind for Propagators {
    type Value = Vec<Format>;
    const SHAPE: Shape = Shape::List;
    const EXPECTS: &'static str =
        "a list of `tracecontext`, `baggage`, `b3`, `b3multi` and `jaeger`, or `none`";

    fn show(value: &Self::Value) -> String {
        if value.is_empty() {
            return "none".to_owned();
        }
        let name = |format| KNOWN.iter().find(|(_, known)| known == format).map_or("", |(name, _)| *name);
        value.iter().map(name).collect::<Vec<_>>().join(",")
    }

    fn parse(text: &str) -> Result<Self::Value, Reason> {
        let (mut formats, mut none, mut other) = (Vec::new(), false, None);
        for item in items(text) {
            let name = item.to_ascii_lowercase();
            if name == "none" {
                none = true;
                continue;
            }
            let Some((name, format)) = KNOWN.iter().find(|(known, _)| *known == name) else {
                return Err(unknown(item, &name, KNOWN.iter().map(|(known, _)| *known)));
            };
            other.get_or_insert(name);
            if !formats.contains(format) {
                formats.push(*format);
            }
        }
        match other {
            Some(other) if none => Err(format!("`none` and `{other}` exclude each other").into()),
            None if !none => Err("it names no propagator".into()),
            _ => Ok(formats),
        }
    }
}

fn unknown(item: &str, name: &str, known: impl Iterator<Item = &'static str>) -> Reason {
    let shown: String = item.chars().take(40).flat_map(char::escape_debug).collect();
    if matches!(name, "xray" | "ottrace") {
        return format!("`{shown}` is not supported").into();
    }
    match nearest(name, known) {
        Some(meant) => format!("`{shown}` is unknown; did you mean `{meant}`?").into(),
        None => format!("`{shown}` is unknown").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_in_their_order_and_each_once() {
        use Format::{B3, Baggage, TraceContext};
        assert_eq!(Propagators::parse(" B3, tracecontext,b3,baggage").unwrap(), [B3, TraceContext, Baggage]);
        assert_eq!(Propagators::parse("none").unwrap(), []);
        for text in ["b3,tracecontext,baggage", "jaeger,b3multi", "none"] {
            assert_eq!(Propagators::show(&Propagators::parse(text).unwrap()), text);
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let wrong = |text| Propagators::parse(text).unwrap_err().into_owned();
        assert_eq!(wrong("b3,none"), "`none` and `b3` exclude each other");
        assert_eq!(wrong(","), "it names no propagator");
        assert_eq!(wrong("tracecontex"), "`tracecontex` is unknown; did you mean `tracecontext`?");
        assert_eq!(wrong("xray"), "`xray` is not supported");
        assert_eq!(wrong("carrier pigeon"), "`carrier pigeon` is unknown");
    }
}
