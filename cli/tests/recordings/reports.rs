//! Exit codes, comparisons, and the page for browsers.

use serde_json::Value;
use spanwright_recording::event::*;

use super::story::Story;
use super::{folder, said, scenario, shops, spanwright, stderr, stdout};

#[test]
fn a_pipeline_is_told_by_the_exit_code() {
    let folder = shops("codes");
    let blocked = |milli: u64| {
        let mut story = Story::new();
        story.spawn(1, 7);
        story.poll(10, 10 + milli, 7);
        story
    };
    blocked(300).write(&folder.join("blocked"));
    blocked(1).write(&folder.join("fine"));
    let bytes = std::fs::read(folder.join("blocked")).unwrap();
    std::fs::write(folder.join("damaged"), [&bytes[..], b"no block"].concat()).unwrap();
    for (args, code) in [
        (&["blocked"][..], 0),
        (&["blocked", "--fail-on", "error"], 3),
        (&["blocked", "--fail-on", "info"], 3),
        (&["blocked", "--fail-on", "error", "--ignore", "blocking-in-async"], 0),
        (&["blocked", "--fail-on", "error", "--ignore", "blocking-in-async@src/serve.rs:12:5"], 0),
        (&["blocked", "--fail-on", "error", "--ignore", "blocking-in-async@src/serve.rs:13:5"], 3),
        (&["fine", "--fail-on", "info"], 0),
        (&["north", "--fail-on", "warning"], 3),
        (&["north", "--fail-on", "error"], 0),
        (&["damaged"], 1),
        (&["damaged", "--fail-on", "error"], 3),
        (&["damaged", "--fail-on", "error", "--ignore", "blocking-in-async"], 1),
        (&["nowhere", "--fail-on", "error"], 2),
        (&["blocked", "--fail-on", "bad"], 2),
        (&["blocked", "--ignore", "block"], 2),
        (&["blocked", "--change", "5"], 2),
        (&["blocked", "--top", "0"], 2),
        (&["blocked", "--against", "fine", "--fail-on", "error"], 3),
        (&["fine", "--against", "blocked", "--fail-on", "info"], 0),
        (&["blocked", "--against", "blocked", "--fail-on", "info"], 0),
        (&["fine", "--against", "nowhere"], 2),
        (&["fine", "--against", "damaged"], 1),
        (&["blocked", "--html", "blocked"], 2),
        (&["blocked", "--against", "fine", "--html", "fine"], 2),
        (&["blocked", "--html", "no/where"], 2),
    ] {
        let output = spanwright(&folder, &[&["analyze"], args].concat());
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}{}", stdout(&output), stderr(&output));
    }
}

#[test]
fn the_documents_commands_run() {
    let folder = folder("documents");
    for name in ["trace", "today", "yesterday", "shop"] {
        scenario::in_trouble(&folder.join(name).join("trace.spwr"));
    }
    scenario::at_ease(&folder.join("bank/trace.spwr"));
    let page = include_str!("../../../docs/recordings.md");
    let commands: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("$ spanwright ")).collect();
    assert!(commands.len() > 10, "{commands:?}");
    // There is no collector here, tables are a feature, and a server goes on until it is ended: see `tests/viewer`.
    let runs = |line: &&&str| {
        let serves = line.starts_with("view") && !line.contains("--save");
        !serves && !line.starts_with("otlp") && (cfg!(feature = "parquet") || !line.starts_with("parquet"))
    };
    for line in commands.iter().filter(runs) {
        let command = line.split(['#', '>']).next().unwrap();
        let output = spanwright(&folder, &command.split_whitespace().collect::<Vec<_>>());
        // The recording has what is found with `--fail-on`.
        let code = if line.contains("--fail-on") { 3 } else { 0 };
        assert_eq!(output.status.code(), Some(code), "{line}: {}", stderr(&output));
    }
}

#[test]
fn a_file_and_its_copy_are_told_of() {
    let folder = folder("copies");
    shop(5, 0).write(&folder.join("one"));
    std::fs::copy(folder.join("one"), folder.join("copy")).unwrap();
    let note = "more than once, as in a file and its copy";
    assert!(!said(&folder, &["analyze", "one"]).contains(note));
    assert!(said(&folder, &["analyze", "one", "copy"]).contains(note));
    said(&folder, &["merge", "one", "copy", "--out", "merged"]);
    assert!(!said(&folder, &["analyze", "merged"]).contains(note));
}

