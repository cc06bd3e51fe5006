//! Requests that the shop sends to itself, over real connections, and what its own metrics say of them.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use spanwright::Registry;
use spanwright::registry::{Histogram, Snapshot, Value};
use ureq::Agent;

const CLIENTS: u64 = 4;
/// How long a client thinks between two requests.
const PAUSE: Duration = Duration::from_millis(5);
const TIMEOUT: Duration = Duration::from_secs(5);

/// Sends requests for that long or until it is to `stop`, printing progress each second, then a summary.
pub fn run(shop: SocketAddr, duration: Duration, stop: impl Fn() -> bool) {
    let sent = AtomicU64::new(0);
    let done = AtomicBool::new(false);
    println!("sending requests for {} s", duration.as_secs());
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (sent, done) = (&sent, &done);
            scope.spawn(move || send_requests(shop, client, sent, done));
        }
        show_progress(duration, stop);
        done.store(true, Ordering::Relaxed);
    });
    print!("{}", summary(&Registry::global().snapshot(), sent.into_inner()));
}

fn show_progress(duration: Duration, stop: impl Fn() -> bool) {
    let start = Instant::now();
    let (mut second, mut before) = (1, 0);
    while start.elapsed() < duration && !stop() {
        let next = start + Duration::from_secs(second).min(duration);
        // In small steps, so that it ends when it is told to.
        thread::sleep(next.saturating_duration_since(Instant::now()).min(Duration::from_millis(50)));
        if Instant::now() < next {
            continue;
        }
        if let (_, Some(all)) = Route::read(&Registry::global().snapshot()) {
            let requests = all.requests();
            let (rate, errors, p99) = (requests - before, all.errors, all.quantile(0.99));
            println!("{second:>4} s {rate:>6} requests/s {errors:>6} errors so far, p99 {p99:.1} ms");
            before = requests;
        }
        second += 1;
    }
}

/// One client: places orders, looks at them, and makes a mistake now and then.
fn send_requests(shop: SocketAddr, client: u64, sent: &AtomicU64, done: &AtomicBool) {
    let agent: Agent =
        Agent::config_builder().http_status_as_error(false).timeout_global(Some(TIMEOUT)).build().into();
    let orders = format!("http://{shop}/orders");
    let mut last = 1;
    for step in client.. {
        if done.load(Ordering::Relaxed) {
            return;
        }
        let answer = match step % 10 {
            3 => agent.get(format!("{orders}?status=shipped&limit=5")).call(),
            5 | 8 => agent.get(format!("{orders}/{last}")).call(),
            _ if step % 50 == 49 => agent.get(format!("{orders}/999999999")).call(),
            _ => agent.post(&orders).send_json(order(step % 50)),
        };
        if let Ok(mut answer) = answer {
            sent.fetch_add(1, Ordering::Relaxed);
            let body: Json = answer.body_mut().read_json().unwrap_or_default();
            last = body["id"].as_i64().unwrap_or(last);
        }
        thread::sleep(PAUSE);
    }
}

/// An order, with the numbers that payment providers give out for tests.
fn order(step: u64) -> Json {
    let (item, quantity, card) = match step {
        1 => ("teapot", 1, "4000000000000002"),
        10 => ("cup", 2, "4000000000000119"),
        22 => ("samovar", 4, "4242424242424242"),
        36 => ("unicorn", 1, "4242424242424242"),
        step if step % 2 == 0 => ("cup", 1 + step % 12, "5555555555554444"),
        _ => ("teapot", 1, "4242424242424242"),
    };
    json!({ "item": item, "quantity": quantity, "card": card })
}

/// What the shop's metrics say of an HTTP route, or of all.
#[derive(Clone)]
struct Route {
    name: String,
    errors: u64,
    durations: Histogram,
}

impl Route {
    /// The routes, in the order of their names, and the sum of them.
    fn read(snapshot: &Snapshot) -> (Vec<Self>, Option<Self>) {
        let series = |family| snapshot.family(family).map_or(&[][..], |family| &family.series);
        let mut routes = Vec::new();
        for series in series("shop_http_duration_seconds") {
            if let (Some(name), Value::Histogram(durations)) = (series.labels.get("route"), &series.value) {
                routes.push(Self { name: name.to_owned(), errors: 0, durations: (**durations).clone() });
            }
        }
        for series in series("shop_http_calls_total") {
            let route =
                routes.iter_mut().find(|route| Some(route.name.as_str()) == series.labels.get("route"));
            if let (Some(route), Value::Counter(calls)) = (route, &series.value)
                && series.labels.get("outcome").is_some_and(|outcome| outcome != "ok")
            {
                route.errors += calls;
            }
        }
        let total = routes.iter().cloned().reduce(Self::add);
        (routes, total)
    }

    fn add(mut self, other: Self) -> Self {
        self.name = "all".into();
        self.errors += other.errors;
        self.durations.sum += other.durations.sum;
        self.durations
            .buckets
            .iter_mut()
            .zip(&other.durations.buckets)
            .for_each(|(one, other)| *one += other);
        self
    }

    fn requests(&self) -> u64 {
        self.durations.count()
    }

    /// A quantile of the durations, in milliseconds.
    fn quantile(&self, q: f64) -> f64 {
        self.durations.quantile(q).unwrap_or_default() * 1e3
    }
}

fn summary(snapshot: &Snapshot, sent: u64) -> String {
    let (routes, total) = Route::read(snapshot);
    let mut text = format!("\n{:<20}{:>10}{:>10}{:>11}{:>11}\n", "route", "requests", "errors", "p50", "p99");
    for route in routes.iter().chain(&total) {
        let (requests, p50, p99) = (route.requests(), route.quantile(0.5), route.quantile(0.99));
        text += &format!("{:<20}{requests:>10}{:>10}{p50:>8.1} ms{p99:>8.1} ms\n", route.name, route.errors);
    }
    text + &format!("\nThe clients had {sent} answers.\n")
}
