//! The tables: workers, tasks, waits, polls, spans.

use super::super::super::times::duration;
use super::super::Analysis;
use super::super::findings::requests::explained;
use super::super::histogram::Histogram;
use super::{Page, charts};

/// The sections' names and titles, in their order.
pub(super) const TITLES: [(&str, &str); 8] = [
    ("workers", "Workers"),
    ("tasks", "Tasks"),
    ("waits", "Waits"),
    ("polls", "Long polls"),
    ("spans", "Spans"),
    ("slow", "Slow spans"),
    ("waiting", "Waiting tasks"),
    ("notable", "Triggers"),
];

pub(super) fn all(page: &mut Page, analysis: &Analysis) {
    let sections = [workers, tasks, waits, polls, spans, slow, waiting, notable];
    for ((id, title), section) in TITLES.into_iter().zip(sections) {
        page.heading(id, title);
        section(page, analysis);
    }
}

fn times(of: &Histogram) -> Vec<String> {
    let values = [of.mean(), of.percentile(50), of.percentile(99), of.max];
    std::iter::once(of.count.to_string()).chain(values.map(duration)).collect()
}

fn workers(page: &mut Page, analysis: &Analysis) {
    let row = |((recording, _), worker): (&(u64, u32), &super::super::workers::Worker)| {
        let share = |time: u64| format!("{:.1} %", 100.0 * time as f64 / worker.seen().max(1) as f64);
        let runtime = worker.place();
        let mut row = vec![format!("{}{}", analysis.of(*recording), worker.name), runtime];
        row.extend([share(worker.polls.sum), share(worker.parked), worker.parks.to_string()]);
        row.extend(times(&worker.polls));
        row
    };
    let rows: Vec<_> = analysis.workers.iter().map(row).collect();
    let head = ["Worker", "Runtime", "Busy", "Parked", "Parks", "Polls", "Mean", "p50", "p99", "Max"];
    page.table("Workers", &head, &rows, &[0, 1]);
}

fn tasks(page: &mut Page, analysis: &Analysis) {
    let mut places: Vec<_> =
        analysis.tasks.places.iter().filter(|of| of.made + of.before + of.polls.count > 0).collect();
    places.sort_by_key(|of| std::cmp::Reverse(of.polls.sum));
    let row = |of: &&super::super::places::OfPlace| {
        let mut row = vec![format!("{}{}", analysis.of(of.recording), of.name), of.place.clone()];
        row.extend([of.made, of.ended.iter().sum(), of.alive, of.quiet].map(|count| count.to_string()));
        row.push(duration(of.polls.sum));
        row.extend(times(&of.polls));
        row.push(duration(of.waits.percentile(99)));
        row
    };
    let rows: Vec<_> = places.iter().take(analysis.top().max(100)).map(row).collect();
    let head = [
        "Task",
        "Spawned at",
        "Made",
        "Ended",
        "Left",
        "Silent",
        "Busy",
        "Polls",
        "Mean",
        "p50",
        "p99",
        "Max",
        "Waits p99",
    ];
    page.table("Tasks by the place that made them", &head, &rows, &[0, 1]);
}

fn waits(page: &mut Page, analysis: &Analysis) {
    let row = |of: &super::super::waits::OfRuntime| {
        let mut row = vec![format!("{}{}", analysis.of(of.recording), of.name)];
        row.extend(times(&of.all));
        row
    };
    let rows: Vec<_> = analysis.waits.iter().map(row).collect();
    page.paragraph("From being woken or made to being polled.");
    page.table("Waits by runtime", &["Runtime", "Waits", "Mean", "p50", "p99", "Max"], &rows, &[0]);
    let rows: Vec<_> = analysis
        .waits
        .iter()
        .flat_map(|of| of.worst.iter())
        .map(|(length, wait)| {
            let place = analysis.tasks.places.get(wait.place);
            let slept = if wait.asleep > 0 {
                format!("{} for {}", wait.sleeper, duration(wait.asleep))
            } else {
                String::new()
            };
            vec![
                duration(*length),
                analysis.after(wait.from),
                format!("{} {}", wait.task, place.said()),
                place.place.clone(),
                wait.thread.clone(),
                slept,
            ]
        })
        .collect();
    page.raw("<h3>The longest</h3>\n");
    page.table(
        "The longest waits",
        &["Waited", "From", "Task", "Spawned at", "Polled by", "Parked meanwhile"],
        &rows,
        &[2, 3, 4, 5],
    );
    let queues = &analysis.queues;
    if queues.ran.count > 0 {
        let named = |name: &str, of: &Histogram| std::iter::once(name.to_owned()).chain(times(of)).collect();
        page.raw("<h3>The blocking pool</h3>\n");
        let rows = [named("queued", &queues.queued), named("ran", &queues.ran)];
        page.table("The blocking pool", &["", "Calls", "Mean", "p50", "p99", "Max"], &rows, &[0]);
    }
}

