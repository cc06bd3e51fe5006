//! Serves the viewer, one recording and what was found in it, and nothing else: at 127.0.0.1, to whoever has the address, which has a random
//! part in it. Other pages in the same browser know neither that nor get past the check of the `Host` header.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Scope;
use std::time::Duration;

use serde_json::json;

use super::super::Done;

/// So many are answered at once; further ones have to come again.
const MOST: usize = 16;
/// No request of ours is longer.
const MOST_HEAD: u64 = 8 << 10;
/// Who connects and asks nothing for as long makes room for others.
const SILENCE: Duration = Duration::from_secs(5);
/// Who takes nothing of an answer for as long has gone away.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Server<'f> {
    listener: TcpListener,
    port: u16,
    /// A part of all paths that nobody guesses.
    token: String,
    recordings: &'f [PathBuf],
    /// How many are answered now.
    busy: AtomicUsize,
}

enum Body<'f> {
    Text(&'static str, String),
    Recording(&'f PathBuf),
}

impl<'f> Server<'f> {
    pub(super) fn new(port: u16, recordings: &'f [PathBuf]) -> io::Result<Self> {
        let unusable = |error: io::Error| {
            io::Error::new(error.kind(), format!("127.0.0.1:{port} can't be served on: {error}"))
        };
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).map_err(unusable)?;
        let port = listener.local_addr()?.port();
        // The standard library's keys are from the system's source of random numbers.
        let token = [0, 1].map(|part: u8| format!("{:016x}", RandomState::new().hash_one(part))).concat();
        Ok(Self { listener, port, token, recordings, busy: AtomicUsize::new(0) })
    }

    pub(super) fn address(&self) -> String {
        format!("http://127.0.0.1:{}/{}/", self.port, self.token)
    }

    /// Answers until the process ends.
    pub(super) fn run<'s, 'e>(
        &'e self,
        scope: &'s Scope<'s, 'e>,
        findings: &'e (impl Fn() -> Option<&'e str> + Sync),
    ) -> Done {
        loop {
            let Ok((stream, _)) = self.listener.accept() else {
                // Such as too many open files: some of them will be closed.
                std::thread::sleep(Duration::from_millis(50));
                continue;
            };
            // Only this thread adds to it.
            if self.busy.load(Ordering::Relaxed) >= MOST {
                continue;
            }
            self.busy.fetch_add(1, Ordering::Relaxed);
            scope.spawn(move || {
                // Who has gone away needs no answer.
                let _ = self.answer(stream, findings);
                self.busy.fetch_sub(1, Ordering::Relaxed);
            });
        }
    }

    fn answer<'s>(&'s self, stream: TcpStream, findings: &impl Fn() -> Option<&'s str>) -> io::Result<()> {
        stream.set_read_timeout(Some(SILENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut out = stream.try_clone()?;
        let (request, host) = head(stream)?;
        if !names(&host, self.port) {
            return refuse(&mut out, "403 Forbidden");
        }
        let mut words = request.split(' ');
        let (Some("GET"), Some(path)) = (words.next(), words.next()) else {
            return refuse(&mut out, "405 Method Not Allowed");
        };
        let inside =
            path.strip_prefix('/').and_then(|path| path.strip_prefix(&*self.token)?.strip_prefix('/'));
        match inside.and_then(|path| self.find(path, findings)) {
            Some(Body::Text(kind, text)) => {
                write!(out, "{}{}", headers(kind, text.len() as u64), text)
            }
            Some(Body::Recording(path)) => {
                let file = File::open(path)?;
                let length = file.metadata()?.len();
                write!(out, "{}", headers("application/octet-stream", length))?;
                // One that is being written grows meanwhile.
                io::copy(&mut file.take(length), &mut out).map(drop)
            }
            None => refuse(&mut out, "404 Not Found"),
        }
    }

    fn find<'s>(&'s self, path: &str, findings: &impl Fn() -> Option<&'s str>) -> Option<Body<'f>> {
        let json = "application/json";
        match path {
            "" => Some(Body::Text("text/html; charset=utf-8", spanwright_viewer::VIEWER.to_owned())),
            "recordings.json" => Some(Body::Text(json, self.list())),
            "findings.json" => findings().map(|found| Body::Text(json, found.to_owned())),
            _ => {
                let number: usize = path.strip_prefix("recording/")?.parse().ok()?;
                self.recordings.get(number).map(Body::Recording)
            }
        }
    }

    fn list(&self) -> String {
        let one = |(number, path): (usize, &PathBuf)| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            json!({ "name": name, "path": format!("recording/{number}") })
        };
        self.recordings.iter().enumerate().map(one).collect::<serde_json::Value>().to_string()
    }
}

/// Whether a `Host` header means this machine's port. Browsers leave out port 80.
fn names(host: &str, port: u16) -> bool {
    let (name, its_port) = host.split_once(':').unwrap_or((host, "80"));
    matches!(name, "127.0.0.1" | "localhost") && its_port.parse() == Ok(port)
}

/// The first line of a request, and its host.
fn head(stream: TcpStream) -> io::Result<(String, String)> {
    let mut lines = BufReader::new(stream.take(MOST_HEAD)).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    let mut host = String::new();
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) =
            line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("host"))
        {
            // Of two nobody knows which is meant.
            host = if host.is_empty() { value.trim().to_owned() } else { name.to_owned() };
        }
    }
    Ok((request, host))
}

fn headers(kind: &str, length: u64) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\nCache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nCross-Origin-Resource-Policy: same-origin\r\n\
         Content-Security-Policy: frame-ancestors 'none'\r\n\r\n"
    )
}

fn refuse(out: &mut TcpStream, status: &str) -> io::Result<()> {
    write!(out, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_host_without_a_port_is_port_80() {
        assert!(names("127.0.0.1", 80) && names("localhost", 80) && names("localhost:80", 80));
        assert!(names("127.0.0.1:8080", 8080) && names("localhost:8080", 8080));
        for other in [
            "127.0.0.1",
            "localhost",
            "localhost:80",
            "rebound.example:8080",
            "127.0.0.1:8080:1",
            "",
            ":8080",
        ] {
            assert!(!names(other, 8080), "{other}");
        }
    }
}
