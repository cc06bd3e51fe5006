//! The thread that uploads.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use object_store::path::Path as Key;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload};

use super::destination::Destination;
use super::failure::Failure;
use super::queue::{Queue, Waiting};
use crate::reader::Reader;

/// Files up to this are uploaded in one request.
const WHOLE: u64 = 16 << 20;
/// Larger ones in parts of this, or in as many as a store takes: ten thousand.
const PART: u64 = 8 << 20;
const MOST_PARTS: u64 = 9_000;

/// Starts the thread, with a runtime of its own.
pub(super) fn start(to: Destination, queue: Arc<Queue>) -> io::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new()
        .name("spanwright-upload".to_owned())
        .spawn(move || runtime.block_on(run(&to, &queue)))
}

/// Uploads file after file until it is told to stop.
async fn run(to: &Destination, queue: &Queue) {
    let mut pause = to.backoff.0;
    while !queue.is_stopped() {
        let Some(file) = queue.next() else {
            queue.changed.notified().await;
            continue;
        };
        let mut parts = None;
        let result = tokio::select! {
            result = upload(to, &file, &mut parts) => result,
            () = stopped(queue) => Err(Failure::Stopped),
        };
        match result {
            Ok(bytes) => {
                pause = to.backoff.0;
                queue.uploaded(bytes);
            }
            Err(Failure::Stopped) => return abort(parts).await,
            Err(failure) => {
                abort(parts).await;
                queue.failed(&failure);
                wait(queue, jittered(pause)).await;
                pause = (pause * 2).min(to.backoff.1);
            }
        }
    }
}

async fn stopped(queue: &Queue) {
    while !queue.is_stopped() {
        queue.changed.notified().await;
    }
}

/// Waits before the next attempt, but not at the end.
async fn wait(queue: &Queue, pause: Duration) {
    let end = tokio::time::Instant::now() + pause;
    while !queue.is_draining() {
        tokio::select! {
            () = tokio::time::sleep_until(end) => return,
            // Mostly that is another file.
            () = queue.changed.notified() => {}
        }
    }
    // Whoever drains may have stopped waiting just now.
    if !queue.is_stopped() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Between half and all of it, so that not all processes come back at once.
fn jittered(pause: Duration) -> Duration {
    let drawn = RandomState::new().hash_one(0) % 1000;
    pause.mul_f64(0.5 + drawn as f64 / 2000.0)
}

/// What was begun is not left in the store, where it costs.
async fn abort(parts: Option<Box<dyn MultipartUpload>>) {
    if let Some(mut parts) = parts {
        // If even that fails, the store's own rules clean up.
        let _ = tokio::time::timeout(Duration::from_secs(2), parts.abort()).await;
    }
}

/// Has the store hold the file, and says how many bytes those are. `parts` is what is begun and not complete.
async fn upload(
    to: &Destination,
    file: &Waiting,
    parts: &mut Option<Box<dyn MultipartUpload>>,
) -> Result<u64, Failure> {
    let length = fs::metadata(&file.path)?.len();
    let Some(start) = start_of(&file.path)? else {
        // The process died before it wrote anything.
        return Ok(0);
    };
    let key = to.key(start, number(&file.path));
    if file.is_old && to.store.head(&key).await.is_ok_and(|there| there.size == length) {
        return Ok(length);
    }
    if length <= WHOLE {
        to.store.put(&key, PutPayload::from(fs::read(&file.path)?)).await?;
    } else {
        in_parts(to.store.as_ref(), &key, &file.path, length, parts).await?;
    }
    Ok(length)
}

async fn in_parts(
    store: &dyn ObjectStore,
    key: &Key,
    path: &Path,
    length: u64,
    parts: &mut Option<Box<dyn MultipartUpload>>,
) -> Result<(), Failure> {
    let mut file = fs::File::open(path)?;
    let part = PART.max(length / MOST_PARTS);
    let begun = parts.insert(store.put_multipart(key).await?);
    loop {
        let mut bytes = Vec::new();
        (&mut file).take(part).read_to_end(&mut bytes)?;
        if bytes.is_empty() {
            break;
        }
        begun.put_part(PutPayload::from(bytes)).await?;
    }
    begun.complete().await?;
    *parts = None;
    Ok(())
}

/// The time of the first event, if there is one.
fn start_of(path: &Path) -> io::Result<Option<u64>> {
    let reader = Reader::open_all([path])?;
    let first = reader.index().filter(|entry| entry.events > 0).map(|entry| entry.first).min();
    Ok(first)
}

/// The number of `<stem>.<number>.<extension>`.
fn number(path: &Path) -> &str {
    let mut parts = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().rsplit('.');
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.find(is_number).unwrap_or("0")
}

#[cfg(test)]
mod tests;
