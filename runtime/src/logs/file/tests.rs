use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use super::*;

/// A folder that is removed again.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("spanwright-lines-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("made/lines")
    }

    /// All files, the newest first.
    fn texts(&self) -> Vec<String> {
        let former = (1..).map(|number| former(&self.file(), number));
        let all = std::iter::once(self.file()).chain(former);
        all.map_while(|path| fs::read_to_string(path).ok()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn open(
    folder: &Folder,
    max_bytes: Option<u64>,
    rotation: LogRotation,
    keep: usize,
    clock: fn() -> SystemTime,
) -> LogFile {
    LogFile::open(folder.file(), Bounds { max_bytes, rotation, keep }, clock).unwrap()
}

#[test]
fn a_full_file_gives_way_to_a_new_one_and_the_oldest_are_removed() {
    let folder = Folder::new();
    let file = open(&folder, Some(10), LogRotation::Never, 2, SystemTime::now);
    for line in ["1111\n", "2222\n", "3333\n", "longer than a file\n", "5555\n", "6666\n", "7777\n"] {
        file.write(line.as_bytes()).unwrap();
    }
    assert_eq!(folder.texts(), ["7777\n", "5555\n6666\n", "longer than a file\n"]);
    let fewer = open(&folder, Some(10), LogRotation::Never, 1, SystemTime::now);
    fewer.write(b"8888\n").unwrap();
    fewer.write(b"9999\n").unwrap();
    assert_eq!(folder.texts(), ["9999\n", "7777\n8888\n"], "what an earlier process has left is counted");
    let none = open(&folder, Some(10), LogRotation::Never, 0, SystemTime::now);
    none.write(b"aaaa\n").unwrap();
    none.write(b"bbbb\n").unwrap();
    assert_eq!(folder.texts(), ["bbbb\n"]);
}

#[test]
fn with_each_hour_a_new_file_is_begun_where_there_are_lines() {
    static NOW: AtomicU64 = AtomicU64::new(0);
    // After this run, so that the time at which the file was made counts for nothing.
    const START: u64 = 4_000_000_000 / 3_600 * 3_600;
    NOW.store(START, Ordering::Relaxed);
    let folder = Folder::new();
    let clock = || UNIX_EPOCH + Duration::from_secs(NOW.load(Ordering::Relaxed));
    let file = open(&folder, None, LogRotation::Hourly, 9, clock);
    for (second, line) in [(0, "a\n"), (3_599, "b\n"), (3_600, "c\n"), (3_600 * 5, "d\n")] {
        NOW.store(START + second, Ordering::Relaxed);
        file.write(line.as_bytes()).unwrap();
    }
    assert_eq!(folder.texts(), ["d\n", "c\n", "a\nb\n"]);
}

#[test]
fn threads_lose_no_line_whatever_is_begun_anew() {
    const THREADS: usize = 4;
    const LINES: usize = 2_000;
    let folder = Folder::new();
    let file = Arc::new(open(&folder, Some(4_096), LogRotation::Never, 1_000, SystemTime::now));
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let file = &file;
            scope.spawn(move || {
                (0..LINES).for_each(|line| file.write(format!("{thread} {line}\n").as_bytes()).unwrap());
            });
        }
    });
    let mut texts = folder.texts();
    assert!(texts.len() > 10 && texts.iter().all(|text| text.len() <= 4_096), "{}", texts.len());
    texts.reverse();
    let all = texts.concat();
    for thread in 0..THREADS {
        let prefix = format!("{thread} ");
        let lines: Vec<usize> =
            all.lines().filter_map(|line| line.strip_prefix(&prefix)?.parse().ok()).collect();
        assert!(lines.into_iter().eq(0..LINES), "the lines of thread {thread} are all there, and in order");
    }
    assert_eq!(all.lines().count(), THREADS * LINES);
}

#[cfg(unix)]
#[test]
fn a_file_that_was_renamed_or_removed_is_made_anew() {
    static NOW: AtomicU64 = AtomicU64::new(1);
    let folder = Folder::new();
    let clock = || UNIX_EPOCH + Duration::from_secs(NOW.fetch_add(1, Ordering::Relaxed));
    let file = open(&folder, None, LogRotation::Never, 1, clock);
    file.write(b"a\n").unwrap();
    fs::rename(folder.file(), folder.0.join("moved")).unwrap();
    file.write(b"b\n").unwrap();
    assert_eq!(folder.texts(), ["b\n"]);
    assert_eq!(fs::read_to_string(folder.0.join("moved")).unwrap(), "a\n");
}

