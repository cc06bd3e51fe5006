//! Rows of a table, on their way to a file.

use std::fs::File;
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::column::writer::ColumnWriterImpl;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::Result;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;
use spanwright_recording::event::{KindSpec, TaskId, Value};
use spanwright_recording::{Names, Record};

use super::super::values::to_json;
use super::schema::{self, Column, Source, Type};

/// A row group has as many rows at most, and as many bytes, nearly.
const MOST_ROWS: usize = 1 << 17;
const MOST_BYTES: usize = 16 << 20;

/// A value of a column.
enum Cell {
    Nothing,
    Int(i64),
    Float(f64),
    Bool(bool),
    Text(ByteArray),
    Ints(Vec<i64>),
    Texts(Vec<ByteArray>),
}

/// The values of a column that are not written yet.
#[derive(Debug, Default)]
struct Buffer {
    ints: Vec<i64>,
    floats: Vec<f64>,
    bools: Vec<bool>,
    texts: Vec<ByteArray>,
    /// Of what may hold nothing, whether it holds something; of a list, whether it has an item here.
    definition: Vec<i16>,
    /// Of lists, whether it is the same list as before.
    repetition: Vec<i16>,
}

impl Buffer {
    /// Gives how many bytes it takes, nearly.
    fn push(&mut self, cell: Cell, optional: bool) -> usize {
        if optional {
            self.definition.push(i16::from(!matches!(cell, Cell::Nothing)));
        }
        match cell {
            Cell::Nothing => {}
            Cell::Int(value) => self.ints.push(value),
            Cell::Float(value) => self.floats.push(value),
            Cell::Bool(value) => self.bools.push(value),
            Cell::Text(text) => {
                let bytes = text.len();
                self.texts.push(text);
                return bytes + 40;
            }
            Cell::Ints(list) => return self.push_list(list, |buffer| &mut buffer.ints, |_| 12),
            Cell::Texts(list) => {
                return self.push_list(list, |buffer| &mut buffer.texts, |text| text.len() + 40);
            }
        }
        10
    }

    fn push_list<T>(
        &mut self,
        list: Vec<T>,
        values: fn(&mut Self) -> &mut Vec<T>,
        bytes: fn(&T) -> usize,
    ) -> usize {
        // An empty list has a place too, where nothing is.
        let places = list.len().max(1);
        self.definition.extend(std::iter::repeat_n(i16::from(!list.is_empty()), places));
        self.repetition.extend((0..places).map(|place| i16::from(place > 0)));
        let length = 4 + list.iter().map(bytes).sum::<usize>();
        values(self).extend(list);
        length
    }

    fn write(&self, ty: Type, to: &mut SerializedColumnWriter<'_>) -> Result<()> {
        match ty {
            Type::Time | Type::Signed | Type::Unsigned | Type::UnsignedList => {
                self.write_all(to.typed::<Int64Type>(), &self.ints)
            }
            Type::Float => self.write_all(to.typed::<DoubleType>(), &self.floats),
            Type::Bool => self.write_all(to.typed::<BoolType>(), &self.bools),
            Type::Text | Type::TextList => self.write_all(to.typed::<ByteArrayType>(), &self.texts),
        }
    }

    fn write_all<T: DataType>(&self, to: &mut ColumnWriterImpl<'_, T>, values: &[T::T]) -> Result<()> {
        let some = |levels: &'_ [i16]| (!levels.is_empty()).then(|| levels.to_vec());
        let (definition, repetition) = (some(&self.definition), some(&self.repetition));
        to.write_batch(values, definition.as_deref(), repetition.as_deref()).map(drop)
    }
}

/// A file that is being written.
pub(super) struct Table {
    columns: Vec<Column>,
    buffers: Vec<Buffer>,
    writer: SerializedFileWriter<File>,
    recording: ByteArray,
    waiting: usize,
    /// Bytes of what waits, nearly.
    pub(super) bytes: usize,
    pub(super) rows: u64,
}