#[test]
fn a_kind_that_is_none_is_not_looked_for() {
    let folder = shops("kinds");
    for command in ["cat", "jsonl"] {
        let output = spanwright(&folder, &[command, "north", "--kind", "poll,pol"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(
            stderr(&output).contains("there is no kind `pol`; there are `poll`, "),
            "{}",
            stderr(&output)
        );
    }
}

/// A thousand polls and waits, and spans, of so many milliseconds.
fn shop(milli: u64, failing: u64) -> Story {
    let mut story = Story::new();
    story.spawn(1, 7);
    for round in 0..1000 {
        let at = 10 + round * 20;
        story.wake(at, 7, None);
        story.poll(at + round % 3, at + round % 3 + milli, 7);
        let status = if round % 1000 < failing { Status::Error } else { Status::Ok };
        let duration = Nanos(milli * 1_000_000 + round);
        story.at(at + 9, 0, Span { duration, name: "GET /orders".into(), status, ..Span::default() });
    }
    story
}

#[test]
fn a_comparison_says_what_became_worse_and_better_and_no_more() {
    let folder = folder("compared");
    shop(2, 10).write(&folder.join("a"));
    shop(2, 14).write(&folder.join("same"));
    shop(4, 200).write(&folder.join("b"));
    let text = said(&folder, &["analyze", "same", "--against", "a"]);
    assert!(text.starts_with("worse: nothing\n\nbetter: nothing\n\nnew findings: none\n"), "{text}");
    let all: Value =
        serde_json::from_str(&said(&folder, &["analyze", "b", "--against", "a", "--json"])).unwrap();
    let changes = all["comparison"]["changes"].as_array().unwrap();
    let has = |what: &str, measure: &str| {
        changes
            .iter()
            .any(|change| change["what"] == what && change["measure"] == measure && change["worse"] == true)
    };
    assert!(
        has("polls of shop::serve", "p50")
            && has("span GET /orders", "p50")
            && has("span GET /orders", "errors"),
        "{changes:#?}"
    );
    assert!(
        !changes.iter().any(|change| change["what"].as_str().unwrap().starts_with("waits")),
        "{changes:#?}"
    );
    let errors = changes.iter().find(|change| change["measure"] == "errors").unwrap();
    assert_eq!(
        (&errors["before"]["value"], &errors["after"]["value"]),
        (&100.into(), &2000.into()),
        "1 % and 20 %"
    );
    // The other way round it is better.
    let text = said(&folder, &["analyze", "a", "--against", "b"]);
    assert!(text.starts_with("worse: nothing\n\nbetter: ") && text.contains("span GET /orders"), "{text}");
    // What doubled is no matter to who looks for more.
    let text = said(&folder, &["analyze", "b", "--against", "a", "--change", "150"]);
    assert!(!text.contains("polls of shop::serve"), "{text}");
}

#[test]
fn the_page_has_what_the_text_has_and_no_markup_of_others() {
    let folder = shops("page");
    let mut story = Story::new();
    let evil = "</style><script>alert(1)</script><img src=x onerror='a' \"&";
    let place = Place::new(format!("src/{evil}.rs"), 1, 1);
    let (task, name) = (TaskId::new(7), format!("task {evil}").into());
    story.at(0, 0, Process { service: evil.into(), host: evil.into(), ..Process::default() });
    story.at(1, 0, TaskSpawn { task, runtime: 1, name, place, ..TaskSpawn::default() });
    story.poll(10, 500, 7);
    story.at(500, 0, Span { name: evil.into(), duration: Nanos(9), ..Span::default() });
    story.at(501, 0, TaskDump { task, waited: None, frames: vec![evil.into()].into() });
    story.at(502, 0, Trigger { why: evil.into(), ..Trigger::default() });
    story.write(&folder.join("evil"));
    let text = said(&folder, &["analyze", "evil", "north", "--html", "page.html"]);
    assert!(text.contains("findings: 1 error, 1 warning"), "{text}");
    let page = std::fs::read_to_string(folder.join("page.html")).unwrap();
    for markup in
        ["<script", "<img", "onerror='", "http:", "https:", "url(", "@import", " style=", "javascript:"]
    {
        assert!(!page.contains(markup), "{markup}");
    }
    assert_eq!(page.matches("</style>").count(), 1);
    assert!(page.contains("default-src 'none'; style-src 'sha256-"));
    let shown =
        "&lt;/style&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=&#39;a&#39; &quot;&amp;";
    assert!(page.matches(shown).count() > 8, "{}", page.matches(shown).count());
    for section in [
        "findings", "time", "workers", "tasks", "waits", "polls", "spans", "slow", "waiting", "notable",
        "missing",
    ] {
        assert!(
            page.contains(&format!("<h2 id=\"{section}\">"))
                && page.contains(&format!("href=\"#{section}\"")),
            "{section}"
        );
    }
    assert!(
        page.contains("worker-0") && page.contains("src/shop.rs:41:9") && page.contains("<td>17</td>"),
        "north's"
    );
}

/// A clock that is set back, threads and tasks that were not said, ends without a beginning.
#[test]
fn an_odd_recording_is_analysed_all_the_same() {
    let folder = folder("odd");
    let mut story = Story::new();
    for (at, thread) in [(900, 0), (100, 77), (500, 0), (2, 1)] {
        story.at(at, thread, Wake { task: TaskId::new(3), ..Wake::default() });
        story.at(at, thread, Poll { duration: Nanos(u64::MAX), task: TaskId::new(3), worker: None });
        story.at(at, thread, Park { duration: Nanos(at), worker: Some(9) });
        story.at(at, thread, TaskEnd { task: TaskId::new(at), ..TaskEnd::default() });
        story.at(at, thread, TaskEnd { task: TaskId::new(at), ..TaskEnd::default() });
    }
    story.write_as_it_is(&folder.join("odd"));
    scenario::extreme(&folder.join("extreme/a"));
    for args in [
        &["odd"][..],
        &["extreme"],
        &["extreme", "odd"],
        &["odd", "--against", "extreme"],
        &["extreme", "--against", "odd"],
    ] {
        let output = spanwright(
            &folder,
            &[
                &["analyze", "--html", "page.html", "--long=0ns", "--wait=0ns", "--silent=0ns", "--slow=0ns"],
                args,
            ]
            .concat(),
        );
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", stderr(&output));
    }
}
