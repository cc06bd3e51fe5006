//! CPU time, in nanoseconds, and which processor a thread runs on.

use std::collections::BTreeMap;

/// Of the whole process, threads that have ended included.
pub fn of_process() -> u64 {
    read(libc::CLOCK_PROCESS_CPUTIME_ID)
}

/// Of this thread.
pub fn of_this_thread() -> u64 {
    read(libc::CLOCK_THREAD_CPUTIME_ID)
}

fn read(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is valid, and both clocks exist on all systems that `libc` has them for.
    assert_eq!(unsafe { libc::clock_gettime(clock, &mut time) }, 0, "the clock can be read");
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Of the threads that run now, by name; nothing where the system does not tell.
pub fn by_thread() -> BTreeMap<String, u64> {
    let mut times = BTreeMap::new();
    for task in std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let read = |file| std::fs::read_to_string(task.path().join(file)).unwrap_or_default();
        let nanos = read("schedstat").split(' ').next().and_then(|nanos| nanos.parse::<u64>().ok());
        *times.entry(read("comm").trim().replace(' ', "-")).or_default() += nanos.unwrap_or(0);
    }
    times
}

/// The processors that this thread may run on.
pub fn processors() -> Vec<usize> {
    let mut set = no_processors();
    // SAFETY: the set is valid, and as long as it is said to be.
    let failed = unsafe { libc::sched_getaffinity(0, size_of_val(&set), &mut set) } != 0;
    // SAFETY: all numbers are less than the set's size.
    let is_in = |processor: &usize| !failed && unsafe { libc::CPU_ISSET(*processor, &set) };
    (0..libc::CPU_SETSIZE as usize).filter(is_in).collect()
}

/// Keeps this thread on one processor, where the system lets it.
pub fn pin(processor: usize) {
    let mut set = no_processors();
    // SAFETY: the set is valid, as long as it is said to be, and has a place for this processor, which came from one.
    unsafe {
        libc::CPU_SET(processor, &mut set);
        libc::sched_setaffinity(0, size_of_val(&set), &set);
    }
}

fn no_processors() -> libc::cpu_set_t {
    // SAFETY: all zeroes are a set without processors.
    unsafe { std::mem::zeroed() }
}
