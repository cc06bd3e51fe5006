//! What a process has left that was killed, as a recording: for the next start, and for whoever recovers it by hand.

use std::io;
use std::path::Path;

use spanwright_core::clock::Wall;
use spanwright_core::events::Doing;
use spanwright_core::segment::{Found, FoundSpan, FoundThread};
use spanwright_core::slots::value;
use spanwright_recording::event::{
    self as out, Field, Gap, Nanos, Opened, SpanId, TaskId, TraceId, Value, Why,
};
use spanwright_recording::{Encoder, Options, Reader, Recovered, Sealed, TraceWriter};

use super::identity;
use super::translate::Translator;
use super::waits::{Frame, write_found};

/// What a process has left that was killed while it was recorded: events that are in no recording yet, spans that were open, and
/// what each thread did.
///
/// The [next start](super::Recorder::recover_as) of its program adopts it. This is for where there is none.
///
/// ```no_run
/// use spanwright::recorder::{Remains, SimpleBinaryWriter, TraceWriter};
///
/// let left = "/dev/shm/spanwright-shop-4711-18a9d2.ring";
/// if let Some(mut remains) = Remains::open(left.as_ref())? {
///     let mut file = SimpleBinaryWriter::new("recovered.spwr")?;
///     remains.write(&mut file)?;
///     file.finish()?;
///     remains.remove()?;
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Remains {
    pub(super) found: Found,
}

impl Remains {
    /// Locks what was left. Nothing where the process is alive, or another adopts it.
    ///
    /// # Errors
    /// Where the file can't be read, is not this user's, or is nothing of the kind.
    pub fn open(path: &Path) -> io::Result<Option<Self>> {
        let found = Found::open(path).map_err(io::Error::other)?;
        Ok(found.map(|found| Self { found }))
    }

    /// The process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.found.pid()
    }

    /// Writes it as a recording of its own; nothing where the process has ended in order. The writer is not finished.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write(&mut self, writer: &mut dyn TraceWriter) -> io::Result<Recovered> {
        self.write_with(writer, &Options::default())
    }

    /// What could not be read of it, in words.
    #[must_use]
    pub fn damage(&self) -> Option<String> {
        let problems = self.found.problems();
        let parts = [
            (problems.missing_bytes, "bytes are missing"),
            (problems.damaged, "parts are damaged"),
            (problems.undefined, "names are unknown"),
        ];
        let said: Vec<_> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        (!said.is_empty()).then(|| said.join(", "))
    }

    /// Removes it: it is written.
    ///
    /// # Errors
    /// What the system says.
    pub fn remove(self) -> io::Result<()> {
        self.found.remove()
    }

    pub(super) fn write_with(
        &mut self,
        writer: &mut dyn TraceWriter,
        options: &Options,
    ) -> io::Result<Recovered> {
        if self.found.is_closed() {
            return Ok(Recovered::default());
        }
        // It is another process' recording.
        let options = Options { recording: Options::default().recording, ..options.clone() };
        let counted = Counted { writer, recovered: Recovered::default() };
        let mut translator = Translator::new(Encoder::new(counted, options));
        self.translate(&mut translator);
        let failed = translator.failed.take();
        translator.encoder.flush()?;
        failed.map_or(Ok(()), Err)?;
        let counted = translator.encoder.writer_mut();
        counted.writer.next_recording()?;
        Ok(std::mem::take(&mut counted.recovered))
    }

    fn translate<W: TraceWriter>(&mut self, translator: &mut Translator<W>) {
        let found = &mut self.found;
        let started = found.started_unix_nanos();
        let (process, runtimes) = identity::found(found);
        // It is this machine's memory.
        let unknown = || out::Process { started, host: identity::host().into(), ..out::Process::default() };
        let tool = concat!("spanwright ", env!("CARGO_PKG_VERSION"), ", recovered").into();
        let process = process.unwrap_or_else(unknown);
        translator.write(0, started, &out::Process { pid: found.pid(), tool, ..process });
        runtimes.iter().for_each(|runtime| translator.write(0, started, runtime));
        for thread in found.threads() {
            translator.thread(started, &thread.facts);
        }
        let mut blocks = Vec::new();
        found.blocks(|block| blocks.extend_from_slice(block));
        for record in Reader::from_bytes(blocks).events() {
            translator.write(record.thread, record.at, &record.event);
        }
        let mut last = started;
        found.records(|found| {
            last = last.max(found.unix_nanos);
            translator.use_clock(Wall::at(found.record.at, found.unix_nanos));
            translator.record_from(&found.record, found.place);
        });
        let let_go = found.let_go();
        if let_go > 0 {
            translator.write(0, last, &Gap { lost: let_go, why: Why::Full });
        }
        let spans = found.open_spans();
        let since = found.threads().iter().filter_map(|thread| Some(thread.doing?.1));
        last = spans.iter().map(|span| span.unix_nanos).chain(since).fold(last, u64::max);
        for span in &spans {
            translator.write(0, last, &opened(span, last));
        }
        for thread in found.threads() {
            if let Some(open) = done(thread, last) {
                translator.write(thread.facts.number, last, &open);
            }
        }
        let frames: Vec<_> = found.waiting().iter().map(Frame::found).collect();
        write_found(translator, last, &frames);
    }
}

/// Counts what the writer takes, and does not end with it.
struct Counted<'w> {
    writer: &'w mut dyn TraceWriter,
    recovered: Recovered,
}

impl TraceWriter for Counted<'_> {
    fn write_block(&mut self, block: &Sealed<'_>) -> io::Result<()> {
        self.writer.write_block(block)?;
        self.recovered.blocks += 1;
        self.recovered.events += u64::from(block.header.events);
        Ok(())
    }
}

/// What a thread did at the end.
fn done(thread: &FoundThread, end: u64) -> Option<out::Open<'static>> {
    let (doing, since, task) = thread.doing?;
    let what = match doing {
        Doing::Poll => Opened::Poll,
        Doing::Park => Opened::Park,
        Doing::Blocking => Opened::Blocking,
    };
    let task = (task != 0).then(|| TaskId::new(task));
    Some(out::Open { duration: Nanos(end.saturating_sub(since)), what, task, ..out::Open::default() })
}

/// A span that was open at the end.
fn opened(span: &FoundSpan, end: u64) -> out::Open<'static> {
    let mut fields = Vec::new();
    for field in span.fields() {
        let key = field.key.or_else(|| span.spec.fields.get(usize::from(field.index)).copied());
        let (Some(key), Some(value)) = (key, of_field(field.value)) else { continue };
        fields.push(Field::new(key.to_owned(), value));
    }
    out::Open {
        duration: Nanos(end.saturating_sub(span.unix_nanos)),
        what: Opened::Span,
        task: None,
        trace: Some(TraceId(span.trace_id.to_bytes())),
        span: Some(SpanId(span.span_id.to_bytes())),
        parent: span.parent.is_some().then(|| SpanId(span.parent.to_bytes())),
        name: span.spec.name.into(),
        fields: fields.into(),
    }
}

/// The value of a span's field; links have none.
fn of_field(value: value::Value<'_>) -> Option<Value<'static>> {
    Some(match value {
        value::Value::Bool(value) => Value::Bool(value),
        value::Value::I64(value) => Value::Int(value),
        value::Value::U64(value) => Value::Uint(value),
        value::Value::F64(value) => Value::Float(value),
        value::Value::Str(text) => Value::from(text.to_owned()),
        value::Value::Link(..) => return None,
    })
}
