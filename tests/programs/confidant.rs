//! A program that is told secrets everywhere a program can be, and does all that could show them.
//!
//! `SECRET` is what it keeps; more are in the environment and among the arguments, as the test says. A line on the standard
//! input is a command, and each has one line as its answer:
//!
//! | Command | Does |
//! | --- | --- |
//! | `work` | calls annotated functions that are given secrets, and panics in one |
//! | `show` | prints everything of ours that has a `Debug`, and what is wrong with settings full of secrets |
//! | `end` | ends the telemetry |
#![allow(clippy::print_stdout, reason = "a program talks to whoever started it")]

use std::error::Error;
use std::fmt;
use std::io::{self, BufRead};
use std::panic;
use std::time::Duration;

use spanwright::export::file::{FileExporter, FileSettings};
use spanwright::export::otlp::{
    OtlpExporter, OtlpLogExporter, OtlpMetricExporter, OtlpProtocol, OtlpSettings,
};
use spanwright::export::zipkin::{ZipkinExporter, ZipkinSettings};
use spanwright::{
    Context, Counter, Guard, Label, Labels, Metrics, Registry, Secret, Telemetry, instrument, record,
};

#[derive(Clone, Copy, Debug, Label)]
enum Tier {
    Free,
}

/// What a caller is known by.
#[derive(Debug, Labels)]
struct Caller<'a> {
    tier: Tier,
    #[label(max = 8)]
    tenant: &'a str,
}

#[derive(Debug, Metrics)]
#[metrics(prefix = "confidant")]
struct Counts {
    /// Logins.
    logins_total: Counter<Caller<'static>>,
}

/// Who logs in. Its `Debug` leaves out what can't be shown.
struct Login {
    user: u64,
    password: Secret<String>,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

/// An error that knows a secret and has another one as its source.
#[derive(Debug)]
struct Refused {
    login: Login,
    source: Option<Box<Self>>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "user {} is refused", self.login.user)
    }
}

