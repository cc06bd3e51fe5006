//! What can be found. The rules are written down in `docs/recordings.md`, which a test holds to be complete.

/// A kind of finding.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// It stays the same in all versions.
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    /// What to try.
    pub(crate) remedy: &'static str,
}

macro_rules! rules {
    ($($name:ident = $id:literal, $title:literal, $remedy:literal;)*) => {
        $(pub(crate) static $name: Rule = Rule { id: $id, title: $title, remedy: $remedy };)*
        /// All of them.
        pub(crate) static ALL: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    BLOCKING = "blocking-in-async", "a task blocks its worker",
        "move what blocks or computes for long to `spanwright::spawn_blocking`, use an asynchronous counterpart, or yield now and then with `tokio::task::yield_now`; no lock of the standard library should be held for long";
    STARVATION = "worker-starvation", "a worker slept while a task waited to be polled",
        "look for the task that blocked the other worker, which held what waits in a queue of its own: a task that was woken last can't be taken from it; make it yield or block elsewhere";
    IMBALANCE = "worker-imbalance", "one worker does the work of several",
        "look for work that is in one task: split it into tasks, or spawn them outside of the one that is busy";
    WAIT = "wake-delay", "tasks wait long for a worker once they are woken",
        "see the polls that are long at the same time, which come first; else there is more work than workers: add workers, or accept less work at a time";
    LEAK = "task-leak", "more and more tasks of a place are never heard of again",
        "see what these tasks wait for, and that it ends: keep their `JoinHandle` and abort them, put them into a `JoinSet` that is dropped, or give what they wait for a time limit";
    MISSED_WAKE = "missed-wake", "a task waits for a wake-up that does not come",
        "see the future that it awaits: it must store the waker before it looks at the state, replace it at each poll, and wake it once the state has changed; a channel's other end must be dropped or used";
    PANIC = "task-panic", "tasks panicked",
        "see the panic's message in the logs, and return errors instead; a task's `JoinHandle` says that it panicked";
    QUEUE = "queue-buildup", "more and more tasks wait for a worker",
        "accept less work at a time, by a semaphore or a bounded channel in front of what spawns; add workers, or shorten the polls of the place that is named";
    POOL = "blocking-pool-queue", "calls wait long for a thread of the blocking pool",
        "raise `max_blocking_threads`, limit how many are handed over at a time, or give long-lived work a thread of its own";
    QUEUED_SPAN = "queued-span", "a request spent most of its time waiting for a worker",
        "see `wake-delay` and `blocking-in-async` at that time: the request itself had nothing to do";
    SLOW_SPAN = "slow-span", "a request took much longer than usual",
        "see where its time went: busy is computing or blocking, queued is a lack of workers, else it is what was awaited";
}
