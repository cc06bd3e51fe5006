//! The library in this process: its functions by the guide's names, and each way in which it can fail.

use std::error::Error;
use std::fs;
use std::io::Read;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use flate2::read::GzDecoder;
use persist_core::{
    MemoryBucket, PersistError, S3Config, S3Error, SnapshotEngine, SnapshotMetadata, StorageConfig,
    create_engine_from_config,
};
use serde_json::Value as Json;
use spanwright::span::Level;
use spanwright::testing::Captured;

use crate::process::TempDir;

const KEY: &str = "agent/snapshot_001.json.gz";
const STATE: &str = r#"{"memory": [0.1, 1e300, "Ahoy"],  "api_key": "sk-canary"}"#;

fn metadata() -> SnapshotMetadata {
    SnapshotMetadata::new("agent-7", "session-42")
}

/// An engine on a bucket in memory that does not wait for long.
fn in_memory() -> (SnapshotEngine, Arc<MemoryBucket>) {
    let bucket = Arc::new(MemoryBucket::default());
    let config = S3Config::new("my-bucket".to_owned()).client(bucket.clone());
    let config = StorageConfig::S3(config.retries(3, Duration::from_millis(1)));
    (create_engine_from_config(config).expect("it needs nothing"), bucket)
}

#[spanwright::test]
fn a_snapshot_is_gzipped_json_with_a_hash(telemetry: Captured) {
    let folder = TempDir::new();
    let engine = create_engine_from_config(StorageConfig::local(folder.path())).unwrap();
    let saved = engine.save_snapshot(STATE, &metadata(), KEY).unwrap();
    let file = fs::read(folder.path().join(KEY)).unwrap();
    assert_eq!((saved.key.as_str(), saved.stored_bytes), (KEY, file.len()));
    let mut json = String::new();
    GzDecoder::new(&*file).read_to_string(&mut json).unwrap();
    let json: Json = serde_json::from_str(&json).unwrap();
    assert_eq!(json["metadata"]["agent_id"], "agent-7");
    // As `sha256sum` has it of the state.
    let hash = "1b70d7883309e93b3f2426dec021d9315948925c94dc25548738b86e9b6ec483";
    assert_eq!(json["content_hash"], hash);
    let loaded = engine.load_snapshot(KEY).unwrap();
    assert_eq!((loaded.agent_json.as_str(), loaded.metadata), (STATE, metadata()), "letter by letter");
    assert_eq!(engine.verify_snapshot(KEY).unwrap(), metadata());
    telemetry.span("local_file_write").is_in("save_snapshot").succeeded();
}

#[test]
fn who_saves_at_the_same_time_as_another_saves_a_whole_snapshot() {
    let folder = TempDir::new();
    let engine = create_engine_from_config(StorageConfig::local(folder.path())).unwrap();
    // What is hard to compress takes a while to be written.
    let numbers: Vec<_> = (0..20_000_u64).map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15)).collect();
    let states = [0, 1, 2, 3].map(|writer| format!("[{writer},{numbers:?}]"));
    thread::scope(|scope| {
        for state in &states {
            scope.spawn(|| {
                for _ in 0..10 {
                    engine.save_snapshot(state, &metadata(), KEY).expect("nobody is in its way");
                    let loaded = engine.load_snapshot(KEY).expect("it is whole").agent_json;
                    assert!(states.contains(&loaded), "it is somebody's");
                }
            });
        }
    });
    let left: Vec<_> = fs::read_dir(folder.path().join("agent")).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

/// The text of everything that was recorded.
fn recorded(telemetry: &Captured) -> String {
    format!("{:?}{:?}", telemetry.spans(), telemetry.events())
}

#[spanwright::test]
fn what_agents_remember_is_in_no_line_and_no_span(telemetry: Captured) {
    let (engine, bucket) = in_memory();
    engine.save_snapshot(STATE, &metadata(), KEY).unwrap();
    engine.load_snapshot(KEY).unwrap();
    bucket.tamper(KEY, STATE.as_bytes().to_owned());
    let broken = [
        engine.load_snapshot(KEY).unwrap_err(),
        engine.save_snapshot(&STATE[..STATE.len() - 1], &metadata(), KEY).unwrap_err(),
    ];
    assert!(telemetry.events().iter().any(|event| event.level == Level::TRACE), "all levels are there");
    let all = recorded(&telemetry) + &format!("{broken:?}") + &broken.map(|error| error.to_string()).concat();
    assert!(all.contains("agent-7") && all.contains("Integrity verified"), "{all}");
    assert!(!all.contains("canary") && !all.contains("Ahoy"), "{all}");
}

#[spanwright::test]
fn what_fails_for_the_moment_is_tried_again(telemetry: Captured) {
    let (engine, bucket) = in_memory();
    bucket.fail_next([S3Error::slow_down(), S3Error::slow_down(), S3Error::slow_down()]);
    engine.save_snapshot(STATE, &metadata(), KEY).unwrap();
    telemetry.span("s3_upload").has("retry_count", 3).succeeded();
    telemetry.metric("persist_s3_retries_total", &[("operation", "put_object")]).is(3.0);
    telemetry.metric("persist_s3_requests_total", &[("operation", "put_object")]).is(4.0);
    telemetry.metric("persist_s3_errors_total", &[("operation", "put_object")]).is(3.0);
    let latencies = telemetry.metric("persist_s3_latency_seconds", &[("operation", "put_object")]);
    assert_eq!(latencies.count(), Some(4));
    telemetry.metric("persist_s3_requests_total", &[("operation", "get_object")]).is(1.0);
}

