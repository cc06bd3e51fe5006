//! Processes that are killed while they record, and what is found of them: each is this test program again, which runs one of
//! the tests that are ignored.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicU64 as StdAtomicU64;
use std::time::{Duration, Instant};

use super::layout::CHUNK;
use super::tests::{Folder, settings};
use super::*;
use crate::chunks::{Kind, Record};
use crate::descriptor::{Level, SpanKind, Spec};
use crate::ids::{SpanId, TraceId};
use crate::slots::value::{Field, Value};
use crate::slots::{End, Outcome, SlotHandle, Start};

const FOLDER: &str = "SPANWRIGHT_TEST_FOLDER";
const THREADS: u64 = 3;

static OUTER: Spec = spec("outer");
static INNER: Spec = spec("inner");

const fn spec(name: &'static str) -> Spec {
    Spec {
        name,
        target: "killed",
        level: Level::WARN,
        kind: SpanKind::Server,
        component: "",
        module: "module",
        function: "",
        file: "file.rs",
        line: 7,
        fields: &["number", "text"],
        doc: "",
        calls: None,
        reports: false,
        objectives: &[],
    }
}

/// Starts a program of these tests in a folder, and waits until it says that it runs.
pub(super) fn program(name: &str, folder: &Folder) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture", &format!("segment::{name}")])
        .env(FOLDER, &folder.0)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains("ready")), "it starts");
    child
}

pub(super) fn folder_of_program() -> Folder {
    Folder(PathBuf::from(std::env::var_os(FOLDER).unwrap()))
}

pub(super) fn ready() {
    let mut out = io::stdout().lock();
    writeln!(out, "\nready").and_then(|()| out.flush()).unwrap();
}

fn open_span(spec: &'static Spec, thread: u64, number: u64) -> SlotHandle {
    definitions::spec(spec);
    let trace_id = TraceId { high: 1, low: thread + 1 };
    let span_id = SpanId(((thread + 1) << 48) + number + 1);
    let span = slots::open(
        &Start { spec, trace_id, span_id, parent: SpanId(9), at: clock::now(), flags: 1 },
        SlotHandle::NONE,
    );
    slots::fill(span, |fields| {
        fields.push(0, Value::U64(number));
        fields.push(1, Value::Str("a text of some length, so that it takes a while"));
    });
    span
}

fn end_span(span: SlotHandle) -> bool {
    slots::finish(span, End { kind: Kind::Span, flags: Outcome::Ok as u8, at: clock::now() })
}

/// Numbers that outlive the program, too: what each thread has surely recorded.
fn progress(folder: &Folder) -> &'static [StdAtomicU64] {
    let path = folder.0.join("progress");
    let file =
        std::fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).unwrap();
    file.set_len(4096).unwrap();
    let base = system::map(&file, 4096).unwrap();
    // SAFETY: a page is mapped there for good; its words are atomics alone.
    unsafe { std::slice::from_raw_parts(base.as_ptr().cast(), THREADS as usize) }
}

/// Threads that record one span after the other within a span that stays open.
fn record_for_ever(progress: &'static [StdAtomicU64], pause: Duration) {
    for thread in 0..THREADS {
        std::thread::spawn(move || {
            let _outer = open_span(&OUTER, thread, 0);
            for number in 1.. {
                let inner = open_span(&INNER, thread, number);
                while !end_span(inner) {
                    // The ring is full, and this one is lost.
                    std::thread::sleep(Duration::from_secs(60));
                }
                progress[thread as usize].store(number, Ordering::SeqCst);
                if number % 128 == 0 && !pause.is_zero() {
                    std::thread::sleep(pause);
                }
            }
        });
    }
}

#[test]
#[ignore = "a program for the tests below"]
fn records_without_a_reader() {
    let folder = folder_of_program();
    chunks::ring().set_limit(64 << 20);
    open(&Settings { chunk_bytes: 64 << 20, ..settings(&folder) }).unwrap();
    record_for_ever(progress(&folder), Duration::ZERO);
    ready();
    std::thread::sleep(Duration::from_secs(60));
}

