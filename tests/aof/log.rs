//! The log in this process: followers, the state of its end, and its metrics in others' registries.

use std::sync::Arc;
use std::time::Duration;

use spanwright::span::Level;
use spanwright::testing::Captured;
use spanwright::{MetricsRecorder, Registry};
use tokio::runtime::Runtime;
use tokio::time::{sleep, timeout};

use crate::aof::{Aof, AofConfig, AofError, FaultyDisk, FlushMetricsExporter};
use crate::process::{TempDir, until};

/// A log in a folder and a registry of its own, with segments of a kilobyte.
fn small(folder: &TempDir, disk: FaultyDisk) -> (Arc<Runtime>, Aof, Arc<FaultyDisk>, Registry) {
    let (rt, disk, registry) = (Arc::new(Runtime::new().unwrap()), Arc::new(disk), Registry::new());
    let cfg = AofConfig {
        segment_bytes: 1024,
        disk: disk.clone(),
        registry: registry.clone(),
        ..AofConfig::new(folder.path())
    };
    let aof = Aof::new(rt.clone(), cfg).unwrap();
    (rt, aof, disk, registry)
}

#[test]
fn followers_get_each_sealed_segment_until_the_end() {
    let folder = TempDir::new();
    let (rt, aof, ..) = small(&folder, FaultyDisk::default());
    let tail = aof.tail();
    let mut follower = tail.follow();
    let followed = rt.spawn(async move {
        let mut records = Vec::new();
        let mut ids = Vec::new();
        while let Some(segment) = tail.next_sealed_segment(&mut follower).await {
            ids.push(segment.id().as_u64());
            records.extend(segment.read().unwrap());
        }
        (ids, records)
    });
    rt.block_on(async {
        for number in 0..50_u64 {
            let mut record = number.to_le_bytes().to_vec();
            record.resize(100, 0);
            aof.append(&record).await.unwrap();
        }
        aof.close().await.unwrap();
    });
    let (ids, records) = rt.block_on(followed).unwrap();
    // Ten records of 109 bytes fill a segment.
    assert_eq!(ids, [1, 2, 3, 4, 5]);
    let numbers: Vec<_> =
        records.iter().map(|record| u64::from_le_bytes(record[..8].try_into().unwrap())).collect();
    assert_eq!(numbers, (0..50).collect::<Vec<_>>());
}

#[test]
fn tail_events_tell_how_far_the_disk_is_behind() {
    let folder = TempDir::new();
    let (rt, aof, ..) = small(&folder, FaultyDisk::new(Duration::from_millis(30), 0));
    let registry = Registry::new();
    let recorder = MetricsRecorder::new(&registry);
    let fed = recorder.clone();
    let mut rx = aof.tail_events();
    let initial = rx.borrow_and_update().clone();
    assert_eq!((initial.active.map(|id| id.as_u64()), initial.pending.len()), (Some(1), 0));
    let watched = rt.spawn(async move {
        let mut seen = Vec::new();
        while rx.changed().await.is_ok() {
            let state = rx.borrow().clone();
            metrics::with_local_recorder(&fed, || {
                metrics::gauge!("aof_tail_pending_segments").set(state.pending.len() as f64);
            });
            seen.push(state.pending.len());
            if state.closed {
                break;
            }
        }
        seen
    });
    rt.block_on(async {
        for _ in 0..5 {
            aof.append(&[0; 1024]).await.unwrap();
        }
        aof.close().await.unwrap();
    });
    let seen = rt.block_on(watched).unwrap();
    assert!(seen.iter().max() >= Some(&2), "the disk is slower than the appends: {seen:?}");
    assert_eq!(seen.last(), Some(&0));
    let gauge = registry.get_metric("aof_tail_pending_segments").unwrap();
    assert_eq!(gauge.series[0].value.number(), Some(0.0));
}

#[test]
fn any_recorder_is_fed_with_what_the_log_counts_itself() {
    let folder = TempDir::new();
    let (rt, aof, _, own) = small(&folder, FaultyDisk::new(Duration::ZERO, 2));
    rt.block_on(async {
        for _ in 0..20 {
            aof.append(&[0; 200]).await.unwrap();
        }
        aof.close().await.unwrap();
    });
    let exporter = FlushMetricsExporter::new(aof.flush_metrics());
    // A segment is durable before the attempt that made it so is over, and counted.
    let names = until("all attempts to be counted", || {
        let (bridged, others) = (Registry::new(), prometheus::Registry::new());
        let recorder = MetricsRecorder::new(&bridged);
        let mut names = Vec::new();
        exporter.emit(|sample| {
            names.push(sample.name);
            metrics::with_local_recorder(&recorder, || {
                metrics::gauge!(sample.name).set(sample.value as f64);
            });
            let gauge = prometheus::Gauge::new(sample.name, "the log's own").unwrap();
            gauge.set(sample.value as f64);
            others.register(Box::new(gauge)).unwrap();
        });
        let gathered = others.gather();
        assert_eq!(gathered.len(), names.len());
        let is_own = |theirs: &prometheus::proto::MetricFamily| {
            let value =
                |registry: &Registry| registry.get_metric(theirs.name()).unwrap().series[0].value.number();
            let gathered = Some(theirs.get_metric()[0].get_gauge().get_value());
            value(&bridged) == value(&own) && gathered == value(&own)
        };
        gathered.iter().all(is_own).then_some(names)
    });
    assert!(
        names.contains(&"aof_flush_retries_total") && names.contains(&"aof_flush_queue_segments"),
        "{names:?}"
    );
    let retries = own.get_metric("aof_flush_retries_total").unwrap();
    assert_eq!(retries.series[0].value.number(), Some(2.0), "two writes failed");
}