impl Table {
    pub(super) fn new(file: File, kind: &'static KindSpec, recording: u64) -> Result<Self> {
        let columns = schema::columns(kind);
        let message = Arc::new(parse_message_type(&schema::message(kind, &columns))?);
        let version = KeyValue::new("spanwright.schema".to_owned(), schema::VERSION.to_owned());
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
            .set_created_by(concat!("spanwright ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_key_value_metadata(Some(vec![version]))
            .build();
        Ok(Self {
            buffers: columns.iter().map(|_| Buffer::default()).collect(),
            columns,
            writer: SerializedFileWriter::new(file, message, Arc::new(properties))?,
            recording: text(&format!("{recording:016x}")),
            waiting: 0,
            bytes: 0,
            rows: 0,
        })
    }

    pub(super) fn add(&mut self, record: &Record<'_>, names: &Names) -> Result<()> {
        let fields = record.event.fields();
        for (column, buffer) in self.columns.iter().zip(&mut self.buffers) {
            let cell = match column.source {
                Source::Recording => Cell::Text(self.recording.clone()),
                Source::At => Cell::Int(signed(record.at)),
                Source::Start => Cell::Int(signed(record.start())),
                Source::Thread => Cell::Int(record.thread.into()),
                Source::ThreadName => match names.thread(record.thread) {
                    Some(thread) => some_text(&thread.name),
                    None => Cell::Nothing,
                },
                Source::Field(place) => cell(column.ty, fields.get(place).map(|(_, value)| value)),
                Source::TaskName(place) => of_task(&fields, place, names, |task| task.name.to_string()),
                Source::TaskPlace(place) => of_task(&fields, place, names, |task| match &task.place {
                    place if place.file.is_empty() => String::new(),
                    place => place.to_string(),
                }),
            };
            self.bytes += buffer.push(cell, column.optional);
        }
        self.waiting += 1;
        self.rows += 1;
        if self.waiting >= MOST_ROWS || self.bytes >= MOST_BYTES { self.flush() } else { Ok(()) }
    }

    /// Writes what waits as a row group.
    pub(super) fn flush(&mut self) -> Result<()> {
        if self.waiting == 0 {
            return Ok(());
        }
        let mut group = self.writer.next_row_group()?;
        for (column, buffer) in self.columns.iter().zip(&mut self.buffers) {
            let Some(mut to) = group.next_column()? else { break };
            buffer.write(column.ty, &mut to)?;
            to.close()?;
            *buffer = Buffer::default();
        }
        group.close()?;
        (self.waiting, self.bytes) = (0, 0);
        Ok(())
    }

    /// Writes the rest.
    pub(super) fn finish(mut self) -> Result<()> {
        self.flush()?;
        self.writer.close().map(drop)
    }
}

/// What a field says, as it is stored.
fn cell(ty: Type, value: Option<&Value<'_>>) -> Cell {
    let Some(value) = value else { return Cell::Nothing };
    match (ty, value) {
        (_, Value::None) => Cell::Nothing,
        (Type::Signed, Value::Uint(value)) => Cell::Int(signed(*value)),
        // As it is: readers know that it has no sign.
        (Type::Unsigned, Value::Uint(value)) => Cell::Int(*value as i64),
        (_, Value::Int(value)) => Cell::Int(*value),
        (_, Value::Float(value)) => Cell::Float(*value),
        (_, Value::Bool(value)) => Cell::Bool(*value),
        (Type::UnsignedList, Value::List(list)) => {
            let number = |item: &Value<'_>| if let Value::Uint(value) = item { *value as i64 } else { 0 };
            Cell::Ints(list.iter().map(number).collect())
        }
        (Type::TextList, Value::List(list)) => {
            let item = |item: &Value<'_>| if let Value::Text(known) = item { text(known) } else { text("") };
            Cell::Texts(list.iter().map(item).collect())
        }
        (_, Value::Text(known)) => some_text(known),
        (_, Value::Span(id)) => Cell::Text(text(&id.to_string())),
        (_, Value::Trace(id)) => Cell::Text(text(&id.to_string())),
        (_, Value::List(list)) if list.is_empty() => Cell::Nothing,
        (_, Value::Fields(fields)) if fields.is_empty() => Cell::Nothing,
        (_, other) => Cell::Text(text(&to_json(other).to_string())),
    }
}

fn of_task(
    fields: &[(&str, Value<'_>)],
    place: usize,
    names: &Names,
    what: impl FnOnce(&spanwright_recording::event::TaskSpawn<'static>) -> String,
) -> Cell {
    let Some((_, Value::Uint(task))) = fields.get(place) else { return Cell::Nothing };
    names.task(TaskId::new(*task)).map_or(Cell::Nothing, |task| some_text(&what(task)))
}

fn some_text(known: &str) -> Cell {
    if known.is_empty() { Cell::Nothing } else { Cell::Text(text(known)) }
}

fn text(known: &str) -> ByteArray {
    ByteArray::from(known.as_bytes().to_vec())
}

/// Times and durations are signed.
fn signed(value: u64) -> i64 {
    value.min(i64::MAX as u64) as i64
}
