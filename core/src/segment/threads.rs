//! What the threads of a process did when that ended, and who they were: each process is this test program again.

use std::sync::mpsc;
use std::time::Duration;

use super::killed::{folder_of_program, patiently, program, ready};
use super::tests::{Folder, settings};
use super::*;
use crate::clock::Ticks;
use crate::events::{Doing, Role, ThreadFacts, Wake};

/// What says how a program ends.
const HOW: &str = "how";

fn named<R: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> R + Send + 'static,
) -> std::thread::JoinHandle<R> {
    std::thread::Builder::new().name(name.into()).spawn(run).unwrap()
}

/// Runs on a thread of this name, which goes on once it has done so.
fn on_thread(name: &str, run: impl FnOnce() + Send + 'static) {
    let (done, is_done) = mpsc::channel();
    drop(named(name, move || {
        run();
        done.send(()).unwrap();
        std::thread::sleep(Duration::from_secs(60));
    }));
    is_done.recv().unwrap();
}

/// Ends this process, as a file in its folder says.
fn end(folder: &Folder) {
    ready();
    match std::fs::read_to_string(folder.0.join(HOW)).unwrap().as_str() {
        "abort" => std::process::abort(),
        "panic" => panics(),
        "fault" => {
            // SAFETY: the system chooses the place, so nobody's memory is replaced.
            let page = unsafe {
                let flags = libc::MAP_PRIVATE | libc::MAP_ANON;
                libc::mmap(std::ptr::null_mut(), 4096, libc::PROT_NONE, flags, -1, 0)
            };
            // SAFETY: the page is this function's own; that it may not be read is for the system to say.
            let read = unsafe { page.cast::<u8>().read_volatile() };
            unreachable!("{read}");
        }
        _ => std::thread::sleep(Duration::from_secs(60)),
    }
}

/// A panic that can't be unwound.
extern "C" fn panics() {
    panic!("this ends the process");
}

#[test]
#[ignore = "a program for the test below"]
fn does_much_at_once() {
    let folder = folder_of_program();
    chunks::ring().set_limit(1 << 20);
    events::set_on(true);
    let (goes_on, waits) = mpsc::channel::<()>();
    let (begun, is_begun) = mpsc::channel();
    let moves = named("moves", move || {
        assert!(events::begin_poll(6, Ticks(0)).is_some());
        begun.send(()).unwrap();
        waits.recv().unwrap();
        events::wake(7, Wake::ByRef);
        end(&folder_of_program());
    });
    is_begun.recv().unwrap();
    std::thread::sleep(Duration::from_millis(100));
    open(&settings(&folder)).unwrap();
    on_thread("polls", || {
        events::place_thread(Role::Worker, Some(3), Some(0));
        assert!(events::begin_poll(8, clock::now()).is_some());
    });
    on_thread("parks", events::park);
    on_thread("blocks", || assert!(events::begin_blocking(9, Ticks(0))));
    on_thread("is done", || {
        assert!(events::begin_poll(10, Ticks(0)).is_some());
        let _ = events::end_poll();
    });
    let ended = named("has ended, and had a long name of more than sixty-four bytes: é…", || {
        events::wake(11, Wake::ByRef);
    });
    ended.join().unwrap();
    goes_on.send(()).unwrap();
    moves.join().unwrap();
}

#[test]
fn it_is_known_what_each_thread_did_however_the_process_ended() {
    for how in ["kill", "abort", "panic", "fault"] {
        let folder = Folder::new(&format!("threads-{how}"));
        std::fs::write(folder.0.join(HOW), how).unwrap();
        let mut child = program("threads::does_much_at_once", &folder);
        if how == "kill" {
            child.kill().unwrap();
        }
        assert!(!child.wait().unwrap().success());
        let found = patiently(|| found_in(&folder.0, "test").pop()).unwrap();
        let now = Wall::now().pair().1;
        let thread = |name: &str| {
            let mut threads = found.threads().iter().filter(|thread| thread.facts.name.starts_with(name));
            let thread = threads.next().unwrap_or_else(|| panic!("{how}: {name} is not there"));
            assert!(threads.next().is_none() && thread.facts.number != 0);
            assert!(thread.facts.os_id != 0 || !cfg!(target_os = "linux"));
            thread.clone()
        };
        let doing = |name| thread(name).doing.map(|(doing, _, task)| (doing, task));
        assert_eq!(doing("moves"), Some((Doing::Poll, 6)), "{how}");
        assert_eq!(doing("polls"), Some((Doing::Poll, 8)), "{how}");
        assert_eq!(doing("parks"), Some((Doing::Park, 0)), "{how}");
        assert_eq!(doing("blocks"), Some((Doing::Blocking, 9)), "{how}");
        assert_eq!((doing("is done"), doing("has ended")), (None, None), "{how}");
        let ThreadFacts { name, role, runtime, worker, .. } = thread("polls").facts;
        assert_eq!((&*name, role, runtime, worker), ("polls", Role::Worker, Some(3), Some(0)));
        let ended = thread("has ended").facts.name;
        assert_eq!(ended, "has ended, and had a long name of more than sixty-four bytes: é");
        let since = |name| thread(name).doing.unwrap().1;
        let before = since("polls") - since("moves");
        assert!((100_000_000..10_000_000_000).contains(&before), "{before}");
        assert!(now.abs_diff(since("polls")) < 60_000_000_000);
        assert_eq!(found.problems(), Problems::default());
        found.remove().unwrap();
    }
}

#[test]
#[ignore = "a program for the test below"]
fn forks_in_a_poll() {
    let folder = folder_of_program();
    chunks::ring().set_limit(1 << 20);
    events::set_on(true);
    open(&settings(&folder)).unwrap();
    assert!(events::begin_poll(5, Ticks(0)).is_some());
    // SAFETY: the child calls nothing that needs another thread.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let is_nobodys = events::current_task() == 0 && events::thread_number() == 0;
        let _ = events::end_poll();
        let begins = events::begin_poll(6, Ticks(0)).is_some();
        events::wake(7, Wake::ByRef);
        // SAFETY: it ends the process, as a child that was forked is to.
        unsafe { libc::_exit(if is_nobodys && !begins { 0 } else { 1 }) };
    }
    let mut status = 0;
    // SAFETY: the pointer is to a number.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0, "the child has nothing of its parent's");
    assert_eq!(events::current_task(), 5);
    ready();
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn a_child_does_nothing_in_its_parents_name() {
    let folder = Folder::new("forks-in-a-poll");
    let mut child = program("threads::forks_in_a_poll", &folder);
    child.kill().unwrap();
    child.wait().unwrap();
    let mut found = patiently(|| found_in(&folder.0, "test").pop()).unwrap();
    let doing: Vec<_> = found.threads().iter().filter_map(|thread| thread.doing).collect();
    assert!(matches!(doing[..], [(Doing::Poll, _, 5)]), "{doing:?}");
    found.records(|found| assert!(found.record.thread_facts().is_some(), "{:?}", found.record));
    found.remove().unwrap();
}