#[test]
fn an_append_that_is_given_up_does_not_keep_its_segment_from_the_disk() {
    let (folder, rt) = (TempDir::new(), Arc::new(Runtime::new().unwrap()));
    let cfg = AofConfig {
        segment_bytes: 1024,
        queue: 1,
        backpressure_wait: Duration::from_secs(60),
        disk: Arc::new(FaultyDisk::new(Duration::from_millis(200), 0)),
        registry: Registry::new(),
        ..AofConfig::new(folder.path())
    };
    let aof = Aof::new(rt.clone(), cfg).unwrap();
    let seconds = |seconds| Duration::from_secs(seconds);
    rt.block_on(async {
        // Each seals a segment: one is written, one waits, and the next finds no place.
        let given_up =
            async { while timeout(Duration::from_millis(50), aof.append(&[0; 1024])).await.is_ok() {} };
        timeout(seconds(30), given_up).await.expect("the queue is full at last");
        let mut rx = aof.tail_events();
        let settled = timeout(seconds(30), rx.wait_for(|state| state.pending.is_empty())).await;
        settled.expect("what was accepted becomes durable with nobody asking for it").unwrap();
    });
}

#[test]
fn what_waited_behind_a_failure_becomes_durable_once_the_disk_is_well() {
    let folder = TempDir::new();
    let (rt, disk, registry) =
        (Arc::new(Runtime::new().unwrap()), Arc::new(FaultyDisk::default()), Registry::new());
    let cfg = AofConfig {
        segment_bytes: 1024,
        max_attempts: 1,
        disk: disk.clone(),
        registry: registry.clone(),
        ..AofConfig::new(folder.path())
    };
    let aof = Aof::new(rt.clone(), cfg).unwrap();
    disk.fail(u32::MAX);
    rt.block_on(async {
        // Each seals a segment, and waits for the scheduler behind those before it.
        let appends = (0..4).map(|_| aof.append(&[0; 1024]));
        for append in appends.collect::<Vec<_>>() {
            // Once the first has failed, others are refused.
            let _ = append.await;
        }
    });
    until("the scheduler to have tried them all", || {
        let failures = registry.get_metric("aof_flush_failures_total")?;
        failures.series[0].value.number().filter(|failures| *failures >= 5.0)
    });
    disk.fail(0);
    rt.block_on(async {
        let mut rx = aof.tail_events();
        let settled = timeout(Duration::from_secs(30), rx.wait_for(|state| state.pending.is_empty())).await;
        settled.expect("with nobody asking for it").unwrap();
    });
}

#[spanwright::test]
fn a_tail_is_blocked_however_many_segments_come_behind(telemetry: Captured) {
    let (folder, rt) = (TempDir::new(), Arc::new(Runtime::new().unwrap()));
    let cfg = AofConfig {
        segment_bytes: 1024,
        queue: 64,
        blocked_after: Duration::from_millis(100),
        disk: Arc::new(FaultyDisk::new(Duration::from_millis(600), 0)),
        registry: Registry::new(),
        ..AofConfig::new(folder.path())
    };
    let aof = Aof::new(rt.clone(), cfg).unwrap();
    let (tail, mut follower) = (aof.tail(), aof.tail().follow());
    rt.block_on(async {
        let appended = async {
            for _ in 0..30 {
                aof.append(&[0; 1024]).await.unwrap();
                sleep(Duration::from_millis(30)).await;
            }
        };
        tokio::select! {
            () = appended => {}
            segment = tail.next_sealed_segment(&mut follower) => assert_eq!(segment.unwrap().id().as_u64(), 1),
        }
    });
    let blocked = telemetry.event("tail is blocked by a sealed segment that is not durable");
    blocked.is_at(Level::WARN).has("event", "blocked").has("segment_id", 1);
}

#[test]
fn an_append_fails_while_the_disk_does_and_nothing_is_lost_by_that() {
    let folder = TempDir::new();
    let (rt, aof, disk, _) = small(&folder, FaultyDisk::default());
    rt.block_on(async {
        aof.append(b"before").await.unwrap();
        disk.fail(u32::MAX);
        assert!(matches!(aof.flush().await, Err(AofError::Disk(_))), "retries are used up");
        assert!(matches!(aof.append(b"refused").await, Err(AofError::Disk(_))));
        disk.fail(0);
        aof.append(b"after").await.unwrap();
        assert!(matches!(aof.append(&vec![0; 2 << 20]).await, Err(AofError::TooLong(2_097_152))));
        aof.close().await.unwrap();
    });
    drop((aof, rt));
    let (_rt, again, ..) = small(&folder, FaultyDisk::default());
    assert_eq!(again.recovered(), 2);
}
