//! Alerts on their whole way: the shop misbehaves, Prometheus sees it by the rules that `spanwright alerts` made of the shop's
//! catalogue, and Alertmanager calls a webhook.
//!
//! The rules are those for a service, made so many times [shorter](SHORTER) that they notice in seconds. One test has the kinds that a
//! single shop can show at once; the other, which takes a minute and is asked for by
//! `cargo test -p spanwright-tests --test integration alerting -- --ignored`, has all.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::backends::{Prometheus, on_path, or_skip};
use crate::collector::Collector;
use crate::generated::{made, text};
use crate::process::{Process, TempDir, free_port, say, until};
use crate::shop::{Shop, Start, http};

/// How many times shorter than usual: what is to be so for five minutes has to be so for five seconds.
const SHORTER: &str = "60";

/// What a shop can't do well that ships slowly, often fails, and has nobody who takes its spans.
const MISBEHAVIOUR: [(&str, &str); 10] = [
    ("errors", "ChargeErrors"),
    ("latency", "ShopShopPlaceOrderSlow"),
    ("a success's objective", "OrdersAreShippedBudgetBurn"),
    ("a latency's objective", "OrdersAreQuickBudgetBurn"),
    ("a limit", "ShopShippingQueueOrdersFull"),
    ("a threshold", "ShopShippingQueueOrdersHigh"),
    ("calls in flight", "ShopApiPlaceOrderInFlight"),
    ("backpressure", "ShopShippingStalled"),
    ("telemetry loss", "SpanwrightSpansDropped"),
    ("an alert that is stated", "ShopShippingQueueStuck"),
];

/// An Alertmanager that hands on every alert at once.
struct Alertmanager {
    /// Where it listens, as `host:port`.
    address: String,
    _process: Process,
    _data: TempDir,
}

impl Alertmanager {
    /// One that tells this webhook.
    fn start(webhook: &str) -> Result<Self, String> {
        let program = on_path("prometheus-alertmanager")?;
        let data = TempDir::new();
        let file = data.path().join("alertmanager.yml");
        let config = format!(
            "route: {{receiver: webhook, group_by: ['...'], group_wait: 100ms, group_interval: 1s, repeat_interval: 1h}}\n\
             receivers:\n- {{name: webhook, webhook_configs: [{{url: '{webhook}', send_resolved: true}}]}}\n"
        );
        fs::write(&file, config).expect("the temporary directory is writable");
        let address = format!("127.0.0.1:{}", free_port());
        let process = Process::start(
            Command::new(program)
                .arg(format!("--config.file={}", file.display()))
                .arg(format!("--storage.path={}", data.path().join("data").display()))
                .arg(format!("--web.listen-address={address}"))
                .arg("--cluster.listen-address="),
        );
        until("Alertmanager to be ready", || {
            http().get(format!("http://{address}/-/ready")).call().ok()?.status().is_success().then_some(())
        });
        Ok(Self { address, _process: process, _data: data })
    }
}

/// Everything that an alert passes.
struct Chain {
    prometheus: Prometheus,
    alertmanager: Alertmanager,
    webhook: Collector,
    rules: TempDir,
    /// The shop's admin port, which the next shop has too.
    port: u16,
    since: Instant,
    /// How many messages the webhook had when the shop, or what is scraped, was last changed.
    before: Cell<usize>,
}

impl Chain {
    /// Prometheus and Alertmanager, with rules from the catalogue of a shop that runs on this port.
    fn start(port: u16) -> Result<Self, String> {
        let (webhook, rules) = (Collector::start(), TempDir::new());
        let alertmanager = Alertmanager::start(&format!("{}/alerts", webhook.endpoint))?;
        let file = rules.path().join("rules.yml");
        let bounds = ["--errors=0.2", "--latency=0.1", "--in-flight=2", "--shorter", SHORTER];
        let service = format!("http://127.0.0.1:{port}");
        let args = [&["alerts", &service, "--out", text(&file)], &bounds[..]].concat();
        made(&args);
        let prometheus = Prometheus::start_configured("", &[])?;
        let chain = Self {
            prometheus,
            alertmanager,
            webhook,
            rules,
            port,
            since: Instant::now(),
            before: Cell::new(0),
        };
        chain.scrape(true, "");
        Ok(chain)
    }

    /// From here on only what the webhook is told later counts.
    fn forget(&self) {
        self.before.set(self.webhook.bodies("/alerts").len());
    }

