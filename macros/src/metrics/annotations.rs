//! What a metric tells dashboards and alerts.

use std::str::Chars;

use proc_macro2::{Ident, Span};
use syn::LitStr;

use super::parse::{AlertArgs, PanelArgs, PanelKind, ThresholdArgs};
use crate::args::{Arg, Decimal, Each, Eq, Within, Written};
use crate::errors::Errors;
use crate::naming::{self, Case};

/// How a dashboard shows a metric.
pub(super) struct Panel {
    pub(super) dashboard: String,
    pub(super) title: String,
    pub(super) row: String,
    pub(super) kind: Option<PanelKind>,
    /// Where the kind is written.
    pub(super) kind_at: Option<Span>,
    pub(super) is_hidden: bool,
}

/// From where on values are bad.
pub(super) struct Threshold {
    pub(super) warning: Option<f64>,
    pub(super) critical: Option<f64>,
}

/// A rule that tells somebody.
pub(super) struct Alert {
    pub(super) name: String,
    /// Whether the name is that of the metric, which may have more in front where the struct is flattened.
    pub(super) is_metrics: bool,
    pub(super) condition: Condition,
    pub(super) hold: String,
    pub(super) severity: &'static str,
    pub(super) summary: String,
    /// Where it is written, and where its quantile is.
    pub(super) at: Span,
    pub(super) quantile_at: Option<Span>,
}

pub(super) enum Condition {
    When { comparison: &'static str, value: f64, quantile: Option<f64> },
    Expr(String),
}

/// Comparisons beside what the runtime calls them. The longer ones first, since the others begin them.
const COMPARISONS: [(&str, &str); 6] = [
    (">=", "AtLeast"),
    ("<=", "AtMost"),
    ("==", "Equal"),
    ("!=", "NotEqual"),
    (">", "Above"),
    ("<", "Below"),
];

/// Severities beside what the runtime calls them.
const SEVERITIES: [(&str, &str); 3] = [("info", "Info"), ("warning", "Warning"), ("critical", "Critical")];

pub(super) fn panel(written: Written<Within<PanelArgs>>, errors: &mut Errors) -> Panel {
    let PanelArgs { dashboard, title, row, kind, hidden } = written.value.0;
    let says_nothing = [&dashboard, &title, &row].iter().all(|text| text.is_none());
    if says_nothing && kind.is_none() && hidden.is_none() && errors.is_empty() {
        errors
            .at(written.key.span(), "this panel says nothing: write `panel(title = \"…\")`, or leave it out");
    }
    if let (Some(dashboard), Some(hidden)) = (&dashboard, &hidden) {
        let message = "a hidden panel is on no dashboard: write one of them";
        errors.between(dashboard.key.span(), hidden.key.span(), message);
    }
    let [dashboard, title, row] =
        [dashboard, title, row].map(|text| text.map(|text| text.value.0.0.value()).unwrap_or_default());
    Panel {
        dashboard,
        title,
        row,
        kind_at: kind.as_ref().map(|kind| kind.key.span()),
        kind: kind.map(|kind| kind.value.0),
        is_hidden: hidden.is_some(),
    }
}

pub(super) fn threshold(written: Written<Within<ThresholdArgs>>, errors: &mut Errors) -> Threshold {
    let ThresholdArgs { warning, critical } = written.value.0;
    let [warning, critical] = [warning, critical].map(|number| number.map(|number| number.value.0));
    match (&warning, &critical) {
        (None, None) if errors.is_empty() => {
            let message = "a threshold has at least one number: write `threshold(warning = 0.8)`";
            errors.at(written.key.span(), message);
        }
        (Some(warning), Some(critical)) if warning.value == critical.value => {
            let message = "warning and critical are the same number: leave one of them out";
            errors.between(warning.at, critical.at, message);
        }
        _ => {}
    }
    let [warning, critical] = [warning, critical].map(|number| number.map(|number| number.value));
    Threshold { warning, critical }
}

/// The alerts on a metric of that name.
pub(super) fn alerts(metric: &str, written: Arg<Each<Within<AlertArgs>>>, errors: &mut Errors) -> Vec<Alert> {
    let all = written.map(|all| all.value.0).unwrap_or_default();
    all.into_iter().map(|one| alert(metric, one, errors)).collect()
}

/// Each alert has a name of its own in the struct.
pub(super) fn check_names<'a>(alerts: impl Iterator<Item = &'a Alert>, errors: &mut Errors) {
    let mut earlier: Vec<&Alert> = Vec::new();
    for alert in alerts {
        if let Some(first) = earlier.iter().find(|first| first.name == alert.name) {
            let message = format!("two alerts are called `{}`: give one of them a `name`", alert.name);
            errors.between(first.at, alert.at, message);
        }
        earlier.push(alert);
    }
}

