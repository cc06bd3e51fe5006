//! Content negotiation by the `Accept` header: RFC 9110, sections 5.6 and 12.5.1.

use super::Format;

/// The formats; of equals the first one is given.
const OFFERS: [Offer; 3] = [
    Offer {
        format: Format::PrometheusText,
        kind: "text",
        subtype: "plain",
        parameters: &[("version", "0.0.4")],
        is_for_all: true,
    },
    Offer {
        format: Format::OpenMetrics,
        kind: "application",
        subtype: "openmetrics-text",
        parameters: &[("version", "1.0.0")],
        is_for_all: true,
    },
    Offer {
        format: Format::PrometheusProtobuf,
        kind: "application",
        subtype: "vnd.google.protobuf",
        parameters: &[("proto", "io.prometheus.client.MetricFamily"), ("encoding", "delimited")],
        is_for_all: false,
    },
];

/// A format's media type.
struct Offer {
    format: Format,
    kind: &'static str,
    subtype: &'static str,
    /// What a range must not contradict.
    parameters: &'static [(&'static str, &'static str)],
    /// Whether it is given to those who ask for anything; else only to those who name it with all parameters. Other
    /// messages and encodings have the same media type.
    is_for_all: bool,
}

/// How much a format is wanted: the quality, then how specific the range was that gave it.
#[derive(Clone, Copy, Default, PartialEq, PartialOrd)]
struct Wanted {
    quality: f32,
    specificity: usize,
}

pub(super) fn negotiate(accept: &str) -> Format {
    let (mut best, mut best_wanted) = (Format::PrometheusText, Wanted::default());
    for offer in &OFFERS {
        let wanted = offer.wanted(accept);
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
    quality: f32,
    /// The element, in which its parameters are.
    element: &'a str,
}

impl<'a> Range<'a> {
    /// Nothing for what is not a media range: such an element is ignored.
    fn parse(element: &'a str) -> Option<Self> {
        let (kind, subtype) = split(element, ';').next()?.split_once('/')?;
        let mut range = Self { kind: kind.trim(), subtype: subtype.trim(), quality: 1.0, element };
        for (name, value) in range.parameters() {
            if name.eq_ignore_ascii_case("q") {
                range.quality = value.parse().ok().filter(|quality| (0.0..=1.0).contains(quality))?;
            }
        }
        Some(range)
    }

    fn parameters(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let parameters = split(self.element, ';').skip(1).filter_map(|parameter| parameter.split_once('='));
        parameters.map(|(name, value)| (name.trim(), value.trim().trim_matches('"')))
    }

    /// How specifically the range names the offer, from 1; nothing where it does not cover it.
    fn covers(&self, offer: &Offer) -> Option<usize> {
        let is_kind = self.kind.eq_ignore_ascii_case(offer.kind);
        match (self.kind, self.subtype) {
            ("*", "*") => offer.is_for_all.then_some(1),
            (_, "*") if is_kind => offer.is_for_all.then_some(2),
            (_, subtype) if is_kind && subtype.eq_ignore_ascii_case(offer.subtype) => {
                let matching = self.matching(offer)?;
                (offer.is_for_all || matching == offer.parameters.len()).then_some(3 + matching)
            }
            _ => None,
        }
    }

    /// How many of the offer's parameters are named; nothing where one of them is another than the offer's.
    fn matching(&self, offer: &Offer) -> Option<usize> {
        let mut matching = 0;
        for (name, value) in self.parameters() {
            let its = offer.parameters.iter().find(|(its_name, _)| name.eq_ignore_ascii_case(its_name));
            match its {
                Some((_, its_value)) if value == *its_value => matching += 1,
                Some(_) => return None,
                None => {}
            }
        }
        Some(matching)
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
        use Format::{OpenMetrics, PrometheusProtobuf, PrometheusText};
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
        for (accept, format) in [
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
            (DELIMITED, PrometheusProtobuf),
            (
                "application/vnd.google.protobuf; proto=\"io.prometheus.client.MetricFamily\"; encoding=\"delimited\"",
                PrometheusProtobuf,
            ),
            (
                "text/plain, application/vnd.google.protobuf;encoding=delimited;proto=io.prometheus.client.MetricFamily",
                PrometheusProtobuf,
            ),
        ] {
            assert_eq!(negotiate(accept), format, "{accept}");
        }
    }

    const DELIMITED: &str =
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

    #[test]
    fn prometheus_gets_what_it_wants_most() {
        use Format::{OpenMetrics, PrometheusProtobuf, PrometheusText};
        let utf8 = "escaping=allow-utf-8";
        for (accept, format) in [
            // 2.42, taken from its requests; with the feature `native-histograms`.
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                    text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
                    .to_owned(),
                OpenMetrics,
            ),
            (
                format!(
                    "{DELIMITED},application/openmetrics-text;version=1.0.0;q=0.8,\
                        application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
                ),
                PrometheusProtobuf,
            ),
            // 2.49 and later, whose order is configured with `scrape_protocols`.
            (
                "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,\
                    text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
                    .to_owned(),
                OpenMetrics,
            ),
            (
                format!(
                    "{DELIMITED};q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,\
                        application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
                ),
                PrometheusProtobuf,
            ),
            (
                format!("text/plain;version=0.0.4;q=0.5,{DELIMITED};q=0.4,application/openmetrics-text;version=0.0.1;q=0.3,\
                    application/openmetrics-text;version=1.0.0;q=0.2,*/*;q=0.1"),
                PrometheusText,
            ),
            // 3.x.
            (
                format!(
                    "application/openmetrics-text;version=1.0.0;{utf8};q=0.6,\
                        application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;{utf8};q=0.4,\
                        text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
                ),
                OpenMetrics,
            ),
            (
                format!(
                    "{DELIMITED};q=0.7,application/openmetrics-text;version=1.0.0;{utf8};q=0.6,\
                        application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;{utf8};q=0.4,\
                        text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
                ),
                PrometheusProtobuf,
            ),
            (
                format!(
                    "text/plain;version=1.0.0;{utf8};q=0.6,text/plain;version=0.0.4;q=0.5,\
                        application/openmetrics-text;version=1.0.0;{utf8};q=0.4,*/*;q=0.3"
                ),
                PrometheusText,
            ),
        ] {
            assert_eq!(negotiate(&accept), format, "{accept}");
        }
    }

    #[test]
    fn protobuf_is_for_those_who_name_it() {
        for accept in [
            "application/vnd.google.protobuf",
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily",
            "application/vnd.google.protobuf;encoding=delimited",
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=compact-text",
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricSet;encoding=delimited",
        ] {
            assert_eq!(negotiate(accept), Format::PrometheusText, "{accept}");
            let other = format!("{accept}, application/openmetrics-text;q=0.1");
            assert_eq!(negotiate(&other), Format::OpenMetrics, "{other}");
        }
        // Whoever takes anything but the texts gets one all the same.
        let no_text = "text/plain;q=0, application/openmetrics-text;q=0, */*";
        assert_eq!(negotiate(no_text), Format::PrometheusText);
        assert_eq!(negotiate("application/*"), Format::OpenMetrics);
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
