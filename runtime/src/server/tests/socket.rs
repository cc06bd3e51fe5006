//! The Unix socket.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};

use super::*;

#[test]
fn a_unix_socket_is_its_owners_and_what_a_dead_program_left_is_replaced() {
    let folder = std::env::temp_dir().join(format!("spanwright-socket-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("admin.sock");
    drop(UnixListener::bind(&path).unwrap());
    let socket = Socket::bind(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(Socket::bind(&path).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    let health = Arc::new(Health::new(String::new(), None, Vec::new()));
    // Listening for other machines, without a token.
    let access = Access { is_local: false, changes: false, ..admin(&health).access };
    let admin = Admin { access, ..admin(&health) };
    let server = Server::start((Ipv4Addr::LOCALHOST, 0).into(), Some(socket), admin).unwrap();
    assert_eq!(request(&server, "GET", "/telemetry", "").status, 403);
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.write_all(b"GET /telemetry HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    drop(server);
    assert!(!path.exists(), "it goes with the server");
    std::fs::write(&path, "a file").unwrap();
    assert!(Socket::bind(&path).is_err() && path.exists(), "a file is not ours to remove");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_unix_socket_that_a_successor_has_bound_stays() {
    let path = std::env::temp_dir().join(format!("spanwright-successor-{}", std::process::id()));
    let slow = Check::new("slow", async || {
        tokio::time::sleep(Duration::from_millis(500)).await;
        Ok::<(), String>(())
    });
    let health = Arc::new(Health::new(String::new(), None, vec![slow]));
    let socket = Socket::bind(&path).unwrap();
    let server = Server::start((Ipv4Addr::LOCALHOST, 0).into(), Some(socket), admin(&health)).unwrap();
    // What it still has to answer holds its end up.
    let mut waiting = connect(&server);
    waiting.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    thread::sleep(Duration::from_millis(100));
    let end = thread::spawn(move || drop(server));
    let begun = Instant::now();
    let successor = loop {
        match Socket::bind(&path) {
            Ok(successor) => break successor,
            Err(error) => assert!(begun.elapsed() < Duration::from_secs(20), "{error}"),
        }
        thread::sleep(Duration::from_millis(1));
    };
    end.join().unwrap();
    assert!(path.exists(), "it is the successor's");
    drop(successor);
    assert!(!path.exists());
}
