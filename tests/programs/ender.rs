//! A program that ends in many ways, told by its argument. What it says is a line that starts with `> `.
#![allow(clippy::print_stdout, reason = "a program talks to whoever started it")]

use std::io::Write;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use fork::{Fork, fork, waitpid};
use spanwright::health::{self, Check, HealthStatus};
use spanwright::{Counter, Guard, Metrics, Telemetry, instrument, is_enabled, set_enabled};

/// What is counted.
#[instrument(metrics(prefix = "ender", labels(route = "work")))]
fn work() {}

#[derive(Metrics)]
#[metrics(prefix = "ender")]
struct Own {
    /// Calls that are over.
    done_total: Counter,
}

fn work_times(times: usize) {
    for _ in 0..times {
        work();
        Own::global().done_total.inc();
    }
}

fn say(text: &str) {
    println!("> {text}");
    // Nobody may be listening.
    let _ = std::io::stdout().flush();
}

fn install() -> Guard {
    Telemetry::builder().service_name("ender").handle_signals().install().expect("it is the first")
}

fn runtime(threads: usize) -> tokio::runtime::Runtime {
    let mut builder = match threads {
        0 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    builder.worker_threads(threads.max(1)).enable_all().build().expect("there are threads")
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("return") => {
            let _telemetry = install();
            work_times(7);
        }
        Some("exit") => {
            let _telemetry = install();
            work_times(7);
            std::process::exit(3);
        }
        Some("exit-elsewhere") => {
            let _telemetry = install();
            work_times(7);
            let exit = thread::spawn(|| std::process::exit(3));
            exit.join().expect("it does not come back");
        }
        Some("forget") => {
            std::mem::forget(install());
            work_times(7);
        }
        Some("panic") => {
            let _telemetry = install();
            work_times(7);
            panic!("on purpose");
        }
        Some("current-thread") => runtime(0).block_on(async {
            let _telemetry = install();
            tokio::spawn(async { work_times(7) }).await.expect("it does not panic");
        }),
        Some("nested") => nested(),
        Some("twice") => twice(),
        Some("idle") => {
            let _telemetry = install();
            work_times(7);
            say("ready");
            thread::sleep(Duration::from_secs(60));
        }
        Some("load") => load(),
        Some("own-signal") => {
            let _telemetry = install();
            work_times(7);
            signal(std::process::id(), "TERM");
            thread::sleep(Duration::from_secs(60));
        }
        Some("fork") => forks(),
        Some("fork-and-signal") => forks_and_signals(),
        Some("switch") => switches(),
        Some("probes") => probes(),
        other => panic!("{other:?} is no way to end"),
    }
}

/// Telemetry that begins in one runtime and ends in another one within it.
fn nested() {
    runtime(2).block_on(async {
        let telemetry = install();
        work_times(3);
        let inner = tokio::task::spawn_blocking(move || {
            runtime(0).block_on(async move {
                work_times(4);
                drop(telemetry);
            });
        });
        inner.await.expect("it does not panic");
    });
}

/// Telemetry that is there already, and telemetry after telemetry.
fn twice() {
    let first = install();
    let second = Telemetry::builder().install().map(drop);
    say(&second.expect_err("there is one").to_string());
    work_times(3);
    drop(first);
    // Nobody records this one.
    work();
    let _third = install();
    work_times(4);
}

/// Calls on all threads until the program is asked to end.
fn load() {
    let telemetry = install();
    let (token, stop, calls) = (telemetry.shutdown_token(), AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    work_times(20);
                    calls.fetch_add(20, Ordering::Relaxed);
                    thread::sleep(Duration::from_millis(1));
                }
            });
        }
        say("ready");
        runtime(0).block_on(token.cancelled());
        stop.store(true, Ordering::Relaxed);
    });
    let all = telemetry.shutdown();
    say(&format!("{} {all}", calls.into_inner()));
}

/// A child beside its parent, both with what the parent has installed.
fn forks() {
    let telemetry = install();
    work_times(3);
    match fork().expect("there may be children") {
        Fork::Child => {
            work_times(100);
            say(&format!("flushed in the child {} {}", telemetry.flush(), spanwright::is_installed()));
            drop(telemetry);
            let again = Telemetry::builder().install().map(drop);
            say(&again.expect_err("it can't").to_string());
            std::process::exit(0);
        }
        Fork::Parent(child) => {
            waitpid(child).expect("it is a child");
            work_times(4);
            let admin = telemetry.metrics_addr().expect("there is a server");
            drop(telemetry);
            say(&format!("gone {}", std::net::TcpListener::bind(admin).is_ok()));
        }
    }
}

fn signal(process: u32, signal: &str) {
    let killed = Command::new("kill").args(["-s", signal, &process.to_string()]).status();
    assert!(killed.expect("there is `kill`").success());
}

/// Children that are asked to end: of a parent with telemetry, of one whose telemetry is over, and one with its own.
fn forks_and_signals() {
    let ended_by = |signal_name: &str, begin: fn()| match fork().expect("there may be children") {
        Fork::Child => {
            begin();
            thread::sleep(Duration::from_secs(5));
            std::process::exit(0);
        }
        Fork::Parent(child) => {
            // Until it sleeps.
            thread::sleep(Duration::from_millis(500));
            signal(child.unsigned_abs(), signal_name);
            // Its low bits are the signal that has ended it.
            say(&format!("{signal_name} {}", waitpid(child).expect("it is a child") & 0x7f));
        }
    };
    let telemetry = install();
    ended_by("TERM", || {});
    ended_by("INT", || {});
    drop(telemetry);
    ended_by("TERM", || {});
    ended_by("TERM", || {
        std::mem::forget(install());
        work_times(7);
    });
}

/// Telemetry that is switched off for a while.
fn switches() {
    let telemetry = install();
    work_times(3);
    set_enabled(false);
    assert!(!is_enabled());
    work_times(100);
    tracing::info!("nobody exports this");
    set_enabled(true);
    work_times(4);
    tracing::info!("all export this");
    drop(telemetry);
}

/// A service that starts, degrades, recovers and ends as it is told on its standard input.
fn probes() {
    static STATUS: std::sync::Mutex<HealthStatus> = std::sync::Mutex::new(HealthStatus::Healthy);
    let starting = health::not_ready("the cache is being loaded");
    let telemetry = install();
    health::add(Check::new("cache", || async { STATUS.lock().expect("nobody panics").clone() }));
    health::show_metric("calls_done", "ender_done_total", 1.0);
    let token = telemetry.shutdown_token();
    say(&telemetry.metrics_addr().expect("there is a server").to_string());
    let mut starting = Some(starting);
    thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            match &*line {
                "started" => drop(starting.take()),
                "work" => work_times(5),
                "degrade" => *STATUS.lock().expect("nobody panics") = HealthStatus::degraded("it is cold"),
                "fail" => *STATUS.lock().expect("nobody panics") = HealthStatus::unhealthy("it is gone"),
                "recover" => *STATUS.lock().expect("nobody panics") = HealthStatus::Healthy,
                other => panic!("unknown command `{other}`"),
            }
            say("done");
        }
    });
    runtime(0).block_on(token.cancelled());
    say("told to end");
    drop(telemetry);
}
