//! `spanwright recover`: a file with an index of what is intact, and of what killed processes have left in memory.
//!
//! The latter the next start of their program adopts too, by the same code: [`Remains`].

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use spanwright::recorder::Remains;
use spanwright_recording::{
    Reader, Recovered, Sealed, SimpleBinaryWriter, StreamWriter, TraceWriter, recover_into,
};

use super::output::{Target, unwritten};
use super::problems::Unusable;
use super::progress::Progress;
use super::times::bytes;
use super::{Done, Files, output, problems};

pub(crate) fn write(files: &Files, out: &Target, remove: bool) -> Done {
    if out.is_terminal() {
        return Err("a recording is no text; write it to a file, or into a pipe".into());
    }
    let mut sources = Sources::open(files)?;
    let recovered = match out {
        Target::Standard => sources.copy(&mut StreamWriter::new(out.open()?))?,
        Target::File(path) => {
            // What is there is not overwritten: it may be the recording.
            if path.exists() {
                return Err(format!("`{}` is there already; write to another file", path.display()).into());
            }
            let mut writer = SimpleBinaryWriter::new(path).map_err(|error| unwritten(path, &error))?;
            let copied = sources.copy(&mut writer);
            drop(writer);
            if !matches!(copied, Ok(Recovered { blocks: 1.., .. })) {
                // A part of it would be taken for the whole.
                let _ = fs::remove_file(path);
            }
            copied.map_err(|error| unwritten(path, &error))?
        }
    };
    let said = format!("{} events in {} blocks are recovered", recovered.events, recovered.blocks);
    match out {
        _ if recovered.blocks == 0 => {}
        Target::Standard => drop(writeln!(io::stderr(), "{said}")),
        Target::File(path) => {
            let length = fs::metadata(path).map_or(0, |file| file.len());
            output::print(&format!("{said}: `{}`, {}\n", path.display(), bytes(length)))?;
        }
    }
    let told = sources.tell();
    if recovered.blocks == 0 {
        return Err("no block was intact".into());
    }
    if let (true, Target::File(path)) = (remove, out) {
        sources.remove(path)?;
    }
    Ok(told)
}

/// What is recovered.
struct Sources {
    reader: Reader,
    remains: Vec<Remains>,
    /// What was left and can't be read now.
    problems: Vec<String>,
}

impl Sources {
    fn open(files: &Files) -> Result<Self, Unusable> {
        let (mut remains, mut problems) = (Vec::new(), Vec::new());
        for path in files.segments()? {
            let path_said = path.display();
            match Remains::open(&path) {
                Ok(Some(one)) => remains.push(one),
                Ok(None) => problems.push(format!(
                    "`{path_said}`: its process runs, or is being adopted; try again when it has ended"
                )),
                Err(error) => problems.push(error.to_string()),
            }
        }
        let reader = Reader::open_all(files.recordings()?)?;
        if reader.index().len() == 0 && remains.is_empty() {
            return Err(match problems.is_empty() {
                true => Unusable::nothing(&files.paths, false, &reader),
                false => Unusable::Nothing(problems.join("; ")),
            });
        }
        Ok(Self { reader, remains, problems })
    }

    /// Copies all of it, and finishes.
    fn copy(&mut self, writer: &mut dyn TraceWriter) -> io::Result<Recovered> {
        let mut progress = Progress::new("recovering");
        let mut all =
            recover_into(&mut self.reader, &mut Unfinished(writer), |done, all| progress.at(done, all))?;
        let processes = self.remains.len() as u64;
        for (done, remains) in (0..).zip(&mut self.remains) {
            progress.at_of("process", done, processes);
            let Recovered { blocks, events, .. } = remains.write(writer)?;
            all.blocks += blocks;
            all.events += events;
        }
        writer.finish()?;
        Ok(all)
    }

    /// Says what was wrong: 1 where something was.
    fn tell(&self) -> ExitCode {
        let told = problems::tell(&self.reader);
        let damaged = self.remains.iter().filter_map(|remains| {
            Some(format!("what process {} has left: {}", remains.pid(), remains.damage()?))
        });
        let said: Vec<_> = self.problems.iter().cloned().chain(damaged).collect();
        for problem in &said {
            // Nobody is left to be told where even that fails.
            let _ = writeln!(io::stderr(), "problem: {problem}");
        }
        if said.is_empty() { told } else { ExitCode::FAILURE }
    }

    /// Removes what processes have left, once the disk holds the file.
    fn remove(self, file: &Path) -> io::Result<()> {
        fs::OpenOptions::new().write(true).open(file)?.sync_all()?;
        self.remains.into_iter().try_for_each(Remains::remove)
    }
}

/// Takes blocks, and more after them.
struct Unfinished<'w>(&'w mut dyn TraceWriter);

impl TraceWriter for Unfinished<'_> {
    fn write_block(&mut self, block: &Sealed<'_>) -> io::Result<()> {
        self.0.write_block(block)
    }
}