/// Reads the ring as a recorder does: what it has written to a file needs not be in the segment any more.
#[test]
#[ignore = "a program for the tests below"]
fn records_with_a_reader() {
    let folder = folder_of_program();
    chunks::ring().set_limit(16 << 20);
    let mut reader = chunks::ring().reader().unwrap();
    let mut file = File::create(folder.0.join("recording")).unwrap();
    let progress = progress(&folder);
    // Some of it before there is a segment.
    // Not so fast that what the file has not yet is let go.
    record_for_ever(progress, Duration::from_micros(500));
    std::thread::sleep(Duration::from_millis(2));
    let segment = open(&Settings { chunk_bytes: 16 << 20, ..settings(&folder) }).unwrap();
    chunks::ring().hold(true);
    let before: Vec<u64> = progress.iter().map(|number| number.load(Ordering::SeqCst)).collect();
    let mut is_ready = false;
    let mut lines = Vec::new();
    loop {
        let pass = reader.read(|record| {
            if let Some((thread, number)) = inner(record) {
                lines.extend(thread.to_le_bytes().into_iter().chain(number.to_le_bytes()));
            }
        });
        if pass % 3 == 0 {
            file.write_all(&lines).unwrap();
            lines.clear();
            chunks::ring().set_recorded(pass);
        }
        // Once all threads have moved over, what they had written before is recorded.
        let mut numbers = progress.iter().zip(&before);
        if !is_ready
            && numbers.all(|(now, before)| now.load(Ordering::SeqCst) > before + 1)
            && chunks::ring().are_all_of(segment)
        {
            is_ready = true;
            ready();
        }
    }
}

/// Thread and number of an inner span that has ended.
fn inner(record: &Record<'_>) -> Option<(u64, u64)> {
    let (start, mut fields) = record.span_or_event()?;
    assert_eq!((start.spec.name, start.spec.target, start.spec.line), ("inner", "killed", 7));
    assert_eq!((start.spec.level, start.spec.kind), (Level::WARN, SpanKind::Server));
    assert_eq!((start.spec.fields, start.parent), (&["number", "text"][..], SpanId(9)));
    let Some(Field { value: Value::U64(number), .. }) = fields.next() else { panic!("a span is whole") };
    let Some(Field { value: Value::Str(text), .. }) = fields.next() else { panic!("a span is whole") };
    assert!(text.starts_with("a text") && text.ends_with("while"));
    Some((start.trace_id.low - 1, number))
}

fn kill_after(child: &mut Child, round: u32) -> Duration {
    // Anywhere in the first twenty milliseconds.
    let wait = Duration::from_micros(u64::from(round) * 7_919 % 20_000);
    std::thread::sleep(wait);
    child.kill().unwrap();
    child.wait().unwrap();
    wait
}

/// Asks until there is something: a child that some other test is starting has all files of this process, with their locks,
/// until it runs its program.
pub(super) fn patiently<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        match ask() {
            Some(answer) => return answer,
            None => assert!(started.elapsed() < Duration::from_secs(60), "there is nothing"),
        }
    }
}

/// What is found of the program that was killed, by thread: the numbers of its spans.
fn found(folder: &Folder, numbers: &mut BTreeMap<u64, Vec<u64>>) -> Vec<FoundSpan> {
    let mut found = patiently(|| found_in(&folder.0, "test").pop()).unwrap();
    assert!(!found.is_closed());
    let now = Wall::now().pair().1;
    found.records(|found| {
        assert!(now.abs_diff(found.unix_nanos) < 60_000_000_000, "{} {now}", found.unix_nanos);
        let (thread, number) = inner(&found.record).unwrap();
        numbers.entry(thread).or_default().push(number);
    });
    let open = found.open_spans();
    assert_eq!(found.problems(), Problems::default());
    found.remove().unwrap();
    open
}

