//! The admin server among clients that want too much of it: it goes on answering, the service goes on serving, and neither
//! takes up memory for them.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use std::{fs, thread};

use crate::backends::{on_path, or_skip};
use crate::shop::{GOOD_CARD, Shop};

/// By how much the memory of a program may grow while it is tormented, in bytes. 256 connections have a buffer of up to
/// 16 KiB each, and a page of metrics is written once at a time.
const GROWTH: u64 = 24 << 20;

/// The memory that a program has in use.
fn resident(shop: &Shop) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", shop.id())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux says so");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") << 10
}

/// Sends requests over one connection until told to stop, and gives how many were answered well. Where the connection is taken
/// from it, it makes another one.
fn hammer(address: &str, path: &str, stop: &AtomicBool) -> usize {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    let mut answered = 0;
    while !stop.load(Ordering::Relaxed) {
        let Ok(mut stream) = TcpStream::connect(address) else { continue };
        let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
        while !stop.load(Ordering::Relaxed) && ask(&mut stream, &request).is_some() {
            answered += 1;
        }
    }
    answered
}

/// One request and its whole answer.
fn ask(stream: &mut TcpStream, request: &str) -> Option<()> {
    stream.write_all(request.as_bytes()).ok()?;
    let (mut answer, mut buffer) = (Vec::new(), [0; 16 << 10]);
    loop {
        let read = stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
        answer.extend_from_slice(&buffer[..read]);
        let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&answer[..end]).ok()?.to_ascii_lowercase();
        assert!(head.starts_with("http/1.1 200"), "{head}");
        let length = head.split("content-length: ").nth(1)?.lines().next()?.parse::<usize>().ok()?;
        if answer.len() >= end + 4 + length {
            return Some(());
        }
    }
}

/// Makes trouble for the admin server as long as `orders` are placed, and sees that it can still be asked.
#[track_caller]
fn torment(shop: &Shop, trouble: impl Fn(&str, &AtomicBool) + Sync) {
    let orders = || {
        for _ in 0..20 {
            assert_eq!(shop.order("cup", 1, GOOD_CARD).0, 201);
            for path in ["/live", "/ready", "/health", "/metrics"] {
                assert_eq!(shop.ask(path).0, 200, "{path}");
            }
        }
    };
    // What is made on first use is there.
    orders();
    let before = resident(shop);
    let stop = AtomicBool::new(false);
    let most = thread::scope(|scope| {
        scope.spawn(|| trouble(shop.admin_address(), &stop));
        thread::sleep(Duration::from_millis(500));
        let mut most = 0;
        for _ in 0..3 {
            orders();
            most = most.max(resident(shop));
        }
        stop.store(true, Ordering::Relaxed);
        most
    });
    let growth = most.saturating_sub(before);
    assert!(growth < GROWTH, "{before} bytes became {most}");
}

/// Thousands of connections, or as many as this process may have beside what other tests have open.
fn many_connections() -> usize {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let files = files.and_then(|limits| limits.split_whitespace().next()?.parse::<usize>().ok());
    files.unwrap_or(1_024).saturating_sub(512).min(3_000)
}

#[test]
fn thousands_of_idle_connections_keep_nobody_out() {
    let shop = Shop::start().serve();
    assert_eq!(shop.ask("/metrics").0, 200);
    let (many, before) = (many_connections(), resident(&shop));
    let mut idle = VecDeque::new();
    while idle.len() < many {
        idle.push_back(TcpStream::connect(shop.admin_address()).expect("there may be so many"));
    }
    let idle = Mutex::new(idle);
    torment(&shop, |address, stop| {
        let mut idle = idle.lock().expect("nobody else has them");
        while !stop.load(Ordering::Relaxed) {
            idle.extend(TcpStream::connect(address));
            idle.pop_front();
            thread::sleep(Duration::from_millis(5));
        }
    });
    let after = resident(&shop);
    assert!(after.saturating_sub(before) < GROWTH, "{before} bytes became {after}");
}

