//! The catalogue of the shop: of its binary, which is not run, and of the running program.

use std::fs;

use spanwright_catalog::{Catalog, Metric};

use crate::shop::{Shop, http, program};

fn of_binary() -> Catalog {
    Catalog::from_binary(&fs::read(program()).expect("it was built")).expect("it is described")
}

#[test]
fn the_binary_says_what_the_running_shop_does() {
    let shop = Shop::start().serve();
    let mut answer = http().get(format!("{}/catalog", shop.admin)).call().expect("it answers");
    assert_eq!(answer.headers()["content-type"], "application/json");
    let running =
        Catalog::from_json(&answer.body_mut().read_to_string().expect("it is text")).expect("it is one");
    let binary = of_binary();

    assert_eq!(running.spans, binary.spans);
    assert_eq!((&running.derived, &running.attributes), (&binary.derived, &binary.attributes));
    let described: Vec<&Metric> =
        running.metrics.iter().filter(|metric| binary.metric(&metric.name).is_some()).collect();
    assert_eq!(described, binary.metrics.iter().collect::<Vec<_>>());
    for function in ["place_order", "charge", "authorize", "pack", "insert_order"] {
        assert!(binary.spans.iter().any(|span| span.function == function), "{function}");
    }
    for metric in ["shop_orders_total", "shop_http_calls_total", "function_duration_seconds"] {
        assert!(binary.metric(metric).is_some(), "{metric}");
    }

    // What only the running program knows.
    assert_eq!((&*running.service.name, &*binary.service.name), ("shop", ""));
    for metric in ["process_threads", "build_info", "target_info", "tokio_workers"] {
        assert!(running.metric(metric).is_some() && binary.metric(metric).is_none(), "{metric}");
    }
    let mut page = http().get(format!("{}/metrics", shop.admin)).call().expect("it answers");
    let page = page.body_mut().read_to_string().expect("it is text");
    for line in page.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let name = line.split(' ').next().unwrap_or_default();
        let total = format!("{name}_total");
        let is_known = running.metric(name).is_some() || running.metric(&total).is_some();
        assert!(is_known, "{name} is exported, and in no catalogue");
    }
}

#[test]
fn the_shop_writes_it_down() {
    let ended = Shop::start().arg("--catalog").run();
    assert!(ended.status.success(), "{}", ended.stderr);
    let written = Catalog::from_json(&ended.stdout).expect("it is one");
    assert_eq!(written.spans, of_binary().spans);
    assert!(written.metric("shop_orders_total").is_some());
}