fn alert(metric: &str, Written { key, value }: Written<Within<AlertArgs>>, errors: &mut Errors) -> Alert {
    let AlertArgs { when, expr, hold, severity, name, summary, quantile } = value.0;
    let quantile_at = quantile.as_ref().map(|quantile| quantile.key.span());
    let condition = condition(
        &key,
        [when, expr].map(|text| text.map(|text| (text.key, text.value.0.0))),
        quantile,
        errors,
    );
    let hold = hold.map(|hold| hold.value.0.0);
    if let Some(hold) = hold.as_ref().filter(|hold| !is_duration(&hold.value())) {
        let message = format!("`{}` is no duration of Prometheus': write `5m` or `1h30m`", hold.value());
        errors.at(hold.span(), message);
    }
    let is_metrics = name.is_none();
    let (name, at) = match name.map(|name| name.value.0.0) {
        Some(name) => {
            if !naming::is_prometheus_name(&name.value()) {
                let message = format!(
                    "`{}` is no name of an alert: use letters, digits and `_`, and no digit in front",
                    name.value()
                );
                errors.at(name.span(), message);
            }
            (name.value(), name.span())
        }
        None => (Case::Pascal.apply(metric), key.span()),
    };
    Alert {
        name,
        is_metrics,
        condition,
        hold: hold.map(|hold| hold.value()).unwrap_or_default(),
        severity: severity.map_or("Warning", |severity| self::severity(&severity.value.0.0, errors)),
        summary: summary.map(|summary| summary.value.0.0.value()).unwrap_or_default(),
        at,
        quantile_at,
    }
}

fn severity(written: &LitStr, errors: &mut Errors) -> &'static str {
    let text = written.value();
    let known = SEVERITIES.iter().find(|(name, _)| *name == text);
    if known.is_none() {
        let suggestion = naming::suggestion(&text, &SEVERITIES.map(|(name, _)| name), "severities");
        errors.at(written.span(), format_args!("unknown severity `{text}`; {suggestion}"));
    }
    known.map_or("Warning", |(_, variant)| variant)
}

fn condition(
    key: &Ident,
    [when, expr]: [Option<(Ident, LitStr)>; 2],
    quantile: Arg<Eq<Decimal>>,
    errors: &mut Errors,
) -> Condition {
    let nothing = Condition::Expr(String::new());
    let quantile = quantile.map(|quantile| (quantile.key, quantile.value.0));
    if let Some((_, quantile)) =
        quantile.as_ref().filter(|(_, quantile)| !(0.0..=1.0).contains(&quantile.value))
    {
        let message = format!("a quantile is from 0 to 1, and `{}` is not", quantile.value);
        errors.at(quantile.at, message);
    }
    match (when, expr, quantile) {
        (Some((when, _)), Some((expr, _)), _) => {
            let message = "`when` compares the metric and `expr` is PromQL of your own: write one of them";
            errors.between(when.span(), expr.span(), message);
            nothing
        }
        (None, None, _) => {
            if errors.is_empty() {
                let message = "this alert waits for nothing: write `alert(when = \"> 100\")`, or `expr`";
                errors.at(key.span(), message);
            }
            nothing
        }
        (None, Some(_), Some((key, _))) => {
            errors.at(key.span(), "`quantile` belongs to `when`: write it into the expression");
            nothing
        }
        (None, Some((_, expr)), None) => {
            if !names_metric(&expr.value()) {
                let message = "the expression is not about this metric: write `$metric` for its name";
                errors.at(expr.span(), message);
            } else if let Some(open) = unbalanced(&expr.value()) {
                let message = format!("Prometheus can't read this expression: `{open}` has no counterpart");
                errors.at(expr.span(), message);
            }
            Condition::Expr(expr.value())
        }
        (Some((_, when)), None, quantile) => match comparison(&when.value()) {
            Some((comparison, value)) => {
                Condition::When { comparison, value, quantile: quantile.map(|(_, quantile)| quantile.value) }
            }
            None => {
                let message = format!(
                    "`{}` is no comparison: write `>`, `>=`, `<`, `<=`, `==` or `!=`, and a number",
                    when.value()
                );
                errors.at(when.span(), message);
                nothing
            }
        },
    }
}

/// `> 1000`
fn comparison(text: &str) -> Option<(&'static str, f64)> {
    let text = text.trim();
    let (rest, variant) =
        COMPARISONS.iter().find_map(|(operator, variant)| Some((text.strip_prefix(operator)?, *variant)))?;
    let number = rest.trim();
    // Not `inf` and `nan`, which a number may be to Rust.
    let is_plain = number.chars().all(|one| one.is_ascii_digit() || "+-.eE_".contains(one));
    let value: f64 =
        number.replace('_', "").parse().ok().filter(|value: &f64| is_plain && value.is_finite())?;
    Some((variant, value))
}

