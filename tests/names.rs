//! Names that are somebody else's, and alerts, judged by promtool.

use spanwright::export::exposition::to_text;
use spanwright::{
    Alert, Condition, Counter, Described, Gauge, Histogram, Label, Metrics, Registry, UpDownCounter,
};

use crate::backends::{Promtool, or_skip};

#[derive(Clone, Copy, Label)]
enum Operation {
    Get,
    Put,
}

/// Metrics whose names others chose, and the alerts of two guides.
#[derive(Metrics)]
#[metrics(prefix = "persist", global = false)]
struct Guides {
    /// Errors of S3.
    #[metric(alert(
        name = "PersistHighErrorRate",
        expr = "rate($metric[5m]) / rate(persist_s3_requests_total[5m]) > 0.05",
        for = "2m",
        summary = "High error rate in Persist S3 operations"
    ))]
    s3_errors_total: Counter<Operation>,
    /// Requests to S3.
    #[metric(alert(when = "> 1_000"))]
    s3_requests_total: Counter<Operation>,
    /// How long S3 took.
    #[metric(
        alert(name = "PersistHighLatency", when = "> 1.0", for = "5m"),
        alert(name = "PersistVeryHighLatency", when = ">= 2.5", quantile = 0.99, severity = "critical")
    )]
    s3_latency_seconds: Histogram<Operation>,
    /// How long queries took.
    #[metric(buckets = native, alert(when = "> 0.1", quantile = 0.99, for = "1h30m"))]
    query_latency_seconds: Histogram,
    /// Events behind.
    #[metric(name_exact = "subscription.lag", unit = "{event}", alert(when = "> 100", summary = "It lags"))]
    lag: Gauge,
    /// How long handlers took.
    #[metric(
        name_exact = "kafka.eventbus.handler.duration",
        unit = "ms",
        alert(when = "!= 0", severity = "info")
    )]
    handler: Histogram<Operation>,
    /// How full it is.
    #[metric(name_exact = "pool.use", unit = "1", alert(when = "<= -0.5e-3"))]
    full: Gauge,
    #[metric(flatten, prefix = "shop")]
    shop: Shop,
    #[metric(flatten, prefix = "stall")]
    stall: Shop,
}

#[derive(Metrics)]
#[metrics(global = false)]
struct Shop {
    /// Orders that are open.
    #[metric(alert(when = "> 5"))]
    open: UpDownCounter,
    /// How often one waits.
    #[metric(alert(expr = "deriv($metric[5m]) > 0"))]
    waiting: Gauge,
}

/// A rule as a program would make it of what a metric says.
fn rule(metric: &Described, alert: &Alert) -> String {
    let Alert { condition, hold, severity, summary, .. } = alert;
    let name = metric.alert_name(alert);
    let expr = match condition {
        Condition::Expr(expr) => expr.replace("$metric", &metric.name),
        Condition::When { comparison, value, quantile } => {
            let shown = shown(metric, quantile.unwrap_or(Alert::QUANTILE));
            format!("{shown} {} {value}", comparison.as_str())
        }
        other => panic!("another condition: {other:?}"),
    };
    let hold = if hold.is_empty() { "0s" } else { hold };
    let severity = severity.as_str();
    let summary = if summary.is_empty() { metric.descriptor.help } else { summary };
    format!(
        "  - alert: {name}\n    expr: '{expr}'\n    for: {hold}\n    labels: {{severity: {severity}}}\n    \
         annotations: {{summary: '{summary}'}}\n"
    )
}

/// What a panel shows of a metric.
fn shown(metric: &Described, quantile: f64) -> String {
    use spanwright::registry::Kind;

    let name = &metric.name;
    match metric.descriptor.kind {
        Kind::Counter => format!("rate({name}[5m])"),
        Kind::Gauge | Kind::UpDownCounter => name.to_string(),
        Kind::Histogram => format!("histogram_quantile({quantile}, rate({name}_bucket[5m]))"),
    }
}

#[test]
fn promtool_takes_the_rules_that_can_be_made_of_descriptors() {
    let rules: String = Guides::descriptors()
        .flat_map(|metric| metric.descriptor.alerts.iter().map(move |alert| rule(&metric, alert)))
        .collect();
    for line in [
        "- alert: PersistHighErrorRate",
        "expr: 'rate(persist_s3_errors_total[5m]) / rate(persist_s3_requests_total[5m]) > 0.05'",
        "- alert: PersistS3RequestsTotal",
        "expr: 'rate(persist_s3_requests_total[5m]) > 1000'",
        "expr: 'histogram_quantile(0.95, rate(persist_s3_latency_seconds_bucket[5m])) > 1'",
        "- alert: SubscriptionLag",
        "expr: 'subscription_lag > 100'",
        "expr: 'pool_use_ratio <= -0.0005'",
        "- alert: ShopOpen",
        "expr: 'shop_open > 5'",
        "- alert: StallOpen",
        "expr: 'stall_open > 5'",
        "expr: 'deriv(shop_waiting[5m]) > 0'",
    ] {
        assert!(rules.lines().any(|other| other.trim() == line), "{line} in\n{rules}");
    }
    if let Some(promtool) = or_skip(Promtool::find()) {
        let file = format!("groups:\n- name: ours\n  rules:\n{rules}");
        assert_eq!(promtool.check_rules(&file), Ok(()), "{file}");
        assert!(promtool.check_rules(&file.replace("5m]", "5 m]]")).is_err(), "and it does look");
    }
}

#[test]
fn promtool_takes_the_names() {
    let registry = Registry::new();
    let guides = Guides::register(&registry.with_label("instance_of", "a"));
    guides.s3_errors_total.with(Operation::Put).inc();
    guides.s3_latency_seconds.with(Operation::Get).observe(0.1);
    let text = to_text(&registry.snapshot());
    assert!(text.contains("kafka_eventbus_handler_duration_milliseconds_count{instance_of=\"a\""), "{text}");
    if let Some(promtool) = or_skip(Promtool::find()) {
        let said = promtool.check_metrics(&text).err().unwrap_or_default();
        // It minds milliseconds, which are what the name is about.
        let others: Vec<&str> = said.lines().filter(|line| !line.contains("milliseconds")).collect();
        assert!(others.is_empty(), "{others:?}\n{text}");
    }
}
