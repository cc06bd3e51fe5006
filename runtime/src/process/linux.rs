//! `/proc/self`, as `proc(5)` describes it.

use std::fs;
use std::time::Duration;

use super::Families;
use crate::registry::{LabelSet, Value};

/// What numbers in `/proc` are counted in.
#[derive(Debug)]
pub(super) struct Units {
    ticks_per_second: f64,
    /// Nothing where the system does not say it.
    page_bytes: Option<u64>,
}

impl Units {
    /// As the kernel has told the process at its start.
    pub(super) fn read() -> Self {
        Self::parse(&fs::read("/proc/self/auxv").unwrap_or_default())
    }

    /// Pairs of words, a type and a value: `getauxval(3)`.
    fn parse(auxiliary: &[u8]) -> Self {
        const WORD: usize = size_of::<usize>();
        const PAGE_SIZE: usize = 6;
        const CLOCK_TICKS: usize = 17;
        let word = |bytes: &[u8]| bytes.try_into().map_or(0, usize::from_ne_bytes);
        let value_of = |wanted| {
            let mut pairs = auxiliary.chunks_exact(2 * WORD);
            pairs.find(|pair| word(&pair[..WORD]) == wanted).map(|pair| word(&pair[WORD..]))
        };
        Self {
            // It has been this on every architecture for which there is Rust.
            ticks_per_second: value_of(CLOCK_TICKS).filter(|ticks| *ticks > 0).unwrap_or(100) as f64,
            page_bytes: value_of(PAGE_SIZE).map(|bytes| bytes as u64),
        }
    }
}

/// What `/proc/self/stat` says.
#[derive(Debug, PartialEq)]
struct Stat {
    minor_faults: u64,
    major_faults: u64,
    processor_ticks: u64,
    threads: u64,
    /// Since the system's start.
    start_ticks: u64,
    virtual_bytes: u64,
    resident_pages: u64,
}

impl Stat {
    fn read() -> Option<Self> {
        Self::parse(&fs::read_to_string("/proc/self/stat").ok()?)
    }

    /// The program's name, in parentheses, may have spaces and parentheses in it. Fields are numbered from 1; the one after
    /// the name is the third.
    fn parse(stat: &str) -> Option<Self> {
        let (_, after_name) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = after_name.split_ascii_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self {
            minor_faults: field(10)?,
            major_faults: field(12)?,
            processor_ticks: field(14)? + field(15)?,
            threads: field(20)?,
            start_ticks: field(22)?,
            virtual_bytes: field(23)?,
            resident_pages: field(24)?,
        })
    }
}

/// How long the process has run; nothing where that can't be known, as where a container has an uptime of its own.
pub(super) fn age(units: &Units) -> Option<Duration> {
    let uptime = fs::read_to_string("/proc/uptime").ok()?;
    let system: f64 = uptime.split_ascii_whitespace().next()?.parse().ok()?;
    let started = Stat::read()?.start_ticks as f64 / units.ticks_per_second;
    Duration::try_from_secs_f64(system - started).ok()
}

pub(super) fn collect(units: &Units, out: &mut Families<'_>) {
    if let Some(stat) = Stat::read() {
        of_stat(&stat, units, out);
    }
    if let Ok(limits) = fs::read_to_string("/proc/self/limits") {
        if let Some(bytes) = soft_limit(&limits, "Max address space") {
            let help = "The most virtual memory that the process may have.";
            out.gauge("process_virtual_memory_max_bytes", help, "bytes", bytes as f64);
        }
        if let Some(files) = soft_limit(&limits, "Max open files") {
            out.gauge("process_max_fds", "The most file descriptors that may be open.", "", files as f64);
        }
    }
    if let Some(open) = open_descriptors() {
        out.gauge("process_open_fds", "File descriptors that are open.", "", open as f64);
    }
    if let Ok(io) = fs::read_to_string("/proc/self/io") {
        let directions = [("read", "read_bytes"), ("write", "write_bytes")];
        let series = directions.into_iter().filter_map(|(direction, key)| {
            Some((LabelSet::from([("direction", direction)]), Value::Counter(value_of(&io, key)?)))
        });
        let help = "Bytes that the process made disks read and write.";
        out.counter("process_disk_io_bytes_total", help, "bytes", Some(out.start), series);
    }
}

/// The directory's size since Linux 6.2, and before that its entries, of which one is for the directory itself.
fn open_descriptors() -> Option<u64> {
    match fs::metadata("/proc/self/fd").ok()?.len() {
        0 => Some((fs::read_dir("/proc/self/fd").ok()?.count() as u64).saturating_sub(1)),
        open => Some(open),
    }
}

fn of_stat(stat: &Stat, units: &Units, out: &mut Families<'_>) {
    let seconds = Value::FloatCounter(stat.processor_ticks as f64 / units.ticks_per_second);
    let help = "Processor time that the process used, in its own code and in the system's.";
    let series = [(LabelSet::default(), seconds)];
    out.counter("process_cpu_seconds_total", help, "seconds", Some(out.start), series);

    let faults = [("minor", stat.minor_faults), ("major", stat.major_faults)];
    let series = faults.map(|(kind, count)| (LabelSet::from([("type", kind)]), Value::Counter(count)));
    let help = "Accesses to memory that had to be mapped (`minor`), or read from a disk (`major`).";
    out.counter("process_page_faults_total", help, "", Some(out.start), series);

    out.gauge("process_threads", "Threads of the process.", "", stat.threads as f64);
    let help = "Virtual memory of the process.";
    out.gauge("process_virtual_memory_bytes", help, "bytes", stat.virtual_bytes as f64);
    if let Some(page_bytes) = units.page_bytes {
        let resident = stat.resident_pages * page_bytes;
        out.gauge("process_resident_memory_bytes", "Memory that is in use.", "bytes", resident as f64);
    }
}

/// The limit that holds, out of a table with a name, a soft limit, a hard limit and a unit in each line.
fn soft_limit(limits: &str, name: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
    match line.split_ascii_whitespace().next()? {
        // As Prometheus' own client libraries have it.
        "unlimited" => Some(u64::MAX),
        limit => limit.parse().ok(),
    }
}

/// A value of lines such as `read_bytes: 4096`.
fn value_of(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_parentheses_moves_no_field() {
        let numbers: Vec<String> = (4..=52).map(|number| number.to_string()).collect();
        let stat = format!("7 (a) b (c) S {}", numbers.join(" "));
        let expected = Stat {
            minor_faults: 10,
            major_faults: 12,
            processor_ticks: 14 + 15,
            threads: 20,
            start_ticks: 22,
            virtual_bytes: 23,
            resident_pages: 24,
        };
        assert_eq!(Stat::parse(&stat), Some(expected));
        assert_eq!(Stat::parse("7 (a) S 1 2 3"), None);
    }

    #[test]
    fn limits_are_soft_ones_and_may_be_none() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max open files            1024                 4096                 files     \n\
                      Max address space         unlimited            unlimited            bytes     \n";
        assert_eq!(soft_limit(limits, "Max open files"), Some(1024));
        assert_eq!(soft_limit(limits, "Max address space"), Some(u64::MAX));
        assert_eq!(soft_limit(limits, "Max nothing"), None);
    }

    #[test]
    fn units_have_defaults_where_the_kernel_says_none() {
        let words = [6_usize, 16_384, 17, 250, 0, 0];
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let units = Units::parse(&bytes);
        assert_eq!((units.ticks_per_second, units.page_bytes), (250.0, Some(16_384)));
        let units = Units::parse(&bytes[..5]);
        assert_eq!((units.ticks_per_second, units.page_bytes), (100.0, None));
    }
}
