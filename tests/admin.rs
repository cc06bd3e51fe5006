//! What the admin server shows of a running program's inside, and changes of it.

use crate::shop::{GOOD_CARD, Shop, http};

/// The status and the body of the answer to a GET.
fn get(shop: &Shop, path: &str) -> (u16, String) {
    let mut answer = http().get(format!("{}{path}", shop.admin)).call().expect("it answers");
    (answer.status().as_u16(), answer.body_mut().read_to_string().expect("it is text"))
}

/// The status and the body of the answer to a PUT.
fn put(shop: &Shop, path: &str, body: &str) -> (u16, String) {
    let mut answer = http().put(format!("{}{path}", shop.admin)).send(body).expect("it answers");
    (answer.status().as_u16(), answer.body_mut().read_to_string().expect("it is text"))
}

#[test]
fn the_configuration_is_shown_with_its_sources_and_without_secrets() {
    let start = Shop::start()
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:hunter2@127.0.0.1:9")
        .env("OTEL_EXPORTER_OTLP_HEADERS", "authorization=hunter2")
        .env("OTEL_RESOURCE_ATTRIBUTES", "password=hunter2,team=blue")
        .env("SPANWRIGHT_REDACTION_KEY", "hunter2 hunter2 hunter2")
        .env("SPANWRIGHT_LOG_FROMAT", "json")
        .env("SPANWRIGHT_ADMIN_CHANGES", "true");
    let shop = start.serve();
    let (status, text) = get(&shop, "/config");
    assert_eq!(status, 200);
    let line =
        |key: &str| text.lines().find(|line| line.starts_with(key)).unwrap_or_else(|| panic!("{text}"));
    assert!(line("admin.changes = true ").ends_with("# SPANWRIGHT_ADMIN_CHANGES"));
    let resource =
        concat!("resource = service.version=", env!("CARGO_PKG_VERSION"), ",password=REDACTED,team=blue ");
    assert!(line(resource).contains("# OTEL_RESOURCE_ATTRIBUTES"));
    assert!(line("explain = false ").ends_with("# default"));
    assert!(line("! `SPANWRIGHT_LOG_FROMAT`").ends_with("did you mean `SPANWRIGHT_LOG_FORMAT`?"));
    assert!(!text.contains("hunter2"), "{text}");
    assert_eq!(put(&shop, "/config", "required = true").0, 405, "it is read at the start");
}

#[test]
fn which_events_are_logged_is_changed_while_the_program_runs() {
    let shop = Shop::start().env("RUST_LOG", "off").env("SPANWRIGHT_ADMIN_CHANGES", "true").serve();
    assert_eq!(get(&shop, "/log-level"), (200, "{\"filter\":\"off\"}\n".to_owned()));
    let (status, told) = put(&shop, "/log-level", "info,shop::db=loud");
    assert!(status == 400 && told.contains("`shop::db=loud` has no level"), "{status} {told}");
    for silencing in [" ", ",", "debgu", "info shop=debug"] {
        let (status, told) = put(&shop, "/log-level", silencing);
        assert_eq!(status, 400, "{silencing}: {told}");
    }
    assert_eq!(get(&shop, "/log-level").1, "{\"filter\":\"off\"}\n");
    shop.order("teapot", 1, GOOD_CARD);
    let told = put(&shop, "/log-level", "warn,shop=debug\n");
    assert_eq!(told, (200, "{\"filter\":\"warn,shop=debug\"}\n".to_owned()));
    assert_eq!(put(&shop, "/components", "shop.cart=off").0, 200);
    let (_, config) = get(&shop, "/config");
    for (in_force, place) in [
        ("logging.level = warn,shop=debug ", "# changed while it runs; also set: RUST_LOG"),
        ("components = shop.cart=off ", "# changed while it runs"),
    ] {
        let line =
            config.lines().find(|line| line.starts_with(in_force)).unwrap_or_else(|| panic!("{config}"));
        assert!(line.ends_with(place), "{line}");
    }
    shop.order("teapot", 1, GOOD_CARD);
    let lines = shop.terminate().stdout;
    assert_eq!(lines.matches("\"message\":\"order paid\"").count(), 1, "{lines}");
}

#[test]
fn nothing_is_changed_where_it_is_not_allowed() {
    let shop = Shop::start().env("RUST_LOG", "warn").serve();
    for (path, body) in [("/log-level", "info"), ("/components", "shop=off"), ("/telemetry", "off")] {
        let (status, told) = put(&shop, path, body);
        assert!(status == 403 && told.contains("`SPANWRIGHT_ADMIN_CHANGES`"), "{path}: {status} {told}");
    }
    assert_eq!(get(&shop, "/log-level").1, "{\"filter\":\"warn\"}\n");
    let (_, components) = get(&shop, "/components");
    assert!(!components.contains("\"off\""), "{components}");
    // Who shows no token sees nothing of the inside either.
    let shop = Shop::start().env("SPANWRIGHT_ADMIN_TOKEN", "correct-horse-battery").serve();
    for path in ["/config", "/log-level", "/components"] {
        assert_eq!(get(&shop, path).0, 401, "{path}");
    }
}
