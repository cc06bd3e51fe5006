//! Snapshots of agents, on the local disk and in S3.
//!
//! What is worth a look is in `core/`, the library: its spans and the metrics of its requests come from annotations, its own
//! metrics from a derive. Here is what a program that uses it does.
//!
//! ```text
//! cargo run --example persist            # then open what it prints
//! cargo run --example persist -- --once  # ends by itself, with a summary
//! ```
#![allow(unreachable_pub, reason = "a program has no other crates to reach")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program talks to whoever started it")]

mod options;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use clap::Parser;
use persist_core::{
    MemoryBucket, PersistError, PersistMetrics, S3Config, S3Error, SnapshotEngine, SnapshotMetadata,
    StorageConfig, create_engine_from_config, init_default_observability, init_observability_with_jaeger,
};
use serde_json::json;

use options::Options;

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("persist: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Goes on until it is done or told to end; how much has failed.
fn run(options: &Options) -> Result<u64, PersistError> {
    match &options.jaeger {
        Some(endpoint) => init_observability_with_jaeger(endpoint)?,
        None => init_default_observability()?,
    }
    let directory = options.directory.clone().unwrap_or_else(temporary);
    let engines = [
        create_engine_from_config(StorageConfig::local(&directory))?,
        create_engine_from_config(bucket(options))?,
    ];
    let shutdown = spanwright::shutdown_token();
    if !options.once {
        print!("{}", welcome());
    }
    let mut done = Done::default();
    for round in 1.. {
        for engine in &engines {
            for agent in 1..=options.agents {
                done.add(keep(engine, agent, round));
            }
        }
        if options.once || shutdown.is_cancelled() {
            break;
        }
        thread::sleep(Duration::from_millis(200));
    }
    if options.directory.is_none() {
        // What is left is in the temporary directory.
        let _ = std::fs::remove_dir_all(directory);
    }
    if options.gather {
        let metrics = PersistMetrics::global();
        print!("{}", metrics.gather_metrics().expect("it can't fail"));
        println!("Metrics debug info: {:#?}", metrics.gather_debug_info());
    }
    println!(
        "{} snapshots were saved, verified and loaded on the disk and in the bucket `{}`; {} could not be",
        done.kept, options.bucket, done.failed
    );
    Ok(done.failed)
}

/// How it went.
#[derive(Default)]
struct Done {
    kept: u64,
    failed: u64,
}

impl Done {
    fn add(&mut self, kept: Result<(), PersistError>) {
        match kept {
            Ok(()) => self.kept += 1,
            // The log has it, with its ids.
            Err(_) => self.failed += 1,
        }
    }
}

/// Saves the state of an agent, and gets it back.
fn keep(engine: &SnapshotEngine, agent: u64, round: u64) -> Result<(), PersistError> {
    let metadata = SnapshotMetadata::new(format!("agent-{agent}"), format!("session-{round}"));
    let said: Vec<_> = (0..agent * 40).map(|turn| json!({ "turn": turn, "said": "Ahoy!" })).collect();
    let agent_json = json!({ "memory": said, "temperature": 0.7 }).to_string();
    let key = format!("agent-{agent}/snapshot_{round:03}.json.gz");
    engine.save_snapshot(&agent_json, &metadata, &key)?;
    engine.verify_snapshot(&key)?;
    let loaded = engine.load_snapshot(&key)?;
    assert_eq!((loaded.metadata, loaded.agent_json), (metadata, agent_json), "it is what was saved");
    Ok(())
}

/// The bucket that was asked for.
fn bucket(options: &Options) -> StorageConfig {
    if options.s3 {
        return StorageConfig::s3_with_bucket(options.bucket.clone());
    }
    let client = MemoryBucket::default();
    client.slow_down_every(options.slow_down_every);
    if options.no_bucket {
        client.fail_next([S3Error::slow_down(), S3Error::slow_down(), S3Error::no_such_bucket()]);
    }
    StorageConfig::S3(S3Config::new(options.bucket.clone()).client(Arc::new(client)))
}

fn temporary() -> PathBuf {
    std::env::temp_dir().join(format!("persist-{}", std::process::id()))
}

/// What to open.
fn welcome() -> String {
    let mut text = String::new();
    if let Some(admin) = spanwright::metrics_addr() {
        text += &format!(
            "What it says of itself: http://{admin}/metrics, and /health, /ready, /live, /catalog\n"
        );
    }
    text + "Ctrl-C ends it.\n"
}
