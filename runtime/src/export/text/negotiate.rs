//! Content negotiation by the `Accept` header: RFC 9110, sections 5.6 and 12.5.1.

use super::Format;

/// A format's media type and version.
const OFFERS: [Offer; 2] = [
    Offer { format: Format::PrometheusText, kind: "text", subtype: "plain", version: "0.0.4" },
    Offer { format: Format::OpenMetrics, kind: "application", subtype: "openmetrics-text", version: "1.0.0" },
];

struct Offer {
    format: Format,
    kind: &'static str,
    subtype: &'static str,
    version: &'static str,
}

/// How much a format is wanted: the quality, then how specific the range was that gave it.
#[derive(Clone, Copy, Default, PartialEq, PartialOrd)]
struct Wanted {
    quality: f32,
    specificity: u8,
}

pub(super) fn negotiate(accept: &str) -> Format {
    let (mut best, mut best_wanted) = (Format::PrometheusText, Wanted::default());
    for offer in &OFFERS {
        let wanted = offer.wanted(accept);
        // The first of equals stays: Prometheus' text.
        if wanted.quality > 0.0 && wanted > best_wanted {
            (best, best_wanted) = (offer.format, wanted);
        }
    }
    best
}

impl Offer {
    /// The most specific range that covers the offer decides its quality; of several such, the kindest.
    fn wanted(&self, accept: &str) -> Wanted {
        split(accept, ',')
            .filter_map(Range::parse)
            .filter_map(|range| Some(Wanted { quality: range.quality, specificity: range.covers(self)? }))
            .fold(Wanted::default(), |best, next| {
                let closer = next.specificity > best.specificity;
                let kinder = next.specificity == best.specificity && next.quality > best.quality;
                if closer || kinder { next } else { best }
            })
    }
}

/// One element of the header.
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    version: Option<&'a str>,
    quality: f32,
}

impl<'a> Range<'a> {
    /// Nothing for what is not a media range: such an element is ignored.
    fn parse(element: &'a str) -> Option<Self> {
        let mut parts = split(element, ';');
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let mut range = Self { kind: kind.trim(), subtype: subtype.trim(), version: None, quality: 1.0 };
        for parameter in parts {
            let Some((name, value)) = parameter.split_once('=') else { continue };
            let value = value.trim().trim_matches('"');
            if name.trim().eq_ignore_ascii_case("version") {
                range.version = Some(value);
            } else if name.trim().eq_ignore_ascii_case("q") {
                range.quality = value.parse().ok().filter(|quality| (0.0..=1.0).contains(quality))?;
            }
        }
        Some(range)
    }

    /// How specifically the range names the offer, from 1; nothing where it does not cover it.
    fn covers(&self, offer: &Offer) -> Option<u8> {
        match (self.kind, self.subtype) {
            ("*", "*") => Some(1),
            (kind, "*") if kind.eq_ignore_ascii_case(offer.kind) => Some(2),
            (kind, subtype)
                if kind.eq_ignore_ascii_case(offer.kind) && subtype.eq_ignore_ascii_case(offer.subtype) =>
            {
                match self.version {
                    None => Some(3),
                    Some(version) if version == offer.version => Some(4),
                    Some(_) => None,
                }
            }
            _ => None,
        }
    }
}

/// Splits at `separator`, but not within a quoted string.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let mut escaped = false;
    text.split(move |c| {
        let was_escaped = std::mem::take(&mut escaped);
        match c {
            '\\' if quoted && !was_escaped => escaped = true,
            '"' if !was_escaped => quoted = !quoted,
            _ => {}
        }
        c == separator && !quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_format_is_the_one_that_is_wanted_most() {
        use Format::{OpenMetrics, PrometheusText};
        let prometheus_2 = "application/openmetrics-text;version=1.0.0;q=0.5,\
            application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        let prometheus_3 = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
            application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
            text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
        for (accept, format) in [
            (prometheus_2, OpenMetrics),
            (prometheus_3, OpenMetrics),
            (browser, PrometheusText),
            ("", PrometheusText),
            ("*/*", PrometheusText),
            ("text/*", PrometheusText),
            ("application/openmetrics-text", OpenMetrics),
            ("APPLICATION/OpenMetrics-Text ; Version=1.0.0 ; Q=1", OpenMetrics),
            ("application/openmetrics-text; version=\"1.0.0\"", OpenMetrics),
            ("application/openmetrics-text; version=0.0.1", PrometheusText),
            ("application/openmetrics-text; version=2.0.0, */*;q=0.1", PrometheusText),
            ("application/openmetrics-text;q=0", PrometheusText),
            ("application/openmetrics-text;q=0, application/*", PrometheusText),
            ("application/openmetrics-text;q=0.3, text/plain;q=0.7", PrometheusText),
            ("application/openmetrics-text;q=0.701, text/plain;q=0.7", OpenMetrics),
            ("text/plain, application/openmetrics-text", PrometheusText),
            ("text/plain, application/openmetrics-text;version=1.0.0", OpenMetrics),
            ("application/openmetrics-text;q=0.5, */*;q=0.5", OpenMetrics),
            ("text/plain;q=0, */*", OpenMetrics),
            ("text/plain;version=9, application/openmetrics-text;q=0.1", OpenMetrics),
            ("application/json", PrometheusText),
        ] {
            assert_eq!(negotiate(accept), format, "{accept}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_ignored() {
        for accept in
            [",,;;", "nonsense", "/", ";q=1", "application/openmetrics-text;q=much", "a/b;q=NaN", "\""]
        {
            assert_eq!(negotiate(accept), Format::PrometheusText, "{accept}");
        }
        assert_eq!(
            negotiate("a/b;x=\"1,text/plain\";q=0.9,application/openmetrics-text"),
            Format::OpenMetrics
        );
        assert_eq!(negotiate(r#"a/b;x="\"," , application/openmetrics-text"#), Format::OpenMetrics);
        assert_eq!(negotiate("text/plain;q=2, application/openmetrics-text;q=0.1"), Format::OpenMetrics);
    }

    proptest! {
        #[test]
        fn no_header_is_an_error(accept: String) {
            let _any = negotiate(&accept);
        }
    }
}
