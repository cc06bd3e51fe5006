//! `spanwright perfetto`: a recording as a picture, for Perfetto's UI and for whatever reads Chrome's trace events.
//!
//! | Module | Does |
//! | --- | --- |
//! | `scene` | says of each event what is drawn, and where |
//! | `lanes` | keeps what overlaps on a thread apart |
//! | `flows` | leads from a wake-up to the poll that it caused |
//! | `canvas` | what can be drawn, and the tracks for it |
//! | `packets` | draws as Perfetto's protobuf |
//! | `json` | draws as Chrome's trace events |
//!
//! Events are drawn as they come, which is by the time of their end; both formats leave sorting to the viewer. What is held is bounded: tracks
//! of threads, tasks that are alive, and wake-ups that no poll has followed yet.

mod canvas;
mod flows;
mod json;
mod lanes;
mod packets;
mod scene;

use std::io::Write;

use clap::Args;
use spanwright_recording::Reader;

use super::filter::{self, Filter};
use super::output::Target;
use super::progress::Progress;
use super::{Done, Files, problems};
use canvas::Canvas;
use json::Json;
use packets::Packets;
use scene::Scene;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    filter: Filter,
    /// As Chrome's trace events, which speedscope opens too.
    #[arg(long)]
    json: bool,
    /// The file to write to; `-` is the standard output.
    #[arg(long)]
    out: Target,
}

pub(crate) fn write(options: &Options) -> Done {
    let Options { files, filter, json, out } = options;
    if out.is_terminal() && !json {
        return Err("a trace is no text; write it to a file, or into a pipe".into());
    }
    files.spare(out)?;
    let mut reader = files.open()?;
    let mut to = out.open()?;
    let drawn = if *json {
        draw(&mut reader, filter, Json::new(&mut to))
    } else {
        draw(&mut reader, filter, Packets::new(&mut to))
    };
    out.settle(drawn.and_then(|()| to.flush()))?;
    Ok(problems::tell(&reader))
}

fn draw(reader: &mut Reader, filter: &Filter, canvas: impl Canvas) -> std::io::Result<()> {
    let since = filter::first(reader);
    let mut progress = Progress::new("drawing");
    let time = filter.time(reader);
    let mut scene = Scene::new(canvas, since.max(time.start))?;
    let mut events = reader.events_within(time);
    while let Some(record) = events.next() {
        let (done, all) = events.progress();
        progress.at(done, all);
        if filter.wants(&record, events.names()) {
            scene.draw(&record, events.recording(), events.names())?;
        }
    }
    scene.finish()
}
