//! What the shop's page says of its process, its runtime and its build, unless it is told not to.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value as Json;

use crate::backends::{StrictParser, or_skip};
use crate::shop::{GOOD_CARD, Shop};

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

fn families(shop: &Shop, parser: &StrictParser) -> BTreeMap<String, Json> {
    parser.parse("openmetrics", &shop.metrics(OPENMETRICS).1)
}

/// The sum of a family's samples.
#[track_caller]
fn sum(families: &BTreeMap<String, Json>, family: &str) -> f64 {
    let samples = families.get(family).and_then(|family| family["samples"].as_array());
    let samples = samples.unwrap_or_else(|| panic!("no {family}"));
    samples.iter().map(|sample| sample["value"].as_str().unwrap().parse::<f64>().unwrap()).sum()
}

/// What `ps` says of the shop.
fn ps(shop: &Shop, column: &str) -> f64 {
    let output =
        Command::new("ps").args(["-o", &format!("{column}="), "-p", &shop.id().to_string()]).output();
    String::from_utf8(output.expect("ps runs").stdout).unwrap().trim().parse().expect("a number")
}

#[test]
fn the_process_is_measured_as_others_see_it() {
    let Some(parser) = or_skip(StrictParser::find()) else { return };
    let shop = Shop::start().serve();
    for _ in 0..20 {
        shop.order("teapot", 1, GOOD_CARD);
    }
    let families = families(&shop, &parser);
    let near = |family: &str, theirs: f64, by: f64| {
        let ours = sum(&families, family);
        assert!((ours - theirs).abs() <= by, "{family} is {ours}, and {theirs} to others");
    };
    let mib = 1024.0 * 1024.0;
    near("process_resident_memory_bytes", ps(&shop, "rss") * 1024.0, 16.0 * mib);
    near("process_virtual_memory_bytes", ps(&shop, "vsz") * 1024.0, 160.0 * mib);
    near("process_threads", ps(&shop, "nlwp"), 4.0);
    near("process_uptime_seconds", ps(&shop, "etimes"), 3.0);
    let open = std::fs::read_dir(format!("/proc/{}/fd", shop.id())).expect("the shop is ours").count();
    near("process_open_fds", open as f64, 6.0);
    assert!(sum(&families, "process_cpu_seconds") > 0.0);
    let written = &families["process_disk_io_bytes"];
    assert_eq!((&written["type"], &written["unit"]), (&"counter".into(), &"bytes".into()));
    assert!(sum(&families, "network_namespace_receive_bytes") > 0.0);
}

#[test]
fn the_runtime_of_main_is_measured() {
    let Some(parser) = or_skip(StrictParser::find()) else { return };
    let shop = Shop::start().serve();
    let families = families(&shop, &parser);
    let workers = families["tokio_workers"]["samples"].as_array().expect("samples");
    assert_eq!(workers.len(), 1);
    assert_eq!(workers[0]["labels"]["runtime"], "main");
    let parks = families["tokio_worker_parks"]["samples"].as_array().expect("samples");
    let of_each: f64 = workers[0]["value"].as_str().unwrap().parse().unwrap();
    assert_eq!(parks.len() as f64, of_each);
    assert!(sum(&families, "tokio_alive_tasks") >= 1.0);
}

#[test]
fn the_build_and_the_resource_are_information() {
    let Some(parser) = or_skip(StrictParser::find()) else { return };
    let shop = Shop::start().env("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test").serve();
    let families = families(&shop, &parser);
    assert_eq!((sum(&families, "build_info"), sum(&families, "target_info")), (1.0, 1.0));
    let labels = |family: &str| families[family]["samples"][0]["labels"].clone();
    assert_eq!(labels("build_info")["service_name"], "shop");
    let compiler = Command::new("rustc").arg("--version").output().expect("rustc runs");
    let version = labels("build_info")["rust_version"].as_str().expect("a text").to_owned();
    assert!(String::from_utf8(compiler.stdout).unwrap().contains(&version), "{version}");
    assert_eq!(labels("target_info")["service_name"], "shop");
    assert_eq!(labels("target_info")["deployment_environment_name"], "test");
}

#[test]
fn the_telemetry_measures_itself() {
    let Some(parser) = or_skip(StrictParser::find()) else { return };
    let shop = Shop::start().serve();
    let first = families(&shop, &parser);
    let second = families(&shop, &parser);
    let series: usize =
        first.values().map(|family| family["samples"].as_array().expect("samples").len()).sum();
    let noted = sum(&second, "spanwright_scrape_series");
    assert!(noted > 50.0 && noted < series as f64, "{noted} series have {series} samples");
    let durations = second["spanwright_scrape_duration_seconds"]["samples"].as_array().expect("samples");
    let count = durations.iter().find(|sample| sample["name"] == "spanwright_scrape_duration_seconds_count");
    assert_eq!(count.expect("a count")["value"], "1", "the first page is counted in the second");
}

#[test]
fn each_can_be_switched_off() {
    let kinds = [
        ("PROCESS_METRICS", &["process_", "network_"][..]),
        ("RUNTIME_METRICS", &["tokio_"]),
        ("BUILD_INFO", &["build_info", "target_info"]),
    ];
    let has = |shop: &Shop, prefix: &str| shop.metrics("*/*").1.lines().any(|line| line.starts_with(prefix));
    let with = Shop::start().serve();
    for (variable, prefixes) in kinds {
        let without = Shop::start().env(format!("SPANWRIGHT_{variable}"), "false").serve();
        for prefix in prefixes {
            assert!(has(&with, prefix) && !has(&without, prefix), "{variable} is about {prefix}");
        }
    }
}
