//! What is written is read.

use proptest::prelude::*;

use crate::block::Block;
use crate::block::encode::{Builder, Label};
use crate::codec::Packer;
use crate::event::{
    Event, Field, FieldSpec, Gap, KINDS, Kind, KindSpec, Nanos, Other, Poll, Record, Span, SpanKind, TaskId,
    Time, Why,
};
use crate::header::Codec;
use crate::wire::{BitsOut, FieldType, State, put_number};
use crate::{Encoder, Options, Reader, TraceWriter};

const LABEL: Label = Label { recording: 7, sequence: 3 };

/// Numbers that look random, from one that is.
fn numbers(mut seed: u64) -> impl FnMut() -> u64 {
    // SplitMix64.
    move || {
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

fn record() -> impl Strategy<Value = Record<'static>> {
    (1..=KINDS.len() as u8, 0u32..4, any::<u64>(), any::<u64>()).prop_map(|(code, thread, at, seed)| {
        let event = Event::some(code, &mut numbers(seed));
        // What took a while can't have begun before 1970.
        let at = at.max(event.fused().map_or(0, |duration| duration.0));
        Record { thread, at: if seed % 4 == 0 { at } else { at.max(1 << 60) % (1 << 62) + (1 << 40) }, event }
    })
}

fn packed(records: &[Record<'static>], codec: Codec) -> Vec<u8> {
    let (mut builder, mut out) = (Builder::default(), Vec::new());
    for Record { thread, at, event } in records {
        builder.add(*thread, *at, event, false);
    }
    builder.close(LABEL, &mut Packer::new(codec, 1), &mut out);
    out
}

proptest! {
    #[test]
    fn any_events_come_back(records in prop::collection::vec(record(), 0..80)) {
        for codec in [Codec::None, Codec::Deflate, Codec::Zstd] {
            let bytes = packed(&records, codec);
            let block = Block::from_bytes(&bytes).expect("it was just written");
            prop_assert_eq!(&block.records, &records);
            prop_assert_eq!(block.header.length(), bytes.len() as u64);
            let first = records.iter().map(|record| record.at).min().unwrap_or(0);
            let last = records.iter().map(|record| record.at).max().unwrap_or(0);
            prop_assert_eq!((block.header.first, block.header.last), (first, last));
        }
    }

    #[test]
    fn any_recording_is_read_in_the_order_of_its_time(
        records in prop::collection::vec(record(), 0..120),
        every in 1..40usize,
        cut in any::<prop::sample::Index>(),
    ) {
        let options = Options { codec: Codec::Deflate, level: 1, block_bytes: 4096, recording: 1 };
        let mut encoder = Encoder::new(Vec::new(), options);
        for (index, Record { thread, at, event }) in records.iter().enumerate() {
            encoder.event(*thread, *at, event)?;
            if index % every == 0 {
                encoder.flush()?;
            }
        }
        encoder.flush()?;
        let bytes = std::mem::take(encoder.writer_mut());
        let mut expected = records;
        expected.sort_by_key(|record| record.at);
        let mut reader = Reader::from_bytes(bytes.clone());
        prop_assert_eq!(reader.events().collect::<Vec<_>>(), expected);
        prop_assert!(reader.problems().is_empty());
        // What is left of it is read too.
        let mut reader = Reader::from_bytes(&bytes[..cut.index(bytes.len() + 1)]);
        let some = reader.events().map(|record| record.at).collect::<Vec<_>>();
        prop_assert!(some.is_sorted());
    }

    #[test]
    fn a_payload_of_anything_is_read_or_refused(
        records in prop::collection::vec(record(), 1..20),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        // The checksum is made right again, so that the decoder sees all of it.
        let bytes = packed(&records, Codec::None);
        let (header, payload) = bytes.split_first_chunk().expect("it has a header");
        let mut header = crate::Header::from_bytes(header).expect("it was just written");
        let mut payload = payload.to_vec();
        for (at, to) in changes {
            let at = at.index(payload.len());
            payload[at] = to;
        }
        header.payload_crc = crc32c::crc32c(&payload);
        let _ = Block::from_payload(&header, &payload);
    }

    #[test]
    fn every_event_is_valid_json(record in record()) {
        let line = crate::to_json(&record);
        let value: serde_json::Value = serde_json::from_str(&line).expect("it is JSON");
        prop_assert_eq!(value["kind"].as_str(), Some(record.event.kind()));
        prop_assert_eq!(value["at"].as_u64(), Some(record.at));
        prop_assert!(!line.contains('\n'));
    }
}

#[test]
fn a_kind_is_found_at_its_code() {
    for (index, kind) in KINDS.iter().enumerate() {
        assert_eq!(usize::from(kind.code), index + 1, "{}", kind.name);
        assert_eq!(Event::blank(kind.code).map(|event| event.code()), Some(kind.code));
        let first = kind.fields.first().map(|field| field.name);
        // They would hide what every event has.
        let hidden = |name| ["at", "thread", "kind"].contains(&name);
        assert!(!kind.fields.iter().any(|field| hidden(field.name)), "{}", kind.name);
        assert!(kind.time == Time::At || first == Some("duration"), "{}", kind.name);
    }
}

#[test]
fn events_of_one_thread_in_order_are_one_run() {
    let poll = |at, duration| Record {
        thread: 0,
        at,
        event: Poll { duration: Nanos(duration), ..Default::default() }.into(),
    };
    let ordered: Vec<_> = (0..1000).map(|index| poll(1_000_000 + index * 100, 90)).collect();
    let mut shuffled = ordered.clone();
    shuffled.reverse();
    let (ordered, shuffled) = (packed(&ordered, Codec::None), packed(&shuffled, Codec::None));
    assert!(ordered.len() + 3000 < shuffled.len(), "{} {}", ordered.len(), shuffled.len());
}

/// What a later version might write.
#[derive(Debug)]
struct Later(u8);

impl crate::event::sealed::Sealed for Later {}

impl Kind for Later {
    fn code(&self) -> u8 {
        self.0
    }

    fn fused(&self) -> Option<Nanos> {
        (self.0 == 1).then_some(Nanos(50))
    }

    fn put(&self, columns: &mut [Vec<u8>], bits: &mut BitsOut, state: &mut State) {
        let numbers: &[u64] = match self.0 {
            // A poll with the fields in another order, one that is missing, and one that is new.
            1 => &[50, 77, 1 + 16 + 2 * 9],
            // A kind that is new: a number, a text, a choice.
            _ => &[1 << 40, state.text("Halley"), 1],
        };
        for (column, number) in columns.iter_mut().zip(numbers) {
            put_number(column, bits, *number);
        }
    }

    fn note(&self, _: &mut crate::encoder::Noted<'_>) {}
}

fn later() -> Vec<u8> {
    const fn field(name: &'static str, ty: FieldType) -> FieldSpec {
        FieldSpec { name, ty, choices: &[] }
    }
    const POLL: &[FieldSpec] = &[
        field("duration", FieldType::Duration),
        field("core", FieldType::Uint),
        field("task", FieldType::Task),
    ];
    const COMET: &[FieldSpec] = &[
        field("distance", FieldType::Uint),
        field("name", FieldType::Text),
        FieldSpec { name: "tail", ty: FieldType::Choice, choices: &["unknown", "ion", "dust"] },
    ];
    let mut kinds = KINDS.to_vec();
    kinds[0] = KindSpec { fields: POLL, ..KINDS[0] };
    kinds.push(KindSpec { code: kinds.len() as u8 + 1, name: "comet", time: Time::At, fields: COMET });
    let comet = kinds.len() as u8;
    let (mut builder, mut out) = (Builder::of(kinds.leak()), Vec::new());
    builder.add(3, 1000, &Later(1), false);
    builder.add(3, 1100, &Later(comet), false);
    builder.add(3, 1200, &Gap { lost: 4, why: Why::Full }, false);
    builder.close(LABEL, &mut Packer::new(Codec::None, 0), &mut out);
    out
}

fn comet(fields: Vec<Field<'static>>) -> Event<'static> {
    Event::Other(Other { kind: "comet".into(), fields })
}

#[test]
fn what_a_later_version_has_added_is_passed_over_or_shown() {
    let block = Block::from_bytes(&later()).expect("it is intact");
    let events: Vec<Event<'_>> = block.records.into_iter().map(|record| record.event).collect();
    let poll = Poll { duration: Nanos(50), task: TaskId::new(9), worker: None };
    let fields =
        vec![Field::new("distance", 1u64 << 40), Field::new("name", "Halley"), Field::new("tail", "ion")];
    assert_eq!(events, [poll.into(), comet(fields), Gap { lost: 4, why: Why::Full }.into()]);
}

#[test]
fn a_field_of_an_unknown_type_is_passed_over() {
    let mut bytes = later();
    // The code of the comet, its name, its time, its three fields; the first of them.
    let schema = [KINDS.len() as u8 + 1, 0, 0, 3];
    let found = |bytes: &[u8]| bytes[0] == schema[0] && bytes[2..] == schema[2..];
    let at = bytes.windows(4).position(found).expect("the schema is stated");
    bytes[at + 5] = 99;
    // A later version's type uses no loose bits: those of the number go to nobody, so it is the last that has some.
    let (header, payload) = bytes.split_first_chunk().expect("there is a header");
    let mut header = crate::Header::from_bytes(header).expect("it is intact");
    header.payload_crc = crc32c::crc32c(payload);
    let block = Block::from_payload(&header, payload).expect("it can be read");
    let shown = comet(vec![Field::new("name", "Halley"), Field::new("tail", "ion")]);
    assert_eq!(block.records[1].event, shown);
}

#[test]
fn a_text_that_says_unknown_is_said_and_a_choice_that_is_unknown_is_not() {
    let event = Span { name: "unknown".into(), span_kind: SpanKind::Client, ..Span::default() };
    let line = crate::to_json(&Record { thread: 0, at: 1, event: event.into() });
    assert!(line.contains(r#""name":"unknown""#) && line.contains(r#""span_kind":"client""#), "{line}");
    assert!(!line.contains("status"), "{line}");
}

#[test]
fn an_encoder_can_be_given_to_a_thread() {
    fn is_send<T: Send>() {}
    is_send::<Encoder<Box<dyn TraceWriter>>>();
}

#[test]
fn events_that_are_huge_are_cut_and_never_make_a_block_that_is_refused() {
    let text = "x".repeat(5 << 20);
    let list: Vec<Field<'_>> =
        (0..20_000).map(|index| Field::new(format!("key {index}"), u64::MAX - index)).collect();
    let mut encoder = Encoder::new(Vec::new(), Options { codec: Codec::None, ..Options::default() });
    for _ in 0..20 {
        let fields = list.clone().into();
        let user = crate::event::User { name: text.as_str().into(), fields, ..Default::default() };
        encoder.event(0, 1 << 60, &user).expect("memory takes it");
    }
    encoder.flush().expect("memory takes it");
    let mut reader = Reader::from_bytes(std::mem::take(encoder.writer_mut()));
    let events: Vec<_> = reader.events().collect();
    assert!(reader.problems().is_empty(), "{:?}", reader.problems());
    assert_eq!(events.len(), 20);
    let Event::User(user) = &events[0].event else { panic!("{:?}", events[0].event.kind()) };
    assert_eq!((&*user.name, user.fields.len()), ("…", 4096));
    assert_eq!(user.fields[7], list[7]);
}

/// A block of this payload, as it says of itself.
fn block_of(raw: &[u8], events: u32) -> Vec<u8> {
    let mut out = vec![0; crate::HEADER_BYTES];
    let codec = Packer::new(Codec::Zstd, 1).pack([raw].into_iter(), &mut out);
    let payload = (out.len() - crate::HEADER_BYTES) as u32;
    let header = crate::Header {
        content: crate::header::Content::Events,
        codec,
        payload,
        packed: payload,
        raw: raw.len() as u32,
        events,
        repeated: 0,
        sequence: u64::MAX,
        recording: 7,
        first: 0,
        last: 0,
        earliest: 0,
        payload_crc: crc32c::crc32c(&out[crate::HEADER_BYTES..]),
    };
    out[..crate::HEADER_BYTES].copy_from_slice(&header.to_bytes());
    out
}

#[test]
fn fields_that_nobody_can_read_take_neither_memory_nor_time() {
    use crate::wire::numbers::put_leb;
    let (fields, events) = (500_000, 50_000);
    // One text, no ids, and one kind, which has no other name than that.
    let mut raw = vec![1, 1, b'x', 0, 0, 1, 200, 0, 0];
    put_leb(&mut raw, fields);
    (0..fields).for_each(|_| raw.extend([0, 255]));
    raw.extend([1, 0]);
    put_leb(&mut raw, events);
    raw.push(0);
    put_leb(&mut raw, events);
    put_leb(&mut raw, events);
    // Their columns are empty; then the kinds of all events, and their times.
    raw.resize(raw.len() + fields as usize, 0);
    raw.resize(raw.len() + events as usize, 200);
    raw.resize(raw.len() + events as usize, 0);
    let bytes = block_of(&raw, events as u32);
    assert!(bytes.len() < 1 << 14, "{}", bytes.len());
    let block = Block::from_bytes(&bytes).expect("it is a block");
    assert_eq!(block.records.len() as u64, events);
    let capacity = |record: &Record<'_>| match &record.event {
        Event::Other(other) => other.fields.capacity(),
        _ => usize::MAX,
    };
    assert!(block.records.iter().all(|record| capacity(record) == 0));
    // The largest number that a block can have; nothing is missing between two of it.
    let mut reader = Reader::from_bytes([bytes.clone(), bytes].concat());
    assert_eq!((reader.blocks().count(), reader.problems().iter().count()), (2, 0));
}
