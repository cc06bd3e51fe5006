//! Several recordings as one file, on one clock.

use std::collections::{BTreeMap, HashSet};
use std::io;

use crate::header::Header;
use crate::reader::Reader;
use crate::recover::{Recovered, copy};
use crate::writer::TraceWriter;

/// Copies all blocks that can be read into a writer, by their time, and finishes it. Each recording keeps its number, and a block that is
/// there twice is taken once.
///
/// `shifts` are nanoseconds to be added to all times of a recording, whose clock was wrong by as much. Payloads stay as they are: in a block,
/// times count from those of its header. So what events say of times as a value, such as when the process started, is not shifted.
///
/// Fails where a shift leads out of the times that there are, or the writer fails. `progress` is called with the number of blocks that were
/// looked at, and of all.
///
/// ```
/// use std::collections::BTreeMap;
/// use spanwright_recording::event::{Gap, Why};
/// use spanwright_recording::{Encoder, Options, Reader, merge_into};
///
/// let mut encoder = Encoder::new(Vec::new(), Options { recording: 5, ..Options::default() });
/// encoder.event(0, 1_700_000_000_000_000_000, &Gap { lost: 3, why: Why::Full })?;
/// encoder.flush()?;
///
/// let mut reader = Reader::from_bytes(encoder.writer().clone());
/// let mut merged = Vec::new();
/// merge_into(&mut reader, &BTreeMap::from([(5, -1_000)]), &mut merged, |_, _| {})?;
/// let at = Reader::from_bytes(merged).events().next().map(|record| record.at);
/// assert_eq!(at, Some(1_699_999_999_999_999_000));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn merge_into<W: TraceWriter>(
    reader: &mut Reader,
    shifts: &BTreeMap<u64, i64>,
    writer: &mut W,
    mut progress: impl FnMut(u64, u64),
) -> io::Result<Recovered> {
    let shift = |recording: u64| shifts.get(&recording).copied().unwrap_or(0);
    let mut seen = HashSet::new();
    let mut order = Vec::new();
    for (place, entry) in reader.index().enumerate() {
        if seen.insert((entry.recording, entry.sequence, entry.first, entry.events)) {
            let first = entry.first.saturating_add_signed(shift(entry.recording));
            order.push((first, entry.recording, entry.sequence, place));
        }
    }
    order.sort_unstable();
    let order: Vec<usize> = order.into_iter().map(|(.., place)| place).collect();
    copy(reader, &order, |header| shifted(header, shift(header.recording)), writer, &mut progress)
}

/// Moves all times of a block.
fn shifted(header: &mut Header, by: i64) -> io::Result<()> {
    // Without events of its own it has no times.
    if by == 0 || header.events == 0 {
        return Ok(());
    }
    for time in [&mut header.first, &mut header.last, &mut header.earliest] {
        *time = time.checked_add_signed(by).ok_or_else(|| {
            let said = format!(
                "recording {:016x} can't be shifted by {by} ns: times begin in 1970",
                header.recording
            );
            io::Error::new(io::ErrorKind::InvalidInput, said)
        })?;
    }
    Ok(())
}
