//! A block that is being read.

use std::sync::Arc;

use super::{Block, KindSize};
use crate::codec::unpack;
use crate::event::{Event, Field, KINDS, Kind, KindSpec, Other, Record, Text, Time, Value};
use crate::header::Header;
use crate::wire::numbers::unzigzag;
use crate::wire::{BitsIn, Bytes, FieldType, In, Known, Malformed, get_number};

/// A field as the file states it.
#[derive(Debug)]
struct Stated<'b> {
    name: Arc<str>,
    /// Nothing, where a later version has made it.
    ty: Option<FieldType>,
    choices: Vec<Arc<str>>,
    /// Which field of ours it is.
    ours: Option<usize>,
    column: Bytes<'b>,
}

/// A kind as the file states it.
#[derive(Debug)]
struct StatedKind<'b> {
    code: u8,
    name: Arc<str>,
    time: Time,
    times: Bytes<'b>,
    fields: Vec<Stated<'b>>,
    /// Whether it is one of ours.
    known: bool,
    size: KindSize,
}

/// Events of one thread that follow each other.
#[derive(Debug)]
struct Run {
    thread: u32,
    events: usize,
    base: u64,
    repeated: bool,
}

/// Reads the payload of a block, whose checksum is right.
pub(super) fn decode(header: &Header, payload: &[u8]) -> Result<Block, Malformed> {
    let (packed, loose) = payload
        .split_at_checked(header.packed as usize)
        .ok_or(Malformed("the packed part is longer than the block"))?;
    let raw = unpack(header.codec, packed, header.raw)?;
    let mut input = Bytes(&raw);
    let known = Known::read(&mut input)?;
    let mut kinds =
        (0..input.count(4)?).map(|_| StatedKind::read(&mut input, &known)).collect::<Result<Vec<_>, _>>()?;
    let runs = runs(&mut input, header)?;
    let ordered = input.count(0)?;
    let total = header.events as usize + header.repeated as usize;
    if ordered != total || runs.iter().map(|run| run.events).sum::<usize>() != total {
        return Err(Malformed("a block has another number of events than its header says"));
    }
    let lengths = kinds
        .iter()
        .flat_map(|kind| 0..=kind.fields.len())
        .map(|_| input.leb())
        .collect::<Result<Vec<_>, _>>()?;
    let order = input.take(ordered)?;
    let mut lengths = lengths.into_iter().map(|length| usize::try_from(length).unwrap_or(usize::MAX));
    for kind in &mut kinds {
        let columns =
            std::iter::once(&mut kind.times).chain(kind.fields.iter_mut().map(|field| &mut field.column));
        for column in columns {
            let bytes = input.take(lengths.next().unwrap_or(usize::MAX))?;
            kind.size.columns += bytes.len() as u64;
            *column = Bytes(bytes);
        }
        // What can't be read would take memory and time for each event, and nothing of the file.
        kind.fields.retain(|field| field.ty.is_some());
    }
    let decoder = Decoder { kinds, known, bits: BitsIn::new(loose) };
    decoder.read(header, runs, order)
}

fn runs(input: &mut Bytes<'_>, header: &Header) -> Result<Vec<Run>, Malformed> {
    let count = input.count(3)?;
    let run = |_| {
        let thread = input.leb()?;
        Ok(Run {
            thread: u32::try_from(thread >> 1).map_err(|_| Malformed("a thread's number is too large"))?,
            repeated: thread & 1 == 1,
            events: usize::try_from(input.leb()?).unwrap_or(usize::MAX).min(1 << 20),
            base: header.first.wrapping_add_signed(unzigzag(input.leb()?)),
        })
    };
    (0..count).map(run).collect()
}

impl<'b> StatedKind<'b> {
    fn read(input: &mut Bytes<'b>, known: &Known) -> Result<Self, Malformed> {
        let code = input.byte()?;
        let name = known.text(input.leb()?)?.clone();
        let time = match input.byte()? {
            0 => Time::At,
            1 => Time::Start,
            _ => return Err(Malformed("a kind tells its time in an unknown way")),
        };
        // A code is never given to another kind; the name is looked at, lest somebody has done so.
        let ours = KINDS.iter().find(|spec| spec.code == code && *spec.name == *name && spec.time == time);
        let fields =
            (0..input.count(2)?).map(|_| Stated::read(input, known, ours)).collect::<Result<Vec<_>, _>>()?;
        let timed = fields.first().is_some_and(|field| field.ty == Some(FieldType::Duration));
        if time == Time::Start && !timed {
            return Err(Malformed("a kind is told by its start, and has no duration"));
        }
        let size = KindSize { kind: name.clone(), events: 0, columns: 0, loose_bits: 0 };
        Ok(Self { code, name, time, times: Bytes(&[]), fields, known: ours.is_some(), size })
    }
}

