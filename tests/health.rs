//! What an orchestrator asks.

use serde_json::Value as Json;

use crate::shop::Shop;

#[test]
fn health_ready_and_live_answer_with_json() {
    let shop = Shop::start().serve();
    for (path, status) in [("/health", "healthy"), ("/ready", "ready"), ("/live", "alive")] {
        let (code, answer) = shop.ask(path);
        let answer: Json = serde_json::from_str(&answer).expect("JSON");
        assert_eq!((code, answer["status"].as_str()), (200, Some(status)), "{path}: {answer}");
    }
    let (_, answer) = shop.ask("/health");
    let answer: Json = serde_json::from_str(&answer).expect("JSON");
    assert_eq!(answer["service"], "shop");
    assert_eq!(answer["checks"]["database"], "ok");
    assert!(answer["uptime_seconds"].as_f64().is_some_and(|uptime| uptime >= 0.0));
}

#[test]
fn another_path_is_told_what_there_is() {
    let shop = Shop::start().serve();
    let (code, answer) = shop.ask("/metric");
    assert_eq!(code, 404);
    assert!(answer.contains("/metrics"), "{answer}");
}