impl Error for Refused {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

fn login(user: u64, secret: &str) -> Login {
    Login { user, password: Secret::new(secret.to_owned()) }
}

#[instrument(record_all, skip(password, token), fields(length = password.len(), known = Empty))]
fn by_names(user: u64, password: &str, token: Secret<String>) {
    record!(known = *token.expose() == password);
    tracing::warn!(user, "by names");
}

#[instrument(record(?login), err, metrics(prefix = "confidant", labels(tier)))]
fn by_display(login: Login, tier: Tier) -> Result<(), Refused> {
    Err(Refused { login, source: None })
}

#[instrument(record(?login), err(chain))]
fn with_sources(login: Login, secret: &str) -> Result<(), Refused> {
    let source = Some(Box::new(Refused { login: self::login(8, secret), source: None }));
    Err(Refused { login, source })
}

#[instrument(err(Debug))]
fn by_debug(login: Login) -> Result<(), Refused> {
    Err(Refused { login, source: None })
}

#[instrument(record(?login))]
fn panics(login: Login) {
    assert!(login.password.expose().is_empty(), "the password is not empty");
}

#[instrument]
async fn later(login: Login) -> usize {
    std::future::ready(login.password.expose().len()).await
}

fn work(secret: &str) {
    by_names(7, secret, Secret::new(secret.to_owned()));
    let _refused = by_display(login(7, secret), Tier::Free);
    let _refused = with_sources(login(7, secret), secret);
    let _refused = by_debug(login(7, secret));
    // Its message goes to the standard error.
    let _panicked = panic::catch_unwind(|| panics(login(7, secret)));
    drop(later(login(7, secret)));
    Counts::global().logins_total.with(Caller { tier: Tier::Free, tenant: "acme" }).inc();
}

/// Settings with a secret wherever one can be, and exporters made of them.
fn show_exporters(secret: &str) {
    let resource =
        vec![("service.name".to_owned(), "confidant".to_owned()), ("api_key".to_owned(), secret.to_owned())];
    let headers = vec![("authorization".to_owned(), format!("Bearer {secret}"))];
    let unsendable = vec![("x-key".to_owned(), format!("{secret}\n"))];
    for endpoint in [
        format!("http://localhost:1/v1?key={secret}"),
        format!("http://me:{secret}@localhost:1"),
        format!("http://me:a/{secret}@localhost:1"),
        format!("ftp://me:a?{secret}@localhost:1"),
        format!("https://localhost:1/#{secret}"),
        format!("localhost?{secret}"),
    ] {
        for headers in [&headers, &unsendable] {
            for protocol in [OtlpProtocol::HttpProtobuf, OtlpProtocol::Grpc] {
                let (endpoint, headers, resource) = (endpoint.clone(), headers.clone(), resource.clone());
                let settings =
                    OtlpSettings { endpoint, protocol, headers, resource, ..OtlpSettings::default() };
                println!("{settings:#?}");
                println!("{:#?}", OtlpExporter::new(settings.clone()));
                println!("{:#?}", OtlpLogExporter::new(settings.clone()));
                println!("{:#?}", OtlpMetricExporter::new(settings.clone()));
                println!("{}", OtlpExporter::new(settings).map_or_else(|e| e.to_string(), |_| String::new()));
            }
            let (endpoint, headers, resource) = (endpoint.clone(), headers.clone(), resource.clone());
            let settings = ZipkinSettings { endpoint, headers, resource, ..ZipkinSettings::default() };
            println!("{settings:#?}\n{:#?}", ZipkinExporter::new(settings.clone()));
            println!("{}", ZipkinExporter::new(settings).map_or_else(|e| e.to_string(), |_| String::new()));
        }
    }
    let settings = FileSettings { resource, ..FileSettings::default() };
    println!("{settings:#?}\n{:#?}", FileExporter::new(settings.clone()));
}

/// What a builder says of arguments with secrets in them, taken or not.
fn show_builder(secret: &str) {
    let builder = Telemetry::builder()
        .otlp_header("authorization", secret)
        .otlp_header("not a name", secret)
        .otlp_header("x-key", format!("{secret}\n"))
        .otlp_endpoint(&format!("http://me:{secret}@localhost:1"))
        .otlp_endpoint(&format!("http://localhost:1/v1/traces?key={secret}"))
        .otlp_endpoint(&format!("http://localhost:a{secret}"))
        .jaeger_endpoint(&format!("http://me:{secret}@localhost:14268/api/traces?key={secret}"))
        .jaeger_endpoint(&format!("http://localhost:14268/api/traces?key={secret}"))
        .zipkin_endpoint(&format!("http://localhost:1/api/v2/spans?key={secret}"))
        .resource_attribute("db.password", secret);
    println!("{builder:#?}");
    // There is a telemetry already; what is wrong with this one is in the error that it is `required` for.
    let refused = builder.required(true).install();
    println!("{refused:#?}");
}

fn show(telemetry: Option<&Guard>, secret: &str) {
    let registry = Registry::global();
    println!("{telemetry:#?}");
    for problem in telemetry.into_iter().flat_map(Guard::problems) {
        println!("{problem} {problem:#?}");
    }
    println!("{registry:#?}\n{:#?}", registry.gather_debug_info());
    println!("{:#?}", registry.snapshot());
    println!("{:#?}", registry.get_metrics("confidant").get_snapshot());
    println!("{:#?}\n{:#?}", Counts::global(), Context::current());
    show_exporters(secret);
    show_builder(secret);
}

fn main() {
    let secret = std::env::var("SECRET").unwrap_or_default();
    let builder = Telemetry::builder()
        .service_name("confidant")
        .otlp_header("x-in-code", secret.as_str())
        .resource_attribute("session.token", secret.as_str())
        .health_check("refused", || async { Err::<(), _>(Refused { login: login(7, ""), source: None }) })
        .shutdown_timeout(Duration::from_secs(5));
    println!("{builder:#?}");
    let mut telemetry = match builder.install() {
        Ok(telemetry) => Some(telemetry),
        Err(error) => return println!("{error} {error:#?}\n> refused"),
    };
    let address = spanwright::metrics_addr().map(|address| address.to_string());
    println!("> ready {}", address.unwrap_or_default());
    for line in io::stdin().lock().lines() {
        match line.expect("commands are UTF-8").as_str() {
            "work" => work(&secret),
            "show" => show(telemetry.as_ref(), &secret),
            "end" => drop(telemetry.take()),
            unknown => panic!("unknown command `{unknown}`"),
        }
        println!("> done");
    }
}