/// Whether an expression has `$metric` in it as a word.
fn names_metric(expr: &str) -> bool {
    let is_part = |one: char| one.is_ascii_alphanumeric() || one == '_';
    expr.split("$metric").skip(1).any(|behind| !behind.starts_with(is_part))
}

/// A bracket or a quotation mark without its counterpart. Brackets in strings are text, and what is behind a `#` is a comment.
pub(super) fn unbalanced(expr: &str) -> Option<char> {
    let mut open = Vec::new();
    let mut characters = expr.chars();
    while let Some(one) = characters.next() {
        match one {
            '(' => open.push((one, ')')),
            '[' => open.push((one, ']')),
            '{' => open.push((one, '}')),
            ')' | ']' | '}' if open.pop().is_none_or(|(_, close)| close != one) => return Some(one),
            '"' | '\'' | '`' if !ends_string(&mut characters, one) => return Some(one),
            '#' => characters.by_ref().find(|one| *one == '\n').map_or((), drop),
            _ => {}
        }
    }
    open.pop().map(|(open, _)| open)
}

/// Reads to the end of a string; without escapes between backquotes.
fn ends_string(characters: &mut Chars<'_>, quote: char) -> bool {
    while let Some(one) = characters.next() {
        if one == quote {
            return true;
        }
        if one == '\\' && quote != '`' {
            characters.next();
        }
    }
    false
}

/// Whether Prometheus takes it for a duration: numbers with units, the greatest first, each unit once, and no more nanoseconds
/// than 63 bits hold.
///
/// Source: [durations](https://prometheus.io/docs/prometheus/latest/configuration/configuration/) in its configuration.
fn is_duration(text: &str) -> bool {
    if text == "0" {
        return true;
    }
    let units = [
        ("y", 31_536_000_000_u64),
        ("w", 604_800_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
        ("ms", 1),
    ];
    let mut units = units.iter();
    let mut rest = text;
    let mut millis = 0_u64;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let behind = &rest[digits..];
        let unit = behind.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (number, unit_text) = (rest[..digits].parse::<u64>(), &behind[..unit]);
        let (Ok(number), Some((_, each))) = (number, units.find(|(known, _)| *known == unit_text)) else {
            return false;
        };
        millis = millis.saturating_add(number.saturating_mul(*each));
        rest = &behind[unit..];
    }
    !text.is_empty() && millis <= i64::MAX as u64 / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_prometheus() {
        for good in ["0", "292y", "106751d", "5m", "1h30m", "500ms", "1y2w3d4h5m6s7ms", "90s"] {
            assert!(is_duration(good), "{good}");
        }
        for bad in [
            "293y",
            "99999999999999999999y",
            "",
            "5",
            "5 m",
            "30m1h",
            "5m5m",
            "m",
            "1.5h",
            "5min",
            "-5m",
            "5ｍ",
        ] {
            assert!(!is_duration(bad), "{bad}");
        }
    }

    #[test]
    fn expressions_are_about_the_metric_and_can_be_read() {
        for (expr, is_named) in [
            ("rate($metric[5m]) > 1", true),
            ("$metrics > 1", false),
            ("$metric_total > 1", false),
            ("$metrics + $metric", true),
            ("up", false),
        ] {
            assert_eq!(names_metric(expr), is_named, "{expr}");
        }
        for (expr, open) in [
            ("sum(rate($metric{a=\"(\", b='\\'', c=`\\`}[5m])) > 1 # :)", None),
            ("rate($metric[5m]) > (((", Some('(')),
            ("rate($metric[5m)]", Some(')')),
            ("$metric}", Some('}')),
            ("$metric{a=\"b}", Some('"')),
        ] {
            assert_eq!(unbalanced(expr), open, "{expr}");
        }
    }

    #[test]
    fn comparisons_are_an_operator_and_a_number() {
        for (text, expected) in [
            ("> 1000", Some(("Above", 1000.0))),
            (">=1_000", Some(("AtLeast", 1000.0))),
            (" <= -0.5 ", Some(("AtMost", -0.5))),
            ("< 1e-3", Some(("Below", 1e-3))),
            ("== 6", Some(("Equal", 6.0))),
            ("!= 3", Some(("NotEqual", 3.0))),
            ("1000", None),
            ("> ", None),
            ("> inf", None),
            ("> nan", None),
            ("=> 5", None),
            ("> 5m", None),
            ("> 1e999", None),
            ("", None),
        ] {
            assert_eq!(comparison(text), expected, "{text}");
        }
    }
}