fn polls(page: &mut Page, analysis: &Analysis) {
    let long = &analysis.blocking.longest;
    page.paragraph(&format!(
        "{} of {} or more, {} together.",
        long.count,
        duration(analysis.bounds.long.0),
        duration(long.sum)
    ));
    let rows: Vec<_> = long
        .iter()
        .map(|(length, poll)| {
            let (span, at) = poll.span.clone().unwrap_or_default();
            let stalled = if poll.stalled > 0 { duration(poll.stalled) } else { String::new() };
            let mut thread = format!("{}{}", analysis.of(poll.recording), poll.thread);
            if poll.handed_over {
                thread.push_str("; another went on as its worker");
            }
            vec![
                duration(*length),
                analysis.after(poll.at),
                stalled,
                format!("{} {}", poll.task, poll.name),
                poll.place.clone(),
                format!("{span} {at}"),
                thread,
            ]
        })
        .collect();
    page.table(
        "Long polls",
        &["Took", "From", "Not run", "Task", "Spawned at", "In the span", "Thread"],
        &rows,
        &[3, 4, 5, 6],
    );
}

fn spans(page: &mut Page, analysis: &Analysis) {
    let rows: Vec<_> = analysis
        .spans
        .longest_first()
        .into_iter()
        .take(analysis.top().max(100))
        .map(|(name, of)| {
            let mut row = vec![name.clone()];
            row.extend(times(&of.durations));
            row.extend([of.errors.to_string(), of.cancelled.to_string()]);
            row.extend([of.busy, of.idle, of.queued].map(duration));
            row
        })
        .collect();
    let head = [
        "Span",
        "Count",
        "Mean",
        "p50",
        "p99",
        "Max",
        "Errors",
        "Cancelled",
        "Busy",
        "Idle",
        "of that queued",
    ];
    page.table("Spans by name", &head, &rows, &[0]);
}

fn slow(page: &mut Page, analysis: &Analysis) {
    let slowest = analysis.spans.slowest();
    if slowest.is_empty() {
        page.paragraph("nothing");
        return;
    }
    page.raw("<p>The slowest span of each name, and what its time was spent on:");
    for (class, name) in [("busy", "busy"), ("queued", "queued"), ("parked", "waiting")] {
        charts::key(page, class, name);
    }
    page.raw("</p>\n");
    for (name, of, slow) in slowest.into_iter().take(analysis.top()) {
        page.raw("<article>\n<h3>")
            .text(&analysis.of(slow.recording))
            .text(name)
            .raw(": ")
            .text(&duration(slow.duration));
        page.raw(" <span class=\"soft\">p50 ")
            .text(&duration(of.durations.percentile(50)))
            .raw("</span></h3>\n<p>");
        page.text(&analysis.after(slow.at))
            .raw(", <code>")
            .text(&slow.place)
            .raw("</code>, trace <code>")
            .text(&slow.trace);
        page.raw("</code>: ").text(&explained(slow)).raw("</p>\n");
        if let (Some(busy), Some(idle)) = (slow.busy, slow.idle) {
            let queued = slow.queued.unwrap_or(0);
            let others = idle.saturating_sub(queued);
            charts::share(
                page,
                slow.duration,
                &[("busy", "busy", busy), ("queued", "queued", queued), ("parked", "waiting", others)],
            );
        }
        page.raw("</article>\n");
    }
}

fn waiting(page: &mut Page, analysis: &Analysis) {
    let waiting = analysis.tasks.waiting();
    let rows: Vec<_> = waiting
        .iter()
        .take(analysis.top().max(100))
        .map(|waits| {
            let place = analysis.tasks.places.get(waits.place);
            let task = format!("{}{} {}", analysis.of(waits.recording), waits.task, place.said());
            vec![duration(waits.waited), task, place.place.clone(), waits.frames.join(" < ")]
        })
        .collect();
    page.table(
        "Where tasks wait",
        &["Waited", "Task", "Spawned at", "Waits at, the innermost first"],
        &rows,
        &[1, 2, 3],
    );
}

fn notable(page: &mut Page, analysis: &Analysis) {
    let rows: Vec<_> = analysis.notable.iter().map(|one| vec![one.to_string()]).collect();
    page.table(
        "Triggers, and what was open when the process died",
        &["Triggers, and what was open when the process died"],
        &rows,
        &[0],
    );
    if analysis.more_notable > 0 {
        page.paragraph(&format!("and {} more", analysis.more_notable));
    }
}
