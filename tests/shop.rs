//! The shop, running.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::sync::OnceLock;

use serde_json::{Value as Json, json};

use crate::built::without_telemetry;
pub(crate) use crate::built::{example, spanwright};
pub(crate) use crate::process::http;
use crate::process::{Process, until};

/// A card that pays.
pub(crate) const GOOD_CARD: &str = "4242424242424242";
/// A card that is declined.
pub(crate) const DECLINED_CARD: &str = "4000000000000002";
/// A card at which the provider falls silent.
pub(crate) const SILENT_CARD: &str = "5555550000000119";

/// The shop's program.
pub(crate) fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| example("shop"))
}

/// What a shop is to be started with.
pub(crate) struct Start(Command);

impl Start {
    /// Sets a variable of its environment.
    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// Adds an argument.
    pub(crate) fn arg(mut self, arg: &str) -> Self {
        self.0.arg(arg);
        self
    }

    /// Serves its metrics on this port.
    pub(crate) fn admin_port(self, port: u16) -> Self {
        self.env("SPANWRIGHT_METRICS_PORT", port.to_string())
    }

    /// Exports its spans to that endpoint, soon.
    pub(crate) fn export_to(self, endpoint: &str) -> Self {
        self.env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint).env("OTEL_BSP_SCHEDULE_DELAY", "100")
    }

    /// Starts it and waits until it serves.
    #[track_caller]
    pub(crate) fn serve(self) -> Shop {
        let mut process = self.spawn();
        let welcome = until("the shop to serve", || {
            let running = process.is_running();
            let stdout = process.stdout();
            let welcome = stdout.split_once("Ctrl-C ends it.").map(|(welcome, _)| welcome.to_owned());
            assert!(running || welcome.is_some(), "the shop ended");
            welcome
        });
        let url = |before: &str, after: &str| {
            let mut lines = welcome.lines().map(str::trim);
            lines.find_map(|line| line.strip_prefix(before)?.strip_suffix(after)).map(str::to_owned)
        };
        let admin = url("", "/metrics").unwrap_or_default();
        Shop { process, url: url("The shop serves on ", "").expect("the shop says where"), admin }
    }

    /// Runs it to its end.
    #[track_caller]
    pub(crate) fn run(self) -> Ended {
        let mut process = self.spawn();
        let status = process.wait();
        Ended { status, stdout: process.stdout(), stderr: process.stderr() }
    }

    fn spawn(mut self) -> Process {
        Process::start(&mut self.0)
    }
}

/// A program that has ended.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A running shop.
pub(crate) struct Shop {
    pub(crate) process: Process,
    /// The service's address, as `http://…`.
    pub(crate) url: String,
    /// The admin server's address, as `http://…`; empty where there is none.
    pub(crate) admin: String,
}

impl Shop {
    /// A shop on free ports, with nothing of this environment that is about telemetry.
    pub(crate) fn start() -> Start {
        let mut command = without_telemetry(program());
        command.args(["--listen", "127.0.0.1:0"]);
        // Nobody sends orders through a load balancer.
        Start(command).admin_port(0).env("SPANWRIGHT_DRAIN_PERIOD", "0")
    }

    /// Where the admin server listens, as a target to scrape.
    pub(crate) fn admin_address(&self) -> &str {
        self.admin.trim_start_matches("http://")
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Places an order; the status and the answer.
    #[track_caller]
    pub(crate) fn order(&self, item: &str, quantity: u32, card: &str) -> (u16, Json) {
        let order = json!({ "item": item, "quantity": quantity, "card": card });
        let mut answer =
            http().post(format!("{}/orders", self.url)).send_json(order).expect("the shop answers");
        (answer.status().as_u16(), answer.body_mut().read_json().expect("it answers JSON"))
    }

    /// Asks the shop; the status and the answer.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        get(&format!("{}{path}", self.url))
    }

    /// Asks the admin server; the status and the answer.
    #[track_caller]
    pub(crate) fn ask(&self, path: &str) -> (u16, String) {
        get(&format!("{}{path}", self.admin))
    }

    /// The metrics: content type and text.
    #[track_caller]
    pub(crate) fn metrics(&self, accept: &str) -> (String, String) {
        let request = http().get(format!("{}/metrics", self.admin)).header("accept", accept);
        let mut answer = request.call().expect("the admin server answers");
        assert_eq!(answer.status(), 200);
        let content_type = answer.headers()["content-type"].to_str().expect("ASCII").to_owned();
        (content_type, answer.body_mut().read_to_string().expect("UTF-8"))
    }

    /// Waits until an order is shipped.
    #[track_caller]
    pub(crate) fn wait_for_shipping(&self, order: &Json) {
        let path = format!("/orders/{}", order["id"]);
        until("the order to be shipped", || self.get(&path).1.contains("\"shipped\"").then_some(()));
    }

    /// Ends it by `SIGTERM`.
    #[track_caller]
    pub(crate) fn terminate(mut self) -> Ended {
        self.process.signal("TERM");
        let status = self.process.wait();
        Ended { status, stdout: self.process.stdout(), stderr: self.process.stderr() }
    }
}

#[track_caller]
fn get(url: &str) -> (u16, String) {
    let mut answer = http().get(url).call().expect("it answers");
    (answer.status().as_u16(), answer.body_mut().read_to_string().expect("UTF-8"))
}