#[spanwright::test]
fn what_fails_for_good_is_not_tried_again_and_nothing_more_often_than_said(telemetry: Captured) {
    let (engine, bucket) = in_memory();
    bucket.fail_next([S3Error::no_such_bucket()]);
    let error = engine.save_snapshot(STATE, &metadata(), KEY).unwrap_err();
    let PersistError::S3 { bucket: name, key, source } = &error else { panic!("{error:?}") };
    assert_eq!((name.as_str(), key.as_str(), source.code()), ("my-bucket", KEY, "NoSuchBucket"));
    assert!(error.to_string().contains("The specified bucket does not exist") && error.source().is_some());
    telemetry.metric("persist_s3_retries_total", &[("operation", "put_object")]).is(0.0);
    telemetry.event("S3 upload failed").is_at(Level::ERROR).has("retry_count", 0);

    bucket.fail_next((0..4).map(|_| S3Error::slow_down()));
    engine.save_snapshot(STATE, &metadata(), KEY).unwrap_err();
    telemetry.metric("persist_s3_retries_total", &[("operation", "put_object")]).is(3.0);
}

#[spanwright::test]
fn an_upload_that_arrived_as_something_else_is_noticed(telemetry: Captured) {
    /// Forgets the last byte of what it is given.
    #[derive(Debug, Default)]
    struct Forgetful(MemoryBucket);

    impl persist_core::Bucket for Forgetful {
        fn put_object(&self, key: &str, data: &[u8]) -> Result<(), S3Error> {
            self.0.put_object(key, &data[..data.len() - 1])
        }

        fn get_object(&self, key: &str) -> Result<Vec<u8>, S3Error> {
            self.0.get_object(key)
        }
    }

    let config = S3Config::new("my-bucket".to_owned()).client(Arc::new(Forgetful::default()));
    let engine = create_engine_from_config(StorageConfig::S3(config)).unwrap();
    let error = engine.save_snapshot(STATE, &metadata(), KEY).unwrap_err();
    assert!(error.to_string().contains("BadDigest"), "{error}");
    telemetry.span("put_object_request").succeeded();
    telemetry.span("verify_upload").is_in("s3_upload").has("error.type", "s3_error").failed();
    telemetry.span("save_snapshot").failed();
}

#[spanwright::test]
fn a_harmed_snapshot_is_not_loaded(telemetry: Captured) {
    let folder = TempDir::new();
    let engine = create_engine_from_config(StorageConfig::local(folder.path())).unwrap();
    engine.save_snapshot(STATE, &metadata(), KEY).unwrap();
    let path = folder.path().join(KEY);
    let whole = fs::read(&path).unwrap();
    let mut json = String::new();
    GzDecoder::new(&*whole).read_to_string(&mut json).unwrap();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, json.replace("Ahoy", "Ahoi").as_bytes()).unwrap();
    fs::write(&path, encoder.finish().unwrap()).unwrap();
    let error = engine.verify_snapshot(KEY).unwrap_err();
    assert!(
        matches!(&error, PersistError::IntegrityCheckFailed { expected, found, .. } if expected != found)
    );
    telemetry.span("verify_snapshot").has("error.type", "integrity_check_failed").failed();
    telemetry.event("Integrity check failed").is_at(Level::ERROR).has("key", KEY);

    // No length of it passes for a snapshot.
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let error = engine.load_snapshot(KEY).unwrap_err();
        assert!(matches!(error, PersistError::NoSnapshot { .. }), "{length} bytes: {error:?}");
    }
}

#[spanwright::test]
fn each_error_says_what_it_is(telemetry: Captured) {
    let (engine, bucket) = in_memory();
    let missing = engine.load_snapshot("nowhere").unwrap_err();
    assert!(matches!(&missing, PersistError::NotFound { key } if key == "nowhere"), "{missing:?}");
    telemetry.event("S3 download failed").is_at(Level::ERROR).has("key", "nowhere");
    bucket.fail_next([S3Error::access_denied()]);
    let denied = engine.load_snapshot(KEY).unwrap_err();
    assert!(matches!(denied, PersistError::PermissionDenied { .. }), "{denied:?}");
    let no_json = engine.save_snapshot("{", &metadata(), KEY).unwrap_err();
    assert!(matches!(no_json, PersistError::InvalidState(_)) && no_json.source().is_some());
    telemetry.span("save_snapshot").has("error.type", "invalid_state").failed();
    let spans = telemetry.spans();
    let loads: Vec<_> = spans.iter().filter(|span| span.name == "load_snapshot").collect();
    loads[0].has("error.type", "not_found").failed();
    loads[1].has("error.type", "permission_denied").failed();

    let local = create_engine_from_config(StorageConfig::local("/nonexistent")).unwrap();
    let missing = local.load_snapshot("/nonexistent/snapshot.json.gz").unwrap_err();
    assert_eq!(missing.to_string(), "no snapshot at `/nonexistent/snapshot.json.gz`");
}

#[cfg(not(feature = "s3"))]
#[test]
fn a_real_bucket_needs_the_feature() {
    let config = StorageConfig::s3_with_bucket("my-bucket".to_string());
    match create_engine_from_config(config) {
        Err(PersistError::Configuration(reason)) => assert!(reason.contains("feature `s3`"), "{reason}"),
        other => panic!("{other:?}"),
    }
}