impl<'b> Stated<'b> {
    fn read(input: &mut Bytes<'b>, known: &Known, ours: Option<&KindSpec>) -> Result<Self, Malformed> {
        let name = known.text(input.leb()?)?.clone();
        let ty = FieldType::of(input.byte()?);
        let mut choices = Vec::new();
        if ty == Some(FieldType::Choice) {
            for _ in 0..input.count(1)? {
                choices.push(known.text(input.leb()?)?.clone());
            }
        }
        let ours = ours.and_then(|kind| {
            kind.fields.iter().position(|field| *field.name == *name && Some(field.ty) == ty)
        });
        Ok(Self { name, ty, choices, ours, column: Bytes(&[]) })
    }

    /// Its next value, as a field of a kind that is not known.
    fn field(
        &mut self,
        bits: &mut BitsIn<'b>,
        known: &mut Known,
    ) -> Result<Option<Field<'static>>, Malformed> {
        let Some(ty) = self.ty else { return Ok(None) };
        let mut value = ty.read(&mut In { column: &mut self.column, bits, known })?;
        if let (FieldType::Choice, Value::Uint(index)) = (ty, &value) {
            let name = usize::try_from(*index).ok().and_then(|index| self.choices.get(index));
            match name {
                _ if *index == 0 => value = Value::None,
                Some(name) => value = Value::Text(Text::Shared(name.clone())),
                None => {}
            }
        }
        Ok(Some(Field { key: Text::Shared(self.name.clone()), value }))
    }
}

/// What the events of a block are read with.
#[derive(Debug)]
struct Decoder<'b> {
    kinds: Vec<StatedKind<'b>>,
    known: Known,
    bits: BitsIn<'b>,
}

impl Decoder<'_> {
    fn read(mut self, header: &Header, runs: Vec<Run>, order: &[u8]) -> Result<Block, Malformed> {
        let mut places = [usize::MAX; 256];
        for (place, kind) in self.kinds.iter().enumerate().rev() {
            places[usize::from(kind.code)] = place;
        }
        let mut order = order.iter();
        let mut records = Vec::with_capacity(header.events as usize);
        let mut repeated = Vec::with_capacity(header.repeated as usize);
        for run in runs {
            let (mut at, mut end) = (run.base, run.base);
            for code in order.by_ref().take(run.events) {
                let place = places[usize::from(*code)];
                let (from, fused) = match self.kinds.get(place) {
                    Some(kind) if kind.time == Time::Start => (end, true),
                    _ => (at, false),
                };
                let before = self.bits.at();
                let (since, event) = self.event(place)?;
                let size = &mut self.kinds[place].size;
                // One byte of each is in the column of kinds.
                size.events += 1;
                size.columns += 1;
                size.loose_bits += (self.bits.at() - before) as u64;
                at = from.checked_add(since).ok_or(Malformed("a time is too late"))?;
                if fused {
                    at = at.checked_add(event.1).ok_or(Malformed("a time is too late"))?;
                    end = at;
                }
                let to = if run.repeated { &mut repeated } else { &mut records };
                to.push(Record { thread: run.thread, at, event: event.0 });
            }
        }
        if records.len() != header.events as usize {
            return Err(Malformed("a block has another number of events than its header says"));
        }
        let sizes = self.kinds.into_iter().map(|kind| kind.size).collect();
        Ok(Block { header: *header, records, repeated, sizes })
    }

    /// The next event of a kind: the time since the one before, itself, and how long it took where it is told by its start.
    fn event(&mut self, place: usize) -> Result<(u64, (Event<'static>, u64)), Malformed> {
        let Self { kinds, known, bits } = self;
        let kind = kinds.get_mut(place).ok_or(Malformed("an event is of a kind that is not stated"))?;
        let since = get_number(&mut kind.times, bits)?;
        let blank = if kind.known { Event::blank(kind.code) } else { None };
        let Some(mut event) = blank else {
            let mut fields = Vec::with_capacity(kind.fields.len());
            for field in &mut kind.fields {
                fields.extend(field.field(bits, known)?);
            }
            let duration = match fields.first() {
                Some(Field { value: Value::Uint(duration), .. }) if kind.time == Time::Start => *duration,
                _ => 0,
            };
            let other = Other { kind: Text::Shared(kind.name.clone()), fields };
            return Ok((since, (Event::Other(other), duration)));
        };
        for field in &mut kind.fields {
            match field.ours {
                Some(index) => event.set(index, &mut In { column: &mut field.column, bits, known })?,
                None => drop(field.field(bits, known)?),
            }
        }
        let duration = event.fused().map_or(0, |duration| duration.0);
        Ok((since, (event, duration)))
    }
}
