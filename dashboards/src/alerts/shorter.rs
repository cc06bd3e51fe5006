//! Rules that notice in seconds what otherwise takes hours, for trying them out.

use std::time::Duration;

use super::rule::{Rule, duration, parse_duration};

/// No range is shorter: of fewer scrapes there is no rate.
const SHORTEST: Duration = Duration::from_secs(10);

/// Makes all times of a rule so many times shorter: its ranges, and how long something has to be so.
pub(super) fn make(rule: &mut Rule, times: f64) {
    rule.hold = shortened(rule.hold, times);
    rule.expr = with_ranges(&rule.expr, |range| {
        let part = |text: &str| match parse_duration(text) {
            Ok(time) => duration(shortened(time, times).max(SHORTEST.min(time))),
            Err(_) => text.to_owned(),
        };
        match range.split_once(':') {
            Some((range, resolution)) => format!("{}:{}", part(range), part(resolution)),
            None => part(range),
        }
    });
}

/// In whole seconds, as they are written.
fn shortened(time: Duration, times: f64) -> Duration {
    Duration::from_secs(time.div_f64(times).as_secs())
}

/// The expression with other texts between its brackets. What is in quotes is no range.
fn with_ranges(expr: &str, change: impl Fn(&str) -> String) -> String {
    let mut made = String::new();
    let mut quote = None;
    let mut rest = expr;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        match quote {
            // Between backticks nothing is escaped.
            Some(open) if c == '\\' && open != '`' => {
                length += rest[length..].chars().next().map_or(0, char::len_utf8);
            }
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'' | '`') => quote = Some(c),
            None if c == '[' => {
                if let Some(end) = rest.find(']') {
                    made.push_str(&format!("[{}]", change(&rest[1..end])));
                    rest = &rest[end + 1..];
                    continue;
                }
            }
            _ => {}
        }
        made.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(expr: &str, hold: u64) -> (String, u64) {
        let mut rule = Rule::alert("Alert", expr.to_owned(), "warning").held(Duration::from_secs(hold));
        make(&mut rule, 20.0);
        (rule.expr, rule.hold.as_secs())
    }

    #[test]
    fn ranges_and_what_is_held_get_shorter() {
        assert_eq!(of("rate(a[5m]) > 1", 300), ("rate(a[15s]) > 1".to_owned(), 15));
        assert_eq!(of("max_over_time(rate(a[1h])[3d:1h])", 0).0, "max_over_time(rate(a[3m])[3h36m:3m])");
    }

    #[test]
    fn no_range_gets_too_short_for_a_rate_and_none_gets_longer() {
        assert_eq!(of("rate(a[1m]) + rate(a[5s])", 10), ("rate(a[10s]) + rate(a[5s])".to_owned(), 0));
    }

    #[test]
    fn what_is_in_quotes_is_no_range() {
        let expr = r#"rate(a{path=~"[5m]\"[5m]", other=`\`}[5m]) > 0 and é"#;
        assert_eq!(of(expr, 0).0, r#"rate(a{path=~"[5m]\"[5m]", other=`\`}[15s]) > 0 and é"#);
        assert_eq!(of("a[5m", 0).0, "a[5m");
    }
}
