//! `spanwright otlp`: spans and log events of a recording, to a collector.
//!
//! They are sent by the runtime's own exporters, which split, compress, time and repeat requests; ids are those of the recording.

mod convert;
mod parcel;

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use spanwright::export::otlp::{Compression, OtlpSettings};
use spanwright_recording::event::{Event, Opened};
use spanwright_recording::{Names, Reader, Record};

use super::filter::Filter;
use super::progress::Progress;
use super::times::Nanos;
use super::{Done, Files, output, problems};
use parcel::{Delivered, Parcel, Undelivered};

/// Of more recordings than this what there is is sent, and connections are opened anew.
const MOST_RECORDINGS: usize = 64;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    filter: Filter,
    /// The collector: `http://127.0.0.1:4318`; `/v1/traces` and `/v1/logs` are appended.
    #[arg(long, value_name = "URL")]
    endpoint: String,
    /// A header to send along: `authorization=Bearer …`. Several can be said.
    #[arg(long, value_name = "NAME=VALUE")]
    header: Vec<Header>,
    /// Compresses what is sent.
    #[arg(long)]
    gzip: bool,
    /// How long to try to send one request, repetitions included.
    #[arg(long, value_name = "DURATION", default_value = "30s")]
    timeout: Nanos,
    /// Only spans that were not sampled, which the process itself has not exported.
    #[arg(long)]
    unsampled: bool,
}

/// A header; its value may be a secret.
#[derive(Clone)]
struct Header(String, String);

impl std::fmt::Debug for Header {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Header").field(&self.0).finish_non_exhaustive()
    }
}

impl FromStr for Header {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text.split_once('=').ok_or("write a header as `name=value`")?;
        Ok(Self(name.trim().to_owned(), value.trim().to_owned()))
    }
}

impl Options {
    fn settings(&self, signal: &str) -> OtlpSettings {
        let base = self.endpoint.trim_end_matches('/').trim_end_matches("/v1/traces");
        OtlpSettings {
            endpoint: format!("{base}/v1/{signal}"),
            compression: if self.gzip { Compression::Gzip } else { Compression::None },
            headers: self.header.iter().map(|Header(name, value)| (name.clone(), value.clone())).collect(),
            timeout: Duration::from_nanos(self.timeout.0),
            ..OtlpSettings::default()
        }
    }

    fn wants(&self, record: &Record<'_>, names: &Names) -> bool {
        const SAMPLED: u32 = spanwright::span::flags::SAMPLED as u32;
        self.filter.wants(record, names)
            && match &record.event {
                // Without ids it is no span, for others.
                Event::Span(span) => {
                    span.trace.0 != [0; 16]
                        && span.span.0 != [0; 8]
                        && (!self.unsampled || span.flags & SAMPLED == 0)
                }
                Event::Open(open) => open.what == Opened::Span && open.trace.is_some() && open.span.is_some(),
                Event::Log(_) => true,
                _ => false,
            }
    }
}

pub(crate) fn send(options: &Options) -> Done {
    // What is wrong with the address is said before anything is read.
    Parcel::new(options.settings("traces"), options.settings("logs"), Vec::new())?;
    let mut reader = options.files.open()?;
    let mut delivered = Delivered::default();
    let sent = send_all(&mut reader, options, &mut delivered);
    let said = format!("{delivered} delivered\n");
    if let Err(error) = sent {
        return Err(format!("{error}; {}", said.trim_end()).into());
    }
    output::print(&said)?;
    let told = problems::tell(&reader);
    for refused in delivered.refused() {
        // Nobody is left to be told where even that fails.
        let _ = writeln!(std::io::stderr(), "problem: {refused}");
    }
    Ok(if delivered.refused().is_empty() { told } else { ExitCode::FAILURE })
}

fn send_all(reader: &mut Reader, options: &Options, delivered: &mut Delivered) -> Result<(), Undelivered> {
    let mut progress = Progress::new("sending");
    let time = options.filter.time(reader);
    let mut parcels: BTreeMap<u64, Parcel> = BTreeMap::new();
    let mut events = reader.events_within(time);
    while let Some(record) = events.next() {
        let (done, all) = events.progress();
        progress.at(done, all);
        if !options.wants(&record, events.names()) {
            continue;
        }
        if parcels.len() >= MOST_RECORDINGS && !parcels.contains_key(&events.recording()) {
            std::mem::take(&mut parcels).into_values().try_for_each(|parcel| parcel.finish(delivered))?;
        }
        let parcel = match parcels.entry(events.recording()) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(new) => {
                let resource = convert::resource(events.recording(), events.names());
                new.insert(Parcel::new(options.settings("traces"), options.settings("logs"), resource)?)
            }
        };
        parcel.add(&record, delivered)?;
    }
    parcels.into_values().try_for_each(|parcel| parcel.finish(delivered))
}
