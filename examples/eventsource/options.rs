//! The command line.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use eventsource::Address;

/// Takes orders, and keeps what happens to them as events: aggregates with snapshots, an outbox, a bus, subscriptions with
/// projections, and dead letters. It goes on until it is told to end.
#[derive(Parser)]
#[command(name = "eventsource", after_help = VARIABLES)]
struct Arguments {
    /// Takes its orders, prints a summary, and ends.
    #[arg(long)]
    once: bool,
    /// How many orders there are with `--once`.
    #[arg(long, value_name = "N", default_value_t = 10, requires = "once")]
    orders: u64,
    /// Where events are kept: `memory`; `sqlite FILE`, or `sqlite` alone for a database in memory; `postgresql URL`.
    #[arg(long, value_names = ["KIND", "WHERE"], num_args = 1..=2, default_value = "sqlite")]
    store: Vec<String>,
    /// How they are published: `memory`, `rabbitmq URL`, `redis URL`, `kafka SERVERS`, or `kafka mock` for a broker within this
    /// process.
    #[arg(long, value_names = ["KIND", "WHERE"], num_args = 1..=2, default_value = "memory")]
    bus: Vec<String>,
    /// Publishes events as they are saved, and not by way of the outbox, which only SQLite has.
    #[arg(long)]
    direct: bool,
    /// Only takes orders, for a `--consumer` elsewhere.
    #[arg(long, conflicts_with = "consumer")]
    publisher: bool,
    /// Only handles events of the bus, those of a `--publisher` elsewhere.
    #[arg(long)]
    consumer: bool,
    /// Whose part of the events it gets from a broker.
    #[arg(long, value_name = "NAME", default_value = "order-projections")]
    consumer_group: String,
}

const VARIABLES: &str = "\
Environment:
  ENVIRONMENT                   development or staging: projections have spans too
  RUST_LOG                      what to log: info,eventsource.stores.sqlite=warn,eventsource.bus=debug
  EVENTSOURCE_LOG_FORMAT        json or pretty
  EVENTSOURCE_METRICS_PORT      where there is /metrics [default: 9090]; 8000
  EVENTSOURCE_COMPONENTS        parts without spans: eventsource.stores.sqlite=off
  OTEL_EXPORTER_OTLP_ENDPOINT   where spans and metrics are sent: http://localhost:4318
  OTEL_TRACES_SAMPLER           parentbased_traceidratio, with OTEL_TRACES_SAMPLER_ARG=0.1";

/// What was asked for.
#[derive(Debug)]
pub struct Options {
    /// How many orders there are, where it ends by itself.
    pub once: Option<u64>,
    pub store: Store,
    pub bus: Bus,
    pub direct: bool,
    pub role: Role,
    #[cfg_attr(
        not(any(feature = "kafka", feature = "rabbitmq", feature = "redis")),
        allow(dead_code, reason = "only brokers have groups")
    )]
    pub consumer_group: String,
}

/// What this process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Both,
    Publisher,
    Consumer,
}

/// Where events are kept.
#[derive(Debug)]
pub enum Store {
    Memory,
    /// In this file, or in memory.
    Sqlite(Option<PathBuf>),
    #[cfg_attr(not(feature = "postgresql"), allow(dead_code, reason = "nobody connects"))]
    Postgresql(Address),
}

/// How they are published.
#[derive(Debug)]
pub enum Bus {
    Memory,
    #[cfg_attr(not(feature = "rabbitmq"), allow(dead_code, reason = "nobody connects"))]
    RabbitMq(Address),
    #[cfg_attr(not(feature = "redis"), allow(dead_code, reason = "nobody connects"))]
    Redis(Address),
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "nobody connects"))]
    Kafka(String),
}

impl Options {
    /// Reads the command line. Where that is wrong or asks for help, the answer is the error.
    pub fn parse() -> Result<Self, clap::Error> {
        let arguments = Arguments::try_parse()?;
        let store = arguments.store().map_err(wrong)?;
        let bus = arguments.bus().map_err(wrong)?;
        let role = match (arguments.publisher, arguments.consumer) {
            (true, _) => Role::Publisher,
            (_, true) => Role::Consumer,
            _ => Role::Both,
        };
        if role != Role::Both && matches!(bus, Bus::Memory) {
            return Err(wrong(
                "`--publisher` and `--consumer` are two processes, and `--bus memory` is in one: \
                 write `--bus rabbitmq amqp://localhost:5672/`, `--bus redis …` or `--bus kafka …`"
                    .to_owned(),
            ));
        }
        Ok(Self {
            once: arguments.once.then_some(arguments.orders),
            store,
            bus,
            direct: arguments.direct,
            role,
            consumer_group: arguments.consumer_group,
        })
    }
}

impl Arguments {
    fn store(&self) -> Result<Store, String> {
        match &self.store.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["memory"] => Ok(Store::Memory),
            ["sqlite"] => Ok(Store::Sqlite(None)),
            ["sqlite", file] => Ok(Store::Sqlite(Some(file.into()))),
            ["postgresql", url] => Ok(Store::Postgresql(Address::from(*url))),
            other => Err(unknown("--store", other, STORES)),
        }
    }

    fn bus(&self) -> Result<Bus, String> {
        match &self.bus.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["memory"] => Ok(Bus::Memory),
            ["rabbitmq", url] => Ok(Bus::RabbitMq(Address::from(*url))),
            ["redis", url] => Ok(Bus::Redis(Address::from(*url))),
            ["kafka", servers] => Ok(Bus::Kafka((*servers).to_owned())),
            other => Err(unknown("--bus", other, BUSES)),
        }
    }
}

/// What there is, and where it may be.
type Kinds = [(&'static str, &'static str)];

const STORES: &Kinds =
    &[("memory", ""), ("sqlite", "events.db"), ("postgresql", "postgresql://localhost:5432/events")];
const BUSES: &Kinds = &[
    ("memory", ""),
    ("rabbitmq", "amqp://localhost:5672/"),
    ("redis", "redis://localhost:6379/"),
    ("kafka", "localhost:9092"),
];

/// What is wrong with a store or a bus. What was written of where it is, is not repeated: it may have a password.
fn unknown(option: &str, written: &[&str], kinds: &Kinds) -> String {
    let kind = written.first().copied().unwrap_or_default();
    let kind = kind.split([':', '@', '/', '=']).next().unwrap_or_default();
    if let Some((kind, example)) = kinds.iter().find(|(known, _)| *known == kind) {
        return match example.is_empty() {
            false => format!(
                "`{option} {kind}` needs to know where that is: write something like `{option} {kind} {example}`"
            ),
            true => format!(
                "`{option} {kind}` is in this process, and nowhere else: leave out what comes after it"
            ),
        };
    }
    let known: Vec<_> = kinds.iter().map(|(known, _)| format!("`{known}`")).collect();
    format!("`{option} {kind}` is not known: there are {}", known.join(", "))
}

fn wrong(message: String) -> clap::Error {
    Arguments::command().error(ErrorKind::ValueValidation, message)
}