#[cfg(unix)]
#[test]
fn where_no_new_file_can_be_begun_the_old_one_goes_on() {
    let folder = Folder::new();
    let file = open(&folder, Some(4), LogRotation::Never, 1, SystemTime::now);
    // Nothing can be renamed to a folder that is not empty.
    fs::create_dir_all(former(&folder.file(), 1).join("in the way")).unwrap();
    for line in ["aaa\n", "bbb\n", "ccc\n"] {
        file.write(line.as_bytes()).unwrap();
    }
    assert_eq!(fs::read_to_string(folder.file()).unwrap(), "aaa\nbbb\nccc\n");
}

#[cfg(unix)]
#[test]
fn processes_that_write_to_one_file_lose_no_line() {
    const PROCESSES: usize = 4;
    const LINES: usize = 1_000;
    let folder = Folder::new();
    std::thread::scope(|scope| {
        for process in 0..PROCESSES {
            let file = open(&folder, Some(64), LogRotation::Never, 10_000, SystemTime::now);
            scope.spawn(move || {
                (0..LINES).for_each(|line| file.write(format!("{process} {line}\n").as_bytes()).unwrap());
            });
        }
    });
    let all = folder.texts().concat();
    let mut lines: Vec<_> = all.lines().collect();
    lines.sort_unstable();
    lines.dedup();
    assert_eq!((all.lines().count(), lines.len()), (PROCESSES * LINES, PROCESSES * LINES));
    assert!(!beside(&folder.file(), "lock").exists());
}

#[cfg(unix)]
#[test]
fn a_turn_that_a_process_has_left_is_given_to_others_after_a_while() {
    let folder = Folder::new();
    let file = open(&folder, Some(4), LogRotation::Never, 1, SystemTime::now);
    let turn = File::create(beside(&folder.file(), "lock")).unwrap();
    file.write(b"aaa\n").unwrap();
    file.write(b"bbb\n").unwrap();
    assert_eq!(folder.texts(), ["aaa\nbbb\n"], "another process has it");
    turn.set_modified(SystemTime::now() - Duration::from_secs(11)).unwrap();
    file.write(b"ccc\n").unwrap();
    file.write(b"ddd\n").unwrap();
    assert_eq!(folder.texts(), ["ddd\n", "aaa\nbbb\nccc\n"]);
}

#[cfg(unix)]
#[test]
fn two_processes_begin_one_new_file_together_and_not_two() {
    let folder = Folder::new();
    let one = open(&folder, Some(10), LogRotation::Never, 5, SystemTime::now);
    let other = open(&folder, Some(10), LogRotation::Never, 5, SystemTime::now);
    for line in ["1111\n", "2222\n"] {
        one.write(line.as_bytes()).unwrap();
        other.write(line.to_uppercase().as_bytes()).unwrap();
    }
    one.write(b"3333\n").unwrap();
    other.write(b"3333\n").unwrap();
    assert_eq!(folder.texts(), ["3333\n3333\n", "1111\n1111\n2222\n2222\n"]);
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "a program for another test, whose files can't be larger than it is allowed"]
fn writing_program() {
    const OTHERS: &str = "a line of another process\n";
    let folder = Folder::new();
    let file = open(&folder, None, LogRotation::Never, 1, SystemTime::now);
    OpenOptions::new().append(true).open(folder.file()).unwrap().write_all(OTHERS.as_bytes()).unwrap();
    let line = format!("{}\n", "x".repeat(99));
    let written = (0..1_000).take_while(|_| file.write(line.as_bytes()).is_ok()).count();
    assert!((10..1_000).contains(&written), "the files may be larger: {written}");
    let text = fs::read_to_string(folder.file()).unwrap();
    assert!(
        text == format!("{OTHERS}{}", line.repeat(written)),
        "{} bytes after {written} lines",
        text.len()
    );
}

#[cfg(target_os = "linux")]
#[test]
fn of_a_line_that_does_not_fit_nothing_is_there_and_nobodys_lines_are_cut() {
    let program = concat!(module_path!(), "::writing_program").split_once("::").unwrap().1;
    let output = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$@\"", "sh"])
        .arg(std::env::current_exe().unwrap())
        .args([program, "--exact", "--ignored"])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_that_names_the_file() {
    let bounds = Bounds { max_bytes: Some(4), rotation: LogRotation::Never, keep: 1 };
    let full = LogFile::open(PathBuf::from("/dev/full"), bounds, SystemTime::now).unwrap();
    for _ in 0..3 {
        let reason = full.write(b"line\n").unwrap_err();
        assert!(reason.starts_with("`/dev/full` can't be written to: "), "{reason}");
    }
}
