//! Finished files go to an object store: moto, which checks keys as S3 does, and gives back what it was given to AWS's own client.
//!
//! Without Python and moto these tests are skipped with a line that says so, unless `SPANWRIGHT_REQUIRE_BACKENDS=1`.

mod budget;
mod server;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use server::{KEY, SECRET, Server, free_port, python};
use spanwright_recording::event::{Level, Log};
use spanwright_recording::{
    Codec, Destination, Encoder, ObjectStoreWriter, Options, Reader, RotatingWriter, TraceWriter,
    UploadHealth, UploadMonitor, numbered_files,
};

const START: u64 = 1_700_000_000_000_000_000;

/// A folder that goes away with this.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("spanwright-store-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        Self(folder)
    }

    fn base(&self) -> PathBuf {
        self.0.join("trace.spwr")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The store at this port, by this secret.
fn destination(port: u16, secret: &str) -> Destination {
    let settings = [
        ("aws_endpoint", format!("http://127.0.0.1:{port}").as_str()),
        ("aws_access_key_id", KEY),
        ("aws_secret_access_key", secret),
        ("aws_region", "us-east-1"),
        ("aws_allow_http", "true"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()));
    Destination::from_url("s3://recordings/a/b", settings)
        .expect("all is said")
        .service("shop")
        .host("north 1/2")
        .backoff(Duration::from_millis(50), Duration::from_millis(200))
}

fn encoder(folder: &Folder, max_file: u64, to: Destination) -> (Encoder<ObjectStoreWriter>, UploadMonitor) {
    let files = RotatingWriter::new(folder.base(), max_file, 256 << 20).expect("the folder is there");
    let writer = ObjectStoreWriter::new(files, to).expect("a thread starts").drain(Duration::from_secs(30));
    let monitor = writer.monitor();
    let options = Options { codec: Codec::None, level: 0, block_bytes: 1 << 16, recording: 5 };
    (Encoder::new(writer, options), monitor)
}

/// So many logs of a kilobyte, of which no two are the same.
fn logs(encoder: &mut Encoder<ObjectStoreWriter>, from: u64, count: u64) {
    for index in from..from + count {
        let message = format!("{index:01000}").into();
        let log = Log { level: Level::Info, message, ..Log::default() };
        encoder.event(0, START + index * 1_000_000, &log).expect("the disk has room");
    }
}

/// Waits until it is so.
fn until(monitor: &UploadMonitor, is: impl Fn(&UploadHealth) -> bool) -> UploadHealth {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let health = monitor.health();
        if is(&health) {
            return health;
        }
        assert!(Instant::now() < end, "{health:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// All files that were written, by the numbers in their names.
fn written(folder: &Folder) -> BTreeMap<u64, Vec<u8>> {
    let files = numbered_files(&folder.base()).expect("the folder is there");
    files.into_iter().map(|(number, path, _)| (number, std::fs::read(path).expect("it is there"))).collect()
}

/// All files that the store has, by the numbers in their names.
fn received(folder: &Path) -> BTreeMap<u64, Vec<u8>> {
    let Ok(files) = std::fs::read_dir(folder) else { return BTreeMap::new() };
    files
        .map(|file| {
            let path = file.expect("it can be read").path();
            let name = path.file_stem().and_then(|name| name.to_str()).expect("it has a name").to_owned();
            let number =
                name.rsplit('-').next().and_then(|number| number.parse().ok()).expect("it has a number");
            (number, std::fs::read(path).expect("it is there"))
        })
        .collect()
}

#[test]
fn a_recording_that_ends_is_uploaded_and_so_is_the_one_after_it() {
    let Some(server) = Server::start("recordings", free_port()) else { return };
    let folder = Folder::new("recordings");
    let (mut encoder, monitor) = encoder(&folder, 1 << 20, destination(server.port, SECRET));
    for recording in 1..=2 {
        logs(&mut encoder, recording * 10, 10);
        encoder.flush().expect("the disk has room");
        encoder.writer_mut().next_recording().expect("the disk has room");
        // Nobody waits for the end, and it is uploaded all the same.
        until(&monitor, |health| health.uploaded_files == recording);
    }
    let told = encoder.writer().uploads();
    assert_eq!(told, Some(monitor.health()));
}

#[test]
fn a_store_has_the_files_byte_for_byte_small_ones_and_large_ones() {
    let Some(server) = Server::start("bytes", free_port()) else { return };
    let folder = Folder::new("bytes");
    let (mut small, monitor) = encoder(&folder, 200_000, destination(server.port, SECRET));
    logs(&mut small, 0, 1000);
    small.finish().expect("the disk has room");
    let health = monitor.health();
    assert!(health.uploaded_files >= 5 && health.queued_files == 0, "{health:?}");
    assert_eq!((health.last_error, health.lost_files, health.failures), (None, 0, 0));
    // This one goes in parts.
    let (mut large, monitor) = encoder(&folder, 100 << 20, destination(server.port, SECRET));
    logs(&mut large, 5000, 20_000);
    large.finish().expect("the disk has room");
    assert_eq!(monitor.health().queued_files, 0, "{:?}", monitor.health());

    let there = server.fetch();
    // Each part of the name is one part, whatever is in it.
    let of_host = there.0.join("a/b/shop/north 1%2F2");
    let (written, received) = (written(&folder), received(&of_host));
    assert_eq!(written.keys().collect::<Vec<_>>(), received.keys().collect::<Vec<_>>());
    assert!(written == received && written.values().any(|file| file.len() > 17 << 20));
    assert!(of_host.join("20231114T221320.000000000Z-0.spwr").exists());
    let mut reader = Reader::open(&of_host).expect("they are there");
    assert_eq!(reader.events().count(), 21_000);
    assert!(reader.is_finished());
}

#[test]
fn a_wrong_key_is_refused_and_told_of_without_saying_it() {
    let Some(server) = Server::start("refused", free_port()) else { return };
    let folder = Folder::new("refused");
    let (mut encoder, monitor) = encoder(&folder, 200_000, destination(server.port, "wrong-and-secret"));
    logs(&mut encoder, 0, 500);
    let health = until(&monitor, |health| health.failures > 1);
    assert_eq!(health.last_error.as_deref(), Some("the store refuses the key (SignatureDoesNotMatch)"));
    let end = Instant::now();
    encoder.finish().expect("the disk has room");
    assert!(end.elapsed() < Duration::from_secs(20), "it does not wait for what fails");
    let health = monitor.health();
    assert_eq!((health.uploaded_files, health.lost_files), (0, 0));
    let kept = written(&folder);
    assert_eq!(health.queued_files, kept.len() as u64);
    assert!(server.fetch().0.read_dir().expect("it is there").next().is_none());
    assert!(!format!("{health:?}").contains("secret") && !format!("{health:?}").contains(KEY));
    // With the right key the next start uploads what was kept.
    let (next, monitor) = self::encoder(&folder, 200_000, destination(server.port, SECRET));
    until(&monitor, |health| health.queued_files == 0 && health.uploaded_files == kept.len() as u64);
    drop(next);
    assert!(received(&server.fetch().0.join("a/b/shop/north 1%2F2")) == kept);
}

#[test]
fn what_was_written_while_the_server_was_down_is_uploaded_when_it_is_back() {
    if python().is_none() {
        return;
    }
    let port = free_port();
    let folder = Folder::new("down");
    let (mut encoder, monitor) = encoder(&folder, 200_000, destination(port, SECRET));
    logs(&mut encoder, 0, 500);
    let health = until(&monitor, |health| health.failures > 1);
    assert_eq!(health.last_error.as_deref(), Some("the store can't be reached"));
    assert!(health.queued_files >= 2 && health.queued_bytes > 300_000, "{health:?}");
    let Some(server) = Server::start("down", port) else { return };
    let health = until(&monitor, |health| health.queued_files == 0);
    assert!(health.last_error.is_none() && health.last_success.is_some(), "{health:?}");
    logs(&mut encoder, 500, 100);
    encoder.finish().expect("the disk has room");
    assert!(received(&server.fetch().0.join("a/b/shop/north 1%2F2")) == written(&folder));
    assert_eq!(monitor.health().lost_files, 0);
}

#[test]
fn an_address_that_can_t_be_is_refused() {
    let refused = |address: &str, settings: &[(&str, &str)]| {
        let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Destination::from_url(address, settings).map(drop).expect_err(address).to_string()
    };
    assert!(refused("recordings", &[]).starts_with("`recordings` is no address: "));
    assert!(refused("ftp://host/a", &[]).contains("ftp://host/a"));
    for secret in [
        "s3://key:secret@bucket/a",
        "s3://key:se/cret@bucket/a",
        "https://a.blob.core.windows.net/c?sig=secret",
    ] {
        let said = refused(secret, &[]);
        assert_eq!(said, "an address must have no keys and no query; set them in the environment");
    }
    assert_eq!(refused("s3://bucket", &[("aws_acess_key", "secret")]), "unknown setting `aws_acess_key`");
}
