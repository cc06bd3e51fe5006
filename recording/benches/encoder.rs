//! What an event costs: nanoseconds of the encoder, and bytes.
//!
//!     cargo bench -p spanwright-recording
//!
//! The events are those of a made-up service: connections whose requests are tasks of their own, which answer by a channel; parks and
//! samples of the queue in between. Its times are drawn, with the medians of a real one of that shape. Each row is the best of many
//! rounds, since others use the machine too.

#![expect(clippy::print_stdout, reason = "it prints a table")]

use std::borrow::Cow;
use std::hint::black_box;
use std::time::Instant;

use spanwright_recording::event::{
    Field, Kind, Nanos, Park, Place, Poll, QueueDepth, Span, SpanId, SpanKind, Status, TaskId, TraceId, Wake,
    WakeKind,
};
use spanwright_recording::{Codec, Encoder, NullWriter, Options, Reader, TraceWriter};

const EVENTS: usize = 200_000;
const ROUNDS: usize = 15;
const START: u64 = 1_700_000_000_000_000_000;

/// An event, small enough that reading it costs little.
#[derive(Clone, Copy)]
enum Step {
    Poll { task: u64, took: u64 },
    Wake { task: u64, by: u64 },
    Park { took: u64 },
    Depth { global: u64 },
}

/// A thread, a time, and what happened.
type Happened = (u32, u64, Step);

struct Random(u64);

impl Random {
    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Around a median, with a tail, as measured times are.
    fn around(&mut self, median: u64) -> u64 {
        let sum: u64 = (0..4).map(|_| self.next() % 1000).sum();
        let tail = if self.next() % 50 == 0 { 8 } else { 1 };
        tail * (median / 2 + median * sum / 4000)
    }
}

/// What two workers did, in chunks of some hundred events of one of them.
fn service() -> Vec<Happened> {
    let mut random = Random(1);
    let mut events = Vec::with_capacity(EVENTS);
    let mut clocks = [START, START];
    let mut spawned = 1000;
    while events.len() < EVENTS {
        let thread = (events.len() / 700) % 2;
        let at = &mut clocks[thread];
        let mut push = |at: u64, step| events.push((thread as u32, at, step));
        let connection = 10 + random.next() % 100;
        spawned += 1;
        // The connection reads, and makes a task of the request.
        *at += random.around(110);
        push(*at, Step::Wake { task: connection, by: 0 });
        let took = random.around(1_500);
        *at += random.around(80) + took;
        push(*at - took / 3, Step::Wake { task: spawned, by: connection });
        push(*at, Step::Poll { task: connection, took });
        // That works, and answers.
        let took = random.around(600);
        *at += random.around(80) + took;
        push(*at - took / 5, Step::Wake { task: connection, by: spawned });
        push(*at, Step::Poll { task: spawned, took });
        let took = random.around(2_000);
        *at += random.around(80) + took;
        push(*at, Step::Poll { task: connection, took });
        if random.next() % 16 == 0 {
            let took = random.around(40_000);
            *at += took + random.around(300);
            push(*at, Step::Park { took });
        }
        if random.next() % 16 == 0 {
            *at += random.around(60);
            push(*at, Step::Depth { global: random.next() % 8 });
        }
    }
    events
}

fn encode<W: TraceWriter>(events: &[Happened], encoder: &mut Encoder<W>) {
    for (thread, at, step) in events {
        match *step {
            Step::Poll { task, took } => {
                put(
                    encoder,
                    *thread,
                    *at,
                    &Poll { duration: Nanos(took), task: TaskId::new(task), worker: None },
                );
            }
            Step::Wake { task, by } => {
                let by = (by != 0).then(|| TaskId::new(by));
                put(encoder, *thread, *at, &Wake { task: TaskId::new(task), by, how: WakeKind::ByRef });
            }
            Step::Park { took } => put(encoder, *thread, *at, &Park { duration: Nanos(took), worker: None }),
            Step::Depth { global } => {
                let depth = QueueDepth { runtime: 1, global, workers: Cow::Borrowed(&[]), blocking: None };
                put(encoder, *thread, *at, &depth);
            }
        }
    }
}

fn put<W: TraceWriter>(encoder: &mut Encoder<W>, thread: u32, at: u64, event: &impl Kind) {
    encoder.event(thread, at, event).expect("nothing fails to be written");
}

fn spans<W: TraceWriter>(encoder: &mut Encoder<W>, count: u64) {
    for index in 0..count {
        let mut id = [0; 8];
        id.copy_from_slice(&index.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        let attributes = [
            Field::new("http.route", "/orders/{id}"),
            Field::new("http.response.status_code", 200i64),
            Field::new("retries", index % 3),
        ];
        let span = Span {
            duration: Nanos(20_000 + index % 777),
            trace: TraceId(*b"0123456789abcdef"),
            span: SpanId(id),
            name: "order".into(),
            target: "shop::orders".into(),
            place: Place::new("src/orders.rs", 20, 1),
            span_kind: SpanKind::Server,
            status: Status::Ok,
            attributes: Cow::Borrowed(&attributes),
            ..Span::default()
        };
        put(encoder, 0, START + index * 30_000, black_box(&span));
    }
}

fn options(codec: Codec, level: i32) -> Options {
    Options { codec, level, ..Options::default() }
}

/// The least time that it takes, in nanoseconds an event.
fn best(events: usize, mut round: impl FnMut()) -> f64 {
    let times = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        round();
        start.elapsed().as_nanos() as f64 / events as f64
    });
    times.fold(f64::INFINITY, f64::min)
}

fn main() {
    let events = service();
    println!("| | ns/event | bytes/event | reading, ns/event |\n| --- | ---: | ---: | ---: |");
    for (codec, level) in
        [(Codec::None, 0), (Codec::Zstd, 1), (Codec::Zstd, 3), (Codec::Deflate, 1), (Codec::Deflate, 6)]
    {
        let nanos = best(events.len(), || {
            let mut encoder = Encoder::new(NullWriter, options(codec, level));
            encode(&events, &mut encoder);
            encoder.finish().expect("nothing fails to be written");
        });
        let mut encoder = Encoder::new(Vec::new(), options(codec, level));
        encode(&events, &mut encoder);
        encoder.flush().expect("nothing fails to be written");
        let bytes = encoder.writer().len() as f64 / events.len() as f64;
        let file = encoder.writer().clone();
        let read = best(events.len(), || {
            let mut reader = Reader::from_bytes(file.clone());
            assert_eq!(black_box(reader.events().count()), events.len());
        });
        println!("| polls and wakes, {codec:?} {level} | {nanos:.1} | {bytes:.2} | {read:.1} |");
    }
    let count = 20_000;
    let nanos = best(count, || {
        let mut encoder = Encoder::new(NullWriter, Options::default());
        spans(&mut encoder, count as u64);
    });
    let mut encoder = Encoder::new(Vec::new(), Options::default());
    spans(&mut encoder, count as u64);
    encoder.flush().expect("nothing fails to be written");
    let bytes = encoder.writer().len() as f64 / count as f64;
    println!("| spans of three attributes, Zstd 1 | {nanos:.1} | {bytes:.2} | |");
}
