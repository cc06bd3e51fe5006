//! YAML scalars: whatever the text is, it is read again as it was.
//!
//! The files that are written have a fixed shape, so only the texts in them need care.

/// Words that some reader takes for something else than text.
const RESERVED: [&str; 11] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"];

/// A text as a scalar; `indent` is that of the lines of a text with several.
pub(crate) fn scalar(text: &str, indent: usize) -> String {
    if is_plain(text) {
        text.to_owned()
    } else if text.chars().all(is_printable) {
        format!("'{}'", text.replace('\'', "''"))
    } else if is_tidy(text) {
        let pad = " ".repeat(indent);
        let lines =
            text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("\n{pad}{line}") });
        format!("|-{}", lines.collect::<String>())
    } else {
        escaped(text)
    }
}

fn is_plain(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !RESERVED.contains(&text.to_ascii_lowercase().as_str())
}

/// Whether it can stand as a block, line by line.
fn is_tidy(text: &str) -> bool {
    text.split('\n').all(|line| line.chars().all(is_printable) && line.trim_end() == line)
        && !text.starts_with([' ', '\n'])
        && !text.ends_with('\n')
}

/// What YAML 1.1 and 1.2 take as it is, and no reader for the end of a line.
fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}'
        | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}

/// A text in quotes, in one line.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => escaped.extend(['\\', c]),
            '\n' => escaped.push_str("\\n"),
            '\t' => escaped.push_str("\\t"),
            c if is_printable(c) => escaped.push(c),
            c => escaped.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    escaped.push('"');
    escaped
}

/// A text as a comment of any number of lines.
pub(crate) fn comment(text: &str) -> String {
    let printable =
        |line: &str| line.chars().map(|c| if is_printable(c) { c } else { ' ' }).collect::<String>();
    text.split('\n').map(|line| format!("# {}\n", printable(line).trim_end())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_written_as_plainly_as_it_can_be() {
        for (text, written) in [
            ("ShopDown", "ShopDown"),
            ("yes", "'yes'"),
            ("", "''"),
            ("it's: #1", "'it''s: #1'"),
            ("a\nb\n\nc", "|-\n  a\n  b\n\n  c"),
            (" a\nb", "\" a\\nb\""),
            ("a\u{0}\u{2028}\"", "\"a\\U00000000\\U00002028\\\"\""),
        ] {
            assert_eq!(scalar(text, 2), written);
        }
    }

    #[test]
    fn a_comment_stays_one() {
        assert_eq!(comment("a\nb\rc"), "# a\n# b c\n");
    }
}
