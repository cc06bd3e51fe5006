use super::*;

fn orders() -> Metric {
    Metric {
        name: "shop_orders_total".to_owned(),
        otel_name: String::new(),
        kind: Kind::Counter,
        unit: String::new(),
        otel_unit: String::new(),
        help: "Orders.".to_owned(),
        labels: vec![
            Label {
                name: "status".to_owned(),
                attribute: String::new(),
                help: String::new(),
                values: Values::Known(vec!["paid".to_owned()]),
            },
            Label {
                name: "tenant".to_owned(),
                attribute: "tenant.id".to_owned(),
                help: "Who orders.".to_owned(),
                values: Values::Text { max: 100 },
            },
        ],
        buckets: None,
        quantiles: Vec::new(),
        panel: Panel { kind: Some(PanelKind::Stat), ..Panel::default() },
        threshold: Some(Threshold { warning: Some(0.5), critical: None }),
        alerts: vec![Alert {
            name: "ShopOrdersTotal".to_owned(),
            condition: Condition::When { comparison: Comparison::AtLeast, value: 1e3, quantile: None },
            hold: "5m".to_owned(),
            severity: Severity::Critical,
            summary: String::new(),
        }],
        place: Place { module: "shop".to_owned(), file: "src/shop.rs".to_owned(), line: 7 },
    }
}

#[test]
fn what_is_written_is_read_again() {
    let mut catalog = Catalog::new();
    catalog.service.name = "shop".to_owned();
    catalog.metrics.push(orders());
    catalog.spans.push(Span {
        name: "publish {topic}".to_owned(),
        calls: Some(Calls {
            total: "calls_total".to_owned(),
            unit_seconds: 1e-3,
            has_outcome: false,
            ..Calls::default()
        }),
        objectives: vec![Objective {
            name: "orders".to_owned(),
            description: "Orders can be placed.".to_owned(),
            indicator: Indicator::Latency { seconds: 0.25, bucket: 250.0 },
            ratio: 0.999,
            window_seconds: 30 * 86_400,
            pages: false,
        }],
        ..Span::default()
    });
    catalog.derived.push(Derived {
        name: "shop_error_rate".to_owned(),
        help: "Errors of all orders.".to_owned(),
        expr: "rate(errors_total[5m]) / rate(calls_total[5m])".to_owned(),
        ..Derived::default()
    });
    catalog.attributes.push(Attribute {
        key: "tenant.id".to_owned(),
        value_type: "string".to_owned(),
        redaction: Redaction::Hashed,
        ..Attribute::default()
    });
    let text = catalog.to_json();
    assert_eq!(Catalog::from_json(&text).unwrap(), catalog, "{text}");
}

#[test]
fn the_text_is_as_documented() {
    let catalog = Catalog { metrics: vec![orders()], ..Catalog::new() };
    let json: serde_json::Value = serde_json::from_str(&catalog.to_json()).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "version": 1,
            "metrics": [{
                "name": "shop_orders_total",
                "kind": "counter",
                "help": "Orders.",
                "labels": [
                    { "name": "status", "values": ["paid"] },
                    { "name": "tenant", "attribute": "tenant.id", "help": "Who orders.", "values": { "max": 100 } },
                ],
                "panel": { "kind": "stat" },
                "threshold": { "warning": 0.5 },
                "alerts": [{
                    "name": "ShopOrdersTotal",
                    "condition": { "when": { "comparison": ">=", "value": 1000.0 } },
                    "for": "5m",
                    "severity": "critical",
                }],
                "place": { "module": "shop", "file": "src/shop.rs", "line": 7 },
            }],
        })
    );
}

#[test]
fn what_is_newer_is_said_to_be_so_and_what_is_added_is_passed_over() {
    let newer = r#"{ "version": 2, "metrics": "in another way" }"#;
    assert!(matches!(Catalog::from_json(newer), Err(Unreadable::Newer { found: 2 })));
    let added = r#"{ "version": 1, "moods": [] }"#;
    assert_eq!(Catalog::from_json(added).unwrap(), Catalog::new());
    for broken in ["", "[]", "{}", r#"{ "version": "1" }"#, r#"{ "version": 1, "spans": 2 }"#] {
        assert!(matches!(Catalog::from_json(broken), Err(Unreadable::Malformed(_))), "{broken}");
    }
}

#[test]
fn sorted_catalogues_of_the_same_code_are_the_same() {
    let other = Metric { name: "a".to_owned(), ..orders() };
    let one = Catalog { metrics: vec![orders(), other.clone(), orders()], ..Catalog::new() }.sorted();
    assert_eq!(one.metrics, [other, orders()]);
}

/// A bound that is off by its last digit is no bucket's.
#[test]
fn numbers_are_read_as_they_were_written() {
    let mut catalog = Catalog::new();
    let bounds = vec![0.949_866_706_623_663_5, 5e-324, f64::MAX];
    catalog.metrics.push(Metric { buckets: Some(Buckets::Explicit(bounds)), ..orders() });
    assert_eq!(Catalog::from_json(&catalog.to_json()).unwrap(), catalog);
}