#[test]
fn slow_heads_keep_nobody_out() {
    let shop = Shop::start().serve();
    torment(&shop, |address, stop| {
        let mut slow = VecDeque::new();
        while !stop.load(Ordering::Relaxed) {
            if slow.len() > 1_000 {
                slow.pop_front();
                thread::sleep(Duration::from_millis(5));
            }
            if let Ok(mut stream) = TcpStream::connect(address) {
                // Every second one is about to say something.
                if slow.len() % 2 == 0 {
                    let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\nx: ");
                }
                let _ = stream.set_nonblocking(true);
                slow.push_back(stream);
            }
            for stream in slow.iter_mut().step_by(50) {
                let _ = stream.write(b"x");
            }
        }
    });
}

#[test]
fn many_clients_at_once_are_all_answered() {
    let shop = Shop::start().serve();
    let answered = AtomicUsize::new(0);
    torment(&shop, |address, stop| {
        thread::scope(|scope| {
            for path in
                ["/metrics", "/health", "/ready", "/live", "/metrics", "/health?detail", "/live", "/live"]
            {
                let answered = &answered;
                scope.spawn(move || answered.fetch_add(hammer(address, path, stop), Ordering::Relaxed));
            }
        });
    });
    assert!(answered.into_inner() > 500, "they were answered");
}

#[test]
fn a_crowd_before_the_metrics_does_not_starve_probes() {
    const CROWD: usize = 600;
    let shop = Shop::start().serve();
    let (address, stop) = (shop.admin_address(), AtomicBool::new(false));
    let [answered, refused] = [AtomicUsize::new(0), AtomicUsize::new(0)];
    thread::scope(|scope| {
        for _ in 0..CROWD {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let Ok(mut stream) = TcpStream::connect(address) else { continue };
                    let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
                    let _ = stream
                        .write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
                    let mut answer = Vec::new();
                    let _ = stream.read_to_end(&mut answer);
                    let count = if answer.starts_with(b"HTTP/1.1 200") { &answered } else { &refused };
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        while answered.load(Ordering::Relaxed) < CROWD {
            thread::sleep(Duration::from_millis(10));
        }
        for _ in 0..30 {
            for path in ["/live", "/ready"] {
                assert_eq!(shop.ask(path).0, 200, "{path}");
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    let (answered, refused) = (answered.into_inner(), refused.into_inner());
    assert!(answered > refused, "{answered} {refused}");
}

#[test]
fn garbage_and_endless_requests_harm_nobody() {
    let shop = Shop::start().serve();
    torment(&shop, |address, stop| {
        let mut step = 0_u64;
        while !stop.load(Ordering::Relaxed) {
            step += 1;
            let Ok(mut stream) = TcpStream::connect(address) else { continue };
            let _ = stream.set_write_timeout(Some(Duration::from_secs(5)));
            let bytes: Vec<u8> = match step % 4 {
                0 => (0..4096_u64)
                    .map(|at| (at.wrapping_mul(step).wrapping_mul(0x9e37_79b9) >> 13) as u8)
                    .collect(),
                1 => [b"GET /".as_slice(), &[b'x'; 100_000]].concat(),
                2 => b"PUT /telemetry HTTP/1.1\r\nhost: localhost\r\ncontent-length: 999999999999\r\n\r\nxxx"
                    .to_vec(),
                _ => "GET /live HTTP/1.1\r\nhost: x\r\n\r\n".repeat(200).into_bytes(),
            };
            // It may be refused before it is whole; nobody reads what it gets.
            let _ = stream.write_all(&bytes);
        }
    });
}

#[test]
fn wrk_sees_no_error() {
    let Some(wrk) = or_skip(on_path("wrk")) else { return };
    let shop = Shop::start().serve();
    torment(&shop, |address, stop| {
        while !stop.load(Ordering::Relaxed) {
            let out = Command::new(&wrk)
                .args(["-t2", "-c64", "-d2s", &format!("http://{address}/metrics")])
                .output();
            let text = String::from_utf8_lossy(&out.expect("it runs").stdout).into_owned();
            assert!(text.contains("Requests/sec"), "{text}");
            assert!(!text.contains("Non-2xx") && !text.contains("Socket errors"), "{text}");
        }
    });
}