fn check(folder: &Folder, mut numbers: BTreeMap<u64, Vec<u64>>, open: &[FoundSpan]) {
    let progress = progress(folder);
    for thread in 0..THREADS {
        let numbers = numbers.entry(thread).or_default();
        numbers.sort_unstable();
        numbers.dedup();
        let last = progress[thread as usize].load(Ordering::SeqCst);
        let found = numbers.last().copied().unwrap_or(0);
        assert!(found == last || found == last + 1, "thread {thread}: {found} found of {last}");
        let missing = (1..=found).find(|number| numbers.binary_search(number).is_err());
        assert_eq!(missing, None, "thread {thread} of {found}, {} of them found", numbers.len());
    }
    for span in open {
        let thread = span.trace_id.low - 1;
        let last = progress[thread as usize].load(Ordering::SeqCst);
        let Some(Field { value: Value::U64(number), .. }) = span.fields().next() else {
            // Killed before its fields were written: the outer one's are there before the first inner one.
            assert!(span.fields().count() == 0 && (span.spec.name == "inner" || last == 0), "{last}");
            continue;
        };
        match span.spec.name {
            "outer" => assert_eq!(number, 0),
            name => assert!(name == "inner" && (number == last + 1 || number == last + 2), "{number} {last}"),
        }
    }
}

#[test]
fn a_killed_process_loses_nothing_but_what_it_was_writing() {
    for round in 0..25 {
        let folder = Folder::new(&format!("killed-{round}"));
        let mut child = program("killed::records_without_a_reader", &folder);
        kill_after(&mut child, round);
        let mut numbers = BTreeMap::new();
        let open = found(&folder, &mut numbers);
        let started = progress(&folder).iter().filter(|number| number.load(Ordering::SeqCst) > 0).count();
        let outer = open.iter().filter(|span| span.spec.name == "outer").count();
        assert!(outer >= started, "what was open is seen: {outer} of {started}");
        check(&folder, numbers, &open);
    }
}

#[test]
fn what_a_recording_has_and_what_is_found_are_all_there_was() {
    for round in 0..15 {
        let folder = Folder::new(&format!("recorded-{round}"));
        let mut child = program("killed::records_with_a_reader", &folder);
        kill_after(&mut child, round);
        let mut numbers = BTreeMap::<u64, Vec<u64>>::new();
        let recording = std::fs::read(folder.0.join("recording")).unwrap();
        for pair in recording.chunks_exact(16) {
            let number = |at: usize| u64::from_le_bytes(pair[at..at + 8].try_into().unwrap());
            numbers.entry(number(0)).or_default().push(number(8));
        }
        let open = found(&folder, &mut numbers);
        check(&folder, numbers, &open);
    }
}

#[test]
#[ignore = "a program for the test below"]
fn forks() {
    let folder = folder_of_program();
    chunks::ring().set_limit(1 << 20);
    let segment = open(&settings(&folder)).unwrap();
    let outer = open_span(&OUTER, 0, 0);
    assert!(end_span(open_span(&INNER, 0, 1)));
    // SAFETY: the child calls nothing that needs another thread.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // Spans that were open are nobody's here, and the next ones are this process's own.
        let is_gone = slots::view(outer).is_none() && current().is_none();
        end_span(outer);
        let mine = open_span(&OUTER, 0, 7);
        let written = end_span(mine);
        segment.close();
        // SAFETY: it ends the process, as a child that was forked is to.
        unsafe { libc::_exit(if is_gone && written { 0 } else { 1 }) };
    }
    let mut status = 0;
    // SAFETY: the pointer is to a number.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0, "the child ends well");
    assert!(segment.path().exists() && slots::view(outer).is_some());
    // One that outlives this process does not keep the lock.
    // SAFETY: as above.
    if unsafe { libc::fork() } == 0 {
        std::thread::sleep(Duration::from_secs(20));
        // SAFETY: as above.
        unsafe { libc::_exit(0) };
    }
    assert!(end_span(open_span(&INNER, 0, 2)));
    ready();
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn a_forked_child_has_nothing_of_it() {
    let folder = Folder::new("forks");
    let mut child = program("killed::forks", &folder);
    child.kill().unwrap();
    child.wait().unwrap();
    let mut numbers = BTreeMap::new();
    let open = found(&folder, &mut numbers);
    assert_eq!(numbers, BTreeMap::from([(0, vec![1, 2])]));
    assert_eq!(open.len(), 1);
}

