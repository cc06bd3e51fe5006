//! What a recording shows, as a page for browsers: one file that loads nothing, without scripts.
//!
//! Every text passes [`Page::text`], which escapes it, and the policy in the page's head allows nothing but its own style.

mod charts;
mod sections;

use std::fmt::Write;

use spanwright_recording::Reader;

use super::super::problems;
use super::super::times::{bytes, date, duration};
use super::Analysis;
use super::compare::{Change, Comparison};
use super::findings::{Finding, Number};

const STYLE: &str = include_str!("style.css");
/// The style's SHA-256, in Base64: a test holds it to be true.
const STYLE_HASH: &str = "MK0BkiZ2xr/efyzh67ypmreEo3iE7aQWh/zJA1g0jZ8=";

/// A page that is being written.
#[derive(Debug, Default)]
struct Page(String);

impl Page {
    /// What is markup, and never somebody else's text.
    fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// A text, which is no markup whatever it looks like.
    fn text(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // Neither those that HTML forbids, nor those that turn what follows around.
                letter
                    if letter.is_control()
                        || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
                {
                    self.0.push('\u{fffd}');
                }
                letter => self.0.push(letter),
            }
        }
        self
    }

    fn number(&mut self, number: impl Into<f64>) -> &mut Self {
        // A string takes everything.
        let _ = write!(self.0, "{:.2}", number.into());
        self
    }

    fn heading(&mut self, id: &'static str, title: &'static str) -> &mut Self {
        self.raw("<h2 id=\"").raw(id).raw("\">").raw(title).raw("</h2>\n")
    }

    /// A text of ours, in which names stand in backticks.
    fn prose(&mut self, text: &'static str) -> &mut Self {
        for (index, part) in text.split('`').enumerate() {
            match index % 2 {
                0 => self.text(part),
                _ => self.raw("<code>").text(part).raw("</code>"),
            };
        }
        self
    }

    fn paragraph(&mut self, text: &str) -> &mut Self {
        self.raw("<p>").text(text).raw("</p>\n")
    }

    /// Rows of cells below a heading; numbers are flush right, the columns that are said are not.
    fn table(&mut self, title: &'static str, head: &[&'static str], rows: &[Vec<String>], left: &[usize]) {
        if rows.is_empty() {
            self.paragraph("nothing");
            return;
        }
        let open = |page: &mut Self, cell: &'static str, column: usize| {
            page.raw("<").raw(cell);
            page.raw(if left.contains(&column) { " class=\"left\">" } else { ">" });
        };
        // Who has no mouse scrolls it by the arrow keys.
        self.raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"")
            .raw(title)
            .raw("\"><table><thead><tr>");
        for (column, cell) in head.iter().enumerate() {
            open(self, "th", column);
            self.raw(cell).raw("</th>");
        }
        self.raw("</tr></thead><tbody>\n");
        for row in rows {
            self.raw("<tr>");
            for (column, cell) in row.iter().enumerate() {
                open(self, "td", column);
                self.text(cell).raw("</td>");
            }
            self.raw("</tr>\n");
        }
        self.raw("</tbody></table></div>\n");
    }
}

