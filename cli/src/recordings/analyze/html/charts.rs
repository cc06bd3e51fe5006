//! What happened over time, as bars.

use super::super::super::times::duration;
use super::super::Analysis;
use super::super::series::Part;
use super::Page;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 110.0;
/// Where the bars are.
const TOP: f64 = 16.0;

/// Bars that stand on each other, or beside nothing: a class for each, and what it is of a part.
type Bars = &'static [(&'static str, &'static str, fn(&Part) -> u64)];

/// A chart: its title, what its values are shown as, and its bars.
type Chart = (&'static str, fn(u64) -> String, Bars);

const CHARTS: [Chart; 7] = [
    (
        "Busy workers and parked ones",
        duration,
        &[("busy", "busy", |part| part.busy), ("parked", "parked", |part| part.parked)],
    ),
    ("Longest wait from a wake-up to the poll", duration, &[("queued", "waited", |part| part.longest_wait)]),
    ("Long polls", count, &[("bad", "long polls", |part| part.long_polls)]),
    ("Tasks that wait in queues, at most", count, &[("queued", "waiting", |part| part.depth)]),
    ("Tasks made", count, &[("busy", "made", |part| part.made)]),
    ("Tasks ended", count, &[("idle", "ended", |part| part.ended)]),
    (
        "Spans, and errors among them",
        count,
        &[("bad", "errors", |part| part.errors), ("idle", "others", |part| part.spans - part.errors)],
    ),
];

fn count(count: u64) -> String {
    count.to_string()
}

pub(super) fn over_time(page: &mut Page, analysis: &Analysis) {
    page.heading("time", "Over time");
    page.paragraph(&format!("Each bar is {}.", duration(analysis.series.parts.width)));
    page.raw("<div class=\"charts\">\n");
    for (title, said, bars) in CHARTS {
        chart(page, analysis, title, said, bars);
    }
    page.raw("</div>\n<details><summary>The same as a table</summary>\n");
    let row = |(at, part): (u64, &Part)| {
        let mut row = vec![analysis.after(at), part.events.to_string(), part.lost.to_string()];
        row.extend(CHARTS.iter().flat_map(|(_, said, bars)| bars.iter().map(|(.., of)| said(of(part)))));
        row
    };
    let rows: Vec<_> = analysis.series.iter().map(row).collect();
    let mut head = vec!["From", "Events", "Lost"];
    head.extend(CHARTS.iter().flat_map(|(.., bars)| bars.iter().map(|(_, name, _)| *name)));
    page.table("Over time", &head, &rows, &[]);
    page.raw("</details>\n");
}

fn chart(page: &mut Page, analysis: &Analysis, title: &'static str, said: fn(u64) -> String, bars: Bars) {
    let of = |part: &Part| bars.iter().fold(0u64, |sum, (.., of)| sum.saturating_add(of(part)));
    let most = analysis.series.iter().map(|(_, part)| of(part)).max().unwrap_or(0);
    page.raw("<figure><figcaption>").raw(title);
    for (class, name, _) in bars.iter().filter(|_| bars.len() > 1) {
        key(page, class, name);
    }
    page.raw("</figcaption>\n<svg viewBox=\"0 0 640 146\" role=\"img\" aria-label=\"").raw(title);
    page.raw(", at most ")
        .text(&said(most))
        .raw("\">\n<text x=\"0\" y=\"11\">")
        .text(&said(most))
        .raw("</text>");
    page.raw("<line class=\"axis\" x1=\"0\" y1=\"126\" x2=\"640\" y2=\"126\"/>\n");
    let width = WIDTH / analysis.series.iter().len() as f64;
    for (index, (at, part)) in analysis.series.iter().enumerate() {
        if of(part) == 0 {
            continue;
        }
        let mut bottom = TOP + HEIGHT;
        page.raw("<g><title>").text(&analysis.after(at));
        for (_, name, of) in bars {
            page.raw(", ").raw(name).raw(" ").text(&said(of(part)));
        }
        page.raw("</title>");
        for (class, _, of) in bars {
            let height = HEIGHT * of(part) as f64 / most as f64;
            bottom -= height;
            page.raw("<rect class=\"")
                .raw(class)
                .raw("\" x=\"")
                .number(index as f64 * width)
                .raw("\" y=\"")
                .number(bottom);
            page.raw("\" width=\"")
                .number((width - 0.6).max(0.4))
                .raw("\" height=\"")
                .number(height)
                .raw("\"/>");
        }
        page.raw("</g>\n");
    }
    page.raw("<text x=\"0\" y=\"141\">").text(&analysis.after(analysis.first)).raw("</text>");
    page.raw("<text x=\"640\" y=\"141\" text-anchor=\"end\">")
        .text(&analysis.after(analysis.last))
        .raw("</text>\n</svg></figure>\n");
}

/// What a colour stands for.
pub(super) fn key(page: &mut Page, class: &'static str, name: &'static str) {
    page.raw(" <svg class=\"key\" viewBox=\"0 0 1 1\" aria-hidden=\"true\"><rect class=\"").raw(class);
    page.raw("\" width=\"1\" height=\"1\"/></svg>").raw(name);
}

/// A bar of parts of a whole, in the order in which they are said.
pub(super) fn share(page: &mut Page, whole: u64, parts: &[(&'static str, &'static str, u64)]) {
    page.raw(
        "<svg class=\"share\" viewBox=\"0 0 640 14\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"",
    );
    for (_, name, nanos) in parts {
        page.raw(name).raw(" ").text(&duration(*nanos)).raw(" ");
    }
    page.raw("\">");
    let mut from = 0.0;
    for (class, name, nanos) in parts {
        let width = (WIDTH * *nanos as f64 / whole.max(1) as f64).min(WIDTH - from);
        page.raw("<rect class=\"")
            .raw(class)
            .raw("\" x=\"")
            .number(from)
            .raw("\" y=\"0\" height=\"14\" width=\"")
            .number(width);
        page.raw("\"><title>").raw(name).raw(" ").text(&duration(*nanos)).raw("</title></rect>");
        from += width;
    }
    page.raw("</svg>\n");
}