/// A limit on the size of files stands for a full disk: the system gives no more room.
#[test]
#[ignore = "a program for the test below"]
fn has_little_room() {
    let folder = folder_of_program();
    chunks::ring().set_limit(4 << 20);
    let limit = |bytes| {
        let limit = libc::rlimit { rlim_cur: bytes, rlim_max: libc::RLIM_INFINITY };
        // SAFETY: the pointer is to a limit.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) }, 0);
    };
    limit(1_000);
    let none = open(&settings(&folder));
    assert!(matches!(none, Err(Error::Io { doing: "make room in", .. })), "{none:?}");
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 0, "nothing is left of it");
    // Some steps for definitions, blocks and chunks, and none for slots, which come last.
    limit(6 * STEP as u64);
    let segment = open(&Settings { chunk_bytes: 4 << 20, ..settings(&folder) }).unwrap();
    assert!((1..5_000).all(|number| end_span(open_span(&INNER, 0, number))), "recording goes on");
    assert!(segment.is_full() && segment.usage().1 > 0);
    ready();
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn a_full_disk_costs_what_has_no_room_and_no_signal() {
    let folder = Folder::new("full");
    let mut child = program("killed::has_little_room", &folder);
    child.kill().unwrap();
    child.wait().unwrap();
    let mut numbers = BTreeMap::new();
    found(&folder, &mut numbers);
    assert!(numbers[&0].len() > 100, "what had room is there: {}", numbers[&0].len());
}

/// A small segment as a killed process leaves it.
fn small(folder: &Folder) -> Vec<u8> {
    let mut child = program("killed::leaves_a_little_of_everything", folder);
    child.kill().unwrap();
    child.wait().unwrap();
    let files = std::fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().path());
    let file = files.into_iter().find(|path| path.extension().is_some_and(|end| end == "ring")).unwrap();
    let bytes = std::fs::read(&file).unwrap();
    std::fs::remove_file(file).unwrap();
    bytes
}

#[test]
#[ignore = "a program for the tests below"]
fn leaves_a_little_of_everything() {
    let folder = folder_of_program();
    chunks::ring().set_limit(8 * CHUNK);
    let small = Settings { chunk_bytes: STEP, block_bytes: STEP, ..settings(&folder) };
    let segment = open(&small).unwrap();
    definitions::other(20, 1, b"of the runtime");
    let mut blocks = segment.blocks();
    (1..20_u8).for_each(|number| assert!(blocks.push(&[number; 37])));
    (1..40).for_each(|number| assert!(end_span(open_span(&INNER, 0, number))));
    events::set_on(true);
    assert!(events::begin_poll(77, clock::now()).is_some());
    events::spawned(1, events::Spawn::Async, 2, Some(std::panic::Location::caller()), "named");
    events::user(&events::UserSpec { name: "mine", fields: &["n"] }, |writer| {
        writer.push(events::FieldValue::U64(1));
    });
    let _open = [open_span(&OUTER, 0, 0), open_span(&OUTER, 1, 0)];
    ready();
    std::thread::sleep(Duration::from_secs(60));
}