/// The whole page.
pub(super) fn page(analysis: &Analysis, reader: &Reader, comparison: Option<&Comparison>) -> String {
    let mut page = Page::default();
    page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-")
        .raw(STYLE_HASH);
    page.raw("'; base-uri 'none'; form-action 'none'\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.raw("<title>")
        .text(&title(analysis))
        .raw("</title>\n<style>")
        .raw(STYLE)
        .raw("</style>\n</head>\n<body>\n");
    page.raw("<a class=\"skip\" href=\"#findings\">To the findings</a>\n");
    head(&mut page, analysis);
    navigation(&mut page, comparison.is_some());
    page.raw("<main>\n");
    findings(&mut page, analysis);
    if let Some(comparison) = comparison {
        compared(&mut page, analysis, comparison);
    }
    charts::over_time(&mut page, analysis);
    sections::all(&mut page, analysis);
    missing(&mut page, analysis, reader);
    page.raw("<footer class=\"soft\">Made by <code>spanwright analyze</code>; what each finding means is in its documentation, <code>docs/recordings.md</code>.</footer>\n");
    page.raw("</main>\n</body>\n</html>\n");
    page.0
}

fn title(analysis: &Analysis) -> String {
    let whose: Vec<_> = analysis.processes.values().take(3).map(|whose| whose.said.as_str()).collect();
    if whose.is_empty() { "A recording".to_owned() } else { whose.join("; ") }
}

fn head(page: &mut Page, analysis: &Analysis) {
    page.raw("<header>\n<h1>").text(&title(analysis)).raw("</h1>\n");
    let time = duration(analysis.time());
    page.paragraph(&format!("{time} from {} to {}", date(analysis.first), date(analysis.last)));
    let size = bytes(analysis.bytes);
    page.paragraph(&format!("{} events in {} blocks, {size}", analysis.events, analysis.blocks));
    page.raw("</header>\n");
}

fn navigation(page: &mut Page, compares: bool) {
    page.raw("<nav aria-label=\"Sections\">");
    page.raw("<a href=\"#findings\">Findings</a>");
    if compares {
        page.raw("<a href=\"#comparison\">Comparison</a>");
    }
    page.raw("<a href=\"#time\">Over time</a>");
    for (id, title) in sections::TITLES {
        page.raw("<a href=\"#").raw(id).raw("\">").raw(title).raw("</a>");
    }
    page.raw("<a href=\"#missing\">Missing</a></nav>\n");
}

fn findings(page: &mut Page, analysis: &Analysis) {
    page.heading("findings", "Findings");
    if analysis.findings.is_empty() {
        page.paragraph("none");
    }
    analysis.findings.iter().for_each(|one| finding(page, analysis, one));
    for note in analysis.notes() {
        page.raw("<p class=\"soft\">note: ").text(&note).raw("</p>\n");
    }
}

fn finding(page: &mut Page, analysis: &Analysis, finding: &Finding) {
    page.raw("<article class=\"")
        .raw(finding.severity.name())
        .raw("\">\n<h3><span class=\"severity\">")
        .raw(finding.severity.name());
    page.raw("</span> <code>")
        .raw(finding.rule.id)
        .raw("</code>: ")
        .raw(finding.rule.title)
        .raw("</h3>\n<p>");
    page.text(&analysis.of(finding.recording)).raw("<strong>").text(&finding.subject).raw("</strong>");
    if !finding.place.is_empty() {
        page.raw(" at <code>").text(&finding.place).raw("</code>");
    }
    page.raw(", ").text(&analysis.after(finding.at)).raw("</p>\n");
    page.paragraph(&finding.said);
    let number = |(name, value): &(&str, Number)| {
        let value = match value {
            Number::Nanos(nanos) => duration(*nanos),
            Number::Count(count) => count.to_string(),
            Number::Share(share) => format!("{share:.1} %"),
        };
        format!("{} {value}", name.replace('_', " "))
    };
    let numbers: Vec<_> = finding.numbers.iter().map(number).collect();
    page.raw("<p class=\"soft\">").text(&numbers.join(" · ")).raw("</p>\n<p><strong>Try:</strong> ");
    page.prose(finding.rule.remedy).raw("</p>\n</article>\n");
}

fn compared(page: &mut Page, analysis: &Analysis, comparison: &Comparison) {
    page.heading("comparison", "Comparison");
    page.paragraph(&format!(
        "{} values were compared, {} more had too few events. What differs by less than {} % or by chance is left out.",
        comparison.compared, comparison.too_few, comparison.bound.percent
    ));
    let row = |change: &Change| {
        let between = |(_, low, high)| format!("{} to {}", change.said(low), change.said(high));
        let verdict = if change.worse { "worse" } else { "better" };
        let (before, after) = (change.said(change.before.0), change.said(change.after.0));
        vec![
            verdict.to_owned(),
            change.what.clone(),
            change.measure.to_owned(),
            before,
            after,
            between(change.before),
            between(change.after),
        ]
    };
    let mut rows: Vec<_> =
        comparison.changes.iter().filter(|change| change.worse).take(analysis.top()).map(row).collect();
    rows.extend(comparison.changes.iter().filter(|change| !change.worse).take(analysis.top()).map(row));
    let head = ["", "What", "Measure", "Before", "After", "Before, for sure", "After, for sure"];
    page.table("What became worse or better", &head, &rows, &[0, 1, 2]);
    for (title, list) in [("New findings", &comparison.new), ("Findings that are gone", &comparison.gone)] {
        page.raw("<h3>").raw(title).raw("</h3>\n");
        if list.is_empty() {
            page.paragraph("none");
        }
        list.iter().for_each(|one| finding(page, analysis, one));
    }
}

fn missing(page: &mut Page, analysis: &Analysis, reader: &Reader) {
    page.heading("missing", "Missing");
    let rows: Vec<_> = analysis
        .gaps
        .reasons
        .iter()
        .map(|(why, of)| vec![(*why).to_owned(), of.count.to_string(), of.lost.to_string()])
        .collect();
    page.table("Gaps", &["Why", "Gaps", "Events"], &rows, &[0]);
    if analysis.problems > 0 {
        page.raw("<h3>Problems of the files</h3>\n<ul>\n");
        for problem in problems::said(reader) {
            page.raw("<li>").text(&problem).raw("</li>\n");
        }
        page.raw("</ul>\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_allows_the_style_and_no_other() {
        let hash = hmac_sha256::Hash::hash(STYLE.as_bytes());
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut base64 = String::new();
        for bytes in hash.chunks(3) {
            let word =
                bytes.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - bytes.len()));
            for letter in 0..4 {
                let is_there = letter <= bytes.len();
                base64.push(if is_there {
                    LETTERS[(word >> (18 - 6 * letter) & 63) as usize] as char
                } else {
                    '='
                });
            }
        }
        assert_eq!(STYLE_HASH, base64);
    }

    #[test]
    fn a_text_is_never_markup() {
        let mut page = Page::default();
        page.text("</p><script a=\"b\" c='d'>&\u{1b}\u{202e}\n");
        assert_eq!(
            page.0,
            "&lt;/p&gt;&lt;script a=&quot;b&quot; c=&#39;d&#39;&gt;&amp;\u{fffd}\u{fffd}\u{fffd}"
        );
    }
}
