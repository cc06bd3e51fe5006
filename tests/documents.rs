//! What `docs/` says is so: variables, counters and pages that it names are there.

use std::collections::BTreeSet;
use std::fs;

use crate::backends::workspace;
use crate::shop::Shop;

/// The names in the text that begin like this, as far as they are of letters, digits and `_`.
fn names(text: &str, start: &str) -> BTreeSet<String> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let whole = |(at, _): (usize, &str)| {
        let before = text[..at].chars().next_back();
        let name = text[at..].split(|c| !is_of_name(c)).next().unwrap_or_default();
        (!before.is_some_and(is_of_name) && !name.ends_with('_')).then(|| name.to_owned())
    };
    text.match_indices(start).filter_map(whole).collect()
}

fn documents() -> String {
    ["docs/backends.md", "docs/kubernetes.md", "docs/recorder.md", "docs/troubleshooting.md"]
        .map(|name| fs::read_to_string(workspace().join(name)).expect("it is there"))
        .concat()
}

#[test]
fn variables_in_the_documents_are_ours_but_for_the_one_that_is_wrong_on_purpose() {
    let table = fs::read_to_string(workspace().join("runtime/src/config/variables.md")).expect("it is there");
    // Variables of the example `eventflux` have a prefix of their own.
    let ours = ["SPANWRIGHT_", "EVENTFLUX_"].map(|prefix| table.replace("<PREFIX>_", prefix)).concat();
    let (text, mut unknown) = (documents(), BTreeSet::new());
    for start in ["SPANWRIGHT_", "EVENTFLUX_", "OTEL_"] {
        let named = names(&text, start);
        assert!(named.len() > 3, "{named:?}");
        unknown.extend(named.difference(&names(&ours, start)).cloned());
    }
    assert_eq!(unknown, BTreeSet::from(["SPANWRIGHT_METRIC_PORT".to_owned()]));
}

#[test]
fn counters_in_the_documents_are_on_the_page() {
    let folder = std::env::temp_dir().join(format!("spanwright-documents-{}", std::process::id()));
    let recording = folder.join("trace.spwr").display().to_string();
    let shop =
        Shop::start().export_to("http://127.0.0.1:9").env("SPANWRIGHT_RECORDER_PATH", &recording).serve();
    let (_, page) = shop.metrics("text/plain");
    let mut named = names(&documents(), "spanwright_");
    fs::remove_dir_all(folder).expect("the shop is recorded");
    // It is there alone, where everything else is not.
    assert!(named.remove("spanwright_enabled"));
    for name in named {
        assert!(page.contains(&format!("\n{name}")), "`{name}` is not on the page");
    }
}

#[test]
fn the_switch_in_the_documents_works() {
    let shop = Shop::start().env("SPANWRIGHT_ADMIN_CHANGES", "true").serve();
    let switch = |to: &str| {
        let answer = crate::shop::http().put(format!("{}/telemetry", shop.admin)).send(to);
        assert_eq!(answer.expect("it answers").status(), 200);
        shop.metrics("text/plain").1
    };
    assert!(shop.metrics("text/plain").1.contains("\nshop_http_calls_total{"));
    let off = switch("off");
    assert!(off.contains("\nspanwright_enabled 0"), "{off}");
    assert!(!off.contains("shop_http_calls_total"), "{off}");
    assert!(switch("on").contains("\nshop_http_calls_total{"));
}

#[test]
fn nothing_is_changed_where_it_is_not_allowed() {
    let shop = Shop::start().serve();
    let answer = crate::shop::http().put(format!("{}/telemetry", shop.admin)).send("off");
    assert_eq!(answer.expect("it answers").status(), 403);
    assert!(shop.metrics("text/plain").1.contains("\nshop_http_calls_total{"));
}