/// All that a reader can ask of a segment; how many records, open spans and blocks there are.
fn read_all(path: &Path) -> Option<([usize; 3], Problems)> {
    let mut found = patiently(|| Found::open(path).transpose()).ok()?;
    let mut counts = [0; 3];
    found.records(|found| {
        counts[0] += 1;
        let record = &found.record;
        if let Some((start, fields)) = record.span_or_event() {
            let _ = (start.spec.name.len(), start.spec.fields.len(), fields.count());
        }
        record.user().iter().for_each(|user| user.for_each(|_, _| {}));
        let _ = (record.spawned().map(|task| task.name.len()), record.polled(), record.depth(), found.place);
        let _ = (record.thread_facts(), record.blocking_run(), record.woken(), record.task_end());
    });
    for thread in found.threads() {
        let _ = (thread.facts.name.len(), thread.doing);
    }
    for span in found.open_spans() {
        counts[1] += 1;
        let _ = (span.spec.name.len(), span.fields().count());
    }
    found.blocks(|block| counts[2] += usize::from(block.len() == 37));
    let _ = found.others().count();
    Some((counts, found.problems()))
}

#[test]
fn all_of_a_segment_is_found() {
    let folder = Folder::new("whole");
    let path = folder.0.join("segment");
    std::fs::write(&path, small(&folder)).unwrap();
    let (counts, problems) = read_all(&path).unwrap();
    assert_eq!(problems, Problems::default());
    // Spans, what is known of the thread, a task and an event.
    assert_eq!(counts, [39 + 3, 2, 19]);
    let mut found = patiently(|| Found::open(&path).unwrap());
    let doing: Vec<_> = found.threads().iter().filter_map(|thread| thread.doing).collect();
    assert!(matches!(doing[..], [(events::Doing::Poll, _, 77)]), "{doing:?}");
    assert_eq!(found.others().collect::<Vec<_>>(), [(20, 1, &b"of the runtime"[..])]);
    let (mut task, mut user) = (None, None);
    found.records(|found| {
        task =
            task.take().or_else(|| found.record.spawned().map(|task| (task, found.place.map(str::to_owned))));
        user = user.take().or_else(|| found.record.user().map(|user| user.spec));
    });
    let (task, place) = task.unwrap();
    assert_eq!((task.name, task.place), ("named", None));
    assert!(place.unwrap().contains("killed.rs:"));
    assert_eq!((user.unwrap().name, user.unwrap().fields), ("mine", &["n"][..]));
}

#[test]
fn a_truncated_segment_gives_what_is_there() {
    let folder = Folder::new("truncated");
    let path = folder.0.join("segment");
    let whole = small(&folder);
    let mut before = [0; 3];
    for end in (0..whole.len()).step_by(509) {
        std::fs::write(&path, &whole[..end]).unwrap();
        let Some((counts, problems)) = read_all(&path) else {
            assert!(end < HEADER);
            continue;
        };
        assert!(problems.missing_bytes > 0, "{end}");
        assert!(counts.iter().zip(before).all(|(now, before)| *now >= before || end < 2 * STEP), "{end}");
        before = counts;
    }
    assert_eq!(before, [42, 2, 19]);
}

#[test]
fn a_flipped_segment_harms_nobody() {
    use std::os::unix::fs::FileExt;
    let folder = Folder::new("flipped");
    let path = folder.0.join("segment");
    let whole = small(&folder);
    std::fs::write(&path, &whole).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    let started = Instant::now();
    let mut read = 0;
    // Bytes of zeros mean nothing, but for some.
    let flipped = (0..whole.len()).filter(|at| whole[*at] != 0 || at % 1_021 == 0 || *at < 320);
    for (at, flip) in flipped.zip([0xff, 1, 0x80, 0x10].into_iter().cycle()) {
        file.write_all_at(&[whole[at] ^ flip], at as u64).unwrap();
        if let Some((counts, _)) = read_all(&path) {
            read += 1;
            assert!(counts[0] <= 1_000 && counts[1] <= 300 && counts[2] <= 19, "{at}: {counts:?}");
        }
        file.write_all_at(&[whole[at]], at as u64).unwrap();
    }
    assert!(read > 1_000, "{read} in {:?}", started.elapsed());
}