    /// Has Prometheus scrape the shop, or nothing, with more to do to what it gets.
    fn scrape(&self, shop: bool, more: &str) {
        let (rules, alertmanager) = (self.rules.path().join("rules.yml"), &self.alertmanager.address);
        let target = if shop { format!("'127.0.0.1:{}'", self.port) } else { String::new() };
        self.prometheus.configure(&format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\n\
             rule_files: ['{}']\n\
             alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{alertmanager}']}}]}}]}}\n\
             scrape_configs: [{{job_name: shop, static_configs: [{{targets: [{target}]}}]{more}}}]\n",
            rules.display()
        ));
    }

    /// The names of the alerts that the webhook was told of as being so, or as being over.
    fn told(&self, status: &str) -> BTreeSet<String> {
        let bodies = self.webhook.bodies("/alerts");
        let later = bodies.iter().skip(self.before.get());
        let messages = later.map(|body| serde_json::from_slice::<Json>(body).expect("it is JSON"));
        let alerts = messages.flat_map(|message| message["alerts"].as_array().cloned().unwrap_or_default());
        let of_status = alerts.filter(|alert| alert["status"] == status);
        of_status.filter_map(|alert| Some(alert["labels"]["alertname"].as_str()?.to_owned())).collect()
    }

    /// Waits until the webhook was told of each of them.
    #[track_caller]
    fn expect(&self, what: &str, status: &str, alerts: &[&str]) {
        let missing = || {
            let told = self.told(status);
            alerts.iter().copied().filter(|alert| !told.contains(*alert)).collect::<Vec<_>>()
        };
        let patience = Instant::now() + Duration::from_secs(90);
        while !missing().is_empty() && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(200));
        }
        assert_eq!(missing(), Vec::<&str>::new(), "{what}: not {status}; told were {:?}", self.told(status));
        say(&format!("{:>4} s  {what}: {} {status}", self.since.elapsed().as_secs(), alerts.join(", ")));
    }
}

/// A shop on this admin port, under its own load.
fn shop(port: u16) -> Start {
    Shop::start().arg("--load").arg("--seconds=600").admin_port(port)
}

/// One that misbehaves.
fn bad_shop(port: u16) -> Shop {
    let shop = shop(port).arg("--fail-ratio=0.4").arg("--slow-shipping=400");
    // Nobody listens there, and there is room for few spans.
    shop.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9").env("OTEL_BSP_MAX_QUEUE_SIZE", "64").serve()
}

fn misbehaviour() -> Vec<&'static str> {
    MISBEHAVIOUR.map(|(_, alert)| alert).into()
}

#[test]
fn what_a_shop_does_badly_reaches_the_webhook() {
    let port = free_port();
    let _shop = bad_shop(port);
    let Some(chain) = or_skip(Chain::start(port)) else { return };
    chain.expect("a shop that misbehaves", "firing", &misbehaviour());

    // What somebody is told says what it is about, and what to do.
    let bodies = chain.webhook.bodies("/alerts");
    let body = bodies.iter().find(|body| String::from_utf8_lossy(body).contains("ChargeErrors"));
    let message: Json = serde_json::from_slice(body.expect("it was told")).expect("it is JSON");
    let alert = &message["alerts"][0];
    assert_eq!(alert["annotations"]["summary"], "Calls of `charge` fail");
    let description = alert["annotations"]["description"].as_str().unwrap_or_default();
    assert!(description.contains("% of the calls of `charge` end in an error"), "{description}");
    assert!(
        alert["annotations"]["runbook"].as_str().unwrap_or_default().starts_with("`charge`: Charges a card.")
    );
}

#[test]
#[ignore = "takes a minute"]
fn every_kind_of_alert_reaches_the_webhook() {
    let port = free_port();
    let bad = bad_shop(port);
    let Some(chain) = or_skip(Chain::start(port)) else { return };
    chain.expect("a shop that misbehaves", "firing", &misbehaviour());
    drop(bad);
    chain.expect("a shop that has ended", "firing", &["ShopDown"]);

    let good = shop(port).serve();
    let over = ["ShopDown", "ChargeErrors", "ShopShippingQueueOrdersFull", "SpanwrightSpansDropped"];
    chain.expect("a shop that does well", "resolved", &over);
    drop(good);

    chain.forget();
    let poor = shop(port).arg("--fail-ratio=1").serve();
    chain.expect("a shop whose customers can't pay", "firing", &["NoRevenue"]);
    drop(poor);

    let _good = shop(port).serve();
    until("a scrape", || chain.prometheus.value("up{job='shop'}").filter(|up| *up == 1.0));
    chain.forget();
    chain.scrape(
        true,
        ", metric_relabel_configs: [{source_labels: [__name__], regex: 'shop_.*', action: drop}]",
    );
    chain.expect("metrics that are gone", "firing", &["ShopMetricsStopped"]);
    chain.forget();
    chain.scrape(false, "");
    chain.expect("a service without instances", "firing", &["ShopAbsent"]);
}
