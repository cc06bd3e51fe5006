//! What an expression asks for: enough of PromQL's syntax to find the series that are worth trying.
//!
//! It need not understand the expression. What it misreads leads to series that do not fire it, and that is said.

use std::time::Duration;

use super::rule::parse_duration;
use crate::promql::is_keyword;

/// What stands in an expression.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Asked {
    pub(super) selectors: Vec<Selector>,
    pub(super) numbers: Vec<f64>,
    /// The longest range or offset.
    pub(super) longest: Duration,
}

/// Series that are asked for, with label, operator and value of each matcher.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Selector {
    pub(super) name: String,
    pub(super) labels: Vec<(String, String, String)>,
}

/// Words before a list of labels.
const BEFORE_LABELS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];

impl Asked {
    pub(super) fn of(expr: &str) -> Self {
        let mut reader = Reader { rest: expr, asked: Self::default() };
        while reader.next() {}
        let mut asked = reader.asked;
        let mut seen = Vec::new();
        asked.selectors.retain(|selector| {
            let is_new = !seen.contains(selector);
            seen.push(Selector { name: selector.name.clone(), labels: selector.labels.clone() });
            is_new && !selector.name.is_empty()
        });
        asked
    }
}

struct Reader<'a> {
    rest: &'a str,
    asked: Asked,
}

impl<'a> Reader<'a> {
    /// Reads one token and notes what it says; false at the end.
    fn next(&mut self) -> bool {
        let Some(c) = self.rest.chars().next() else { return false };
        match c {
            '"' | '\'' | '`' => {
                self.string();
            }
            '[' => self.range(),
            '{' => {
                let labels = self.matchers();
                let name = labels.iter().find(|(label, operator, _)| label == "__name__" && operator == "=");
                let name = name.map(|(_, _, value)| value.clone()).unwrap_or_default();
                let labels = labels.into_iter().filter(|(label, _, _)| label != "__name__").collect();
                self.asked.selectors.push(Selector { name, labels });
            }
            '#' => {
                self.take(|c| c != '\n');
            }
            c if c.is_ascii_digit() => self.number(),
            c if is_word(c) => self.word(),
            c => self.rest = &self.rest[c.len_utf8()..],
        }
        true
    }

    fn take(&mut self, is_part: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn word(&mut self) {
        let word = self.take(is_word);
        self.take(char::is_whitespace);
        let is_called = self.rest.starts_with('(');
        if is_called && BEFORE_LABELS.contains(&word.to_ascii_lowercase().as_str()) {
            self.take(|c| c != ')');
        } else if !is_called && !is_keyword(word) {
            let labels = if self.rest.starts_with('{') { self.matchers() } else { Vec::new() };
            self.asked.selectors.push(Selector { name: word.to_owned(), labels });
        }
    }

    fn number(&mut self) {
        let text = self.take(|c| c.is_ascii_alphanumeric() || c == '.');
        match (text.parse(), parse_duration(text)) {
            (Ok(number), _) => self.asked.numbers.push(number),
            (Err(_), Ok(offset)) => self.asked.longest = self.asked.longest.max(offset),
            _ => {}
        }
    }

    /// `[5m]`, or `[1h:5m]` of a subquery.
    fn range(&mut self) {
        let inside = self.take(|c| c != ']').trim_start_matches('[');
        let range = inside.split(':').next().unwrap_or_default().trim();
        if let Ok(range) = parse_duration(range) {
            self.asked.longest = self.asked.longest.saturating_add(range);
        }
    }

    fn string(&mut self) -> String {
        let mut text = String::new();
        let mut chars = self.rest.char_indices();
        let quote = chars.next().map(|(_, c)| c);
        let mut is_escaped = false;
        for (at, c) in chars {
            match c {
                c if is_escaped => {
                    is_escaped = false;
                    text.push(if c == 'n' { '\n' } else { c });
                }
                '\\' if quote != Some('`') => is_escaped = true,
                c if Some(c) == quote => {
                    self.rest = &self.rest[at + c.len_utf8()..];
                    return text;
                }
                c => text.push(c),
            }
        }
        self.rest = "";
        text
    }

    /// `{label="value",…}`
    fn matchers(&mut self) -> Vec<(String, String, String)> {
        let mut all = Vec::new();
        self.rest = &self.rest[1..];
        loop {
            self.take(|c| c.is_whitespace() || c == ',');
            let label = self.take(is_word);
            self.take(char::is_whitespace);
            let operator = self.take(|c| "=!~".contains(c));
            self.take(char::is_whitespace);
            if label.is_empty() || operator.is_empty() || !self.rest.starts_with(['"', '\'', '`']) {
                self.rest = self.rest.strip_prefix('}').unwrap_or(self.rest);
                return all;
            }
            all.push((label.to_owned(), operator.to_owned(), self.string()));
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_numbers_and_ranges_are_found() {
        let asked = Asked::of(
            r#"sum by (le, a) (rate(x_bucket{path=~"a|}", b!='c'}[5m] offset 1h)) / on(job) group_left y:z > bool 0.05 and {__name__="w"} # z"#,
        );
        let names: Vec<_> = asked.selectors.iter().map(|selector| selector.name.as_str()).collect();
        assert_eq!(names, ["x_bucket", "y:z", "w"]);
        let matcher = |label: &str, operator: &str, value: &str| {
            (label.to_owned(), operator.to_owned(), value.to_owned())
        };
        assert_eq!(asked.selectors[0].labels, [matcher("path", "=~", "a|}"), matcher("b", "!=", "c")]);
        assert_eq!(asked.numbers, [0.05]);
        assert_eq!(asked.longest, Duration::from_secs(3600));
    }

    #[test]
    fn any_text_is_read_to_its_end() {
        for text in ["", "{", "{a", "{a=", "{a=\"", "\"\\", "[", "x{,}", "5mm", "é{é}", "by(", "1e999x"] {
            Asked::of(text);
        }
    }
}
