use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use async_trait::async_trait;
use futures_core::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, ObjectMeta, PutMultipartOptions, PutOptions, PutResult,
    Result, UploadPart,
};

use super::*;
use crate::event::{Gap, Why};
use crate::{Encoder, Options, SimpleBinaryWriter};

#[test]
fn numbers_are_those_of_the_names() {
    for (name, expected) in [("a/trace.12.bin", "12"), ("b.3", "3"), ("v2.7.spwr", "7"), ("x", "0")] {
        assert_eq!(number(Path::new(name)), expected);
    }
}

/// What is in the store before, whether an earlier process has written the file, and whether it is uploaded.
#[test]
fn what_an_earlier_process_has_uploaded_is_not_uploaded_again() {
    let path = std::env::temp_dir().join(format!("spanwright-upload-{}.4.spwr", std::process::id()));
    let writer = SimpleBinaryWriter::new(&path).expect("it can be made");
    let mut encoder = Encoder::new(writer, Options::default());
    encoder.event(0, 1_700_000_000_000_000_000, &Gap { lost: 1, why: Why::Full }).expect("it can be written");
    encoder.finish().expect("it can be written");
    let bytes = fs::read(&path).expect("it was just written");
    let store = Arc::new(InMemory::new());
    let to = Destination::new(store.clone(), "p");
    let key = Key::from("p/unknown/unknown/20231114T221320.000000000Z-4.spwr");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("it can be made");
    let other = vec![0; bytes.len()];
    for (before, is_old, after) in [
        (None, true, &bytes),
        (Some(other.clone()), true, &other),
        (Some(other[1..].to_vec()), true, &bytes),
        (Some(other.clone()), false, &bytes),
    ] {
        let found = runtime.block_on(async {
            let _ = store.delete(&key).await;
            if let Some(before) = before {
                store.put(&key, before.into()).await.expect("memory takes it");
            }
            let file = Waiting { path: path.clone(), length: 0, is_old };
            let sent = upload(&to, &file, &mut None).await.expect("memory takes it");
            assert_eq!(sent, bytes.len() as u64);
            store.get(&key).await.expect("it is there").bytes().await.expect("it is there")
        });
        assert!(found == *after);
    }
    fs::remove_file(&path).expect("it is there");
}

/// A store that takes no part of a large file: it begins, and then nothing happens.
#[derive(Debug, Default)]
struct Stuck {
    rest: InMemory,
    begun: Arc<AtomicBool>,
    aborted: Arc<AtomicBool>,
}

impl std::fmt::Display for Stuck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("stuck")
    }
}

#[derive(Debug)]
struct StuckUpload {
    begun: Arc<AtomicBool>,
    aborted: Arc<AtomicBool>,
}

#[async_trait]
impl MultipartUpload for StuckUpload {
    fn put_part(&mut self, _: PutPayload) -> UploadPart {
        self.begun.store(true, Ordering::SeqCst);
        Box::pin(std::future::pending())
    }

    async fn complete(&mut self) -> Result<PutResult> {
        std::future::pending().await
    }

    async fn abort(&mut self) -> Result<()> {
        self.aborted.store(true, Ordering::SeqCst);
        Ok(())
    }
}

#[async_trait]
impl ObjectStore for Stuck {
    async fn put_opts(&self, key: &Key, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.rest.put_opts(key, payload, options).await
    }

    async fn put_multipart_opts(&self, _: &Key, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Ok(Box::new(StuckUpload { begun: self.begun.clone(), aborted: self.aborted.clone() }))
    }

    async fn get_opts(&self, key: &Key, options: GetOptions) -> Result<GetResult> {
        self.rest.get_opts(key, options).await
    }

    fn delete_stream(&self, keys: BoxStream<'static, Result<Key>>) -> BoxStream<'static, Result<Key>> {
        self.rest.delete_stream(keys)
    }

    fn list(&self, prefix: Option<&Key>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.rest.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Key>) -> Result<ListResult> {
        self.rest.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Key, to: &Key, options: CopyOptions) -> Result<()> {
        self.rest.copy_opts(from, to, options).await
    }
}

#[test]
fn what_is_being_uploaded_at_the_end_is_left_to_the_next_start_and_not_in_the_store() {
    let path = std::env::temp_dir().join(format!("spanwright-stuck-{}.0.spwr", std::process::id()));
    let mut encoder =
        Encoder::new(SimpleBinaryWriter::new(&path).expect("it can be made"), Options::default());
    encoder.event(0, 1, &Gap { lost: 1, why: Why::Full }).expect("it can be written");
    encoder.finish().expect("it can be written");
    let file = fs::OpenOptions::new().write(true).open(&path).expect("it is there");
    file.set_len(WHOLE + 1).expect("it takes no room");
    let store = Stuck::default();
    let (begun, aborted) = (store.begun.clone(), store.aborted.clone());
    let queue = Arc::new(Queue::default());
    queue.add(&path, WHOLE + 1, false);
    let thread = start(Destination::new(Arc::new(store), ""), queue.clone()).expect("a thread starts");
    let end = Instant::now() + Duration::from_secs(60);
    while !begun.load(Ordering::SeqCst) {
        assert!(Instant::now() < end, "it does not begin");
        std::thread::sleep(Duration::from_millis(5));
    }
    let stopped = Instant::now();
    queue.drain(Duration::from_millis(50));
    queue.stop();
    thread.join().expect("it does not panic");
    assert!(stopped.elapsed() < Duration::from_secs(30));
    assert!(aborted.load(Ordering::SeqCst));
    assert_eq!(queue.next().map(|file| file.path), Some(path.clone()));
    fs::remove_file(&path).expect("it is there");
}
