//! The same metrics in each contender: called as its user calls them in the handler of a request, filled with series, and
//! written as text.

pub mod client;
pub mod foundations;
pub mod measure;
pub mod ours;
pub mod plain;
pub mod prom;
pub mod recorder;
pub mod sdk;

use std::hint::black_box;
use std::sync::LazyLock;

use measured::FixedCardinalityLabel;
use prometheus_client::encoding::EncodeLabelValue;
use serde::Serialize;
use spanwright::{Label, Labels};

/// Somebody's metrics.
pub struct Contender {
    /// Calls what the subject's name says so many times, and gives back how often.
    pub run: fn(&str, u64) -> u64,
    /// A family of that kind with a label of text.
    pub family: fn(&str) -> Family,
}

/// One family of series, told apart by a text.
pub struct Family {
    /// Increments the counter of that label, or lets its histogram observe a value.
    pub record: Box<dyn Fn(&str)>,
    /// All series as a scraper gets them.
    pub scrape: Box<dyn Fn() -> Vec<u8>>,
}

/// The contender of that name.
pub fn contender(name: &str) -> Contender {
    match name {
        "plain" => plain::CONTENDER,
        "spanwright" => ours::CONTENDER,
        "prometheus" => prom::CONTENDER,
        "prometheus-client" => client::CONTENDER,
        "measured" => measure::CONTENDER,
        "metrics" => recorder::CONTENDER,
        "sdk" => sdk::CONTENDER,
        "foundations" => foundations::CONTENDER,
        other => panic!("no contender `{other}`"),
    }
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Label, FixedCardinalityLabel, EncodeLabelValue, Serialize,
)]
pub enum Method {
    Get,
    Put,
    Delete,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Label, FixedCardinalityLabel, EncodeLabelValue, Serialize,
)]
pub enum Status {
    Ok,
    NotFound,
    Failed,
}

impl Method {
    pub fn as_str(self) -> &'static str {
        Self::VALUES[self as usize]
    }
}

impl Status {
    pub fn as_str(self) -> &'static str {
        Self::VALUES[self as usize]
    }
}

/// What a request is labelled by.
#[derive(Clone, Copy, Debug, Labels)]
pub struct Request {
    pub method: Method,
    pub status: Status,
}

/// How many inputs there are before they repeat: more than branches are foreseen by.
pub const INPUTS: usize = 1_024;
/// How many different customers are among them.
const CUSTOMERS: u64 = 100;
/// The bounds of classic buckets, of all.
pub const BOUNDS: &[f64] = spanwright::DURATION_BUCKETS;

/// What calls are made with, the same for all contenders.
pub struct Inputs {
    pub requests: [Request; INPUTS],
    /// Seconds, from 10 µs to 10 s.
    pub values: [f64; INPUTS],
    pub customers: [&'static str; INPUTS],
}

/// What calls are made with; the compiler knows nothing of it.
pub fn inputs() -> &'static Inputs {
    static ALL: LazyLock<Inputs> = LazyLock::new(|| {
        let mut state = 1;
        let requests = std::array::from_fn(|_| Request {
            method: [Method::Get, Method::Put, Method::Delete][random(&mut state) as usize % 3],
            status: [Status::Ok, Status::NotFound, Status::Failed][random(&mut state) as usize % 3],
        });
        let names: Vec<&str> = (0..CUSTOMERS).map(|at| customer(at).leak() as &str).collect();
        Inputs {
            requests,
            values: std::array::from_fn(|_| {
                10_f64.powf(random(&mut state) as f64 / 2_f64.powi(31) * 6.0 - 5.0)
            }),
            customers: std::array::from_fn(|_| names[random(&mut state) as usize % names.len()]),
        }
    });
    black_box(&ALL)
}

/// The name of a customer.
pub fn customer(number: u64) -> String {
    format!("customer-{number}")
}

/// The next of a sequence of numbers of 31 bits: Knuth's MMIX generator.
pub fn random(state: &mut u64) -> u32 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as u32
}

/// Evaluates a call so many times, each with other inputs, of which the compiler knows nothing; gives back how often.
macro_rules! each {
    ($n:expr, |$($name:ident in $list:ident),*| $call:expr) => {{
        let inputs = $crate::metrics::inputs();
        for at in 0..$n {
            $(let $name = std::hint::black_box(inputs.$list[at as usize % $crate::metrics::INPUTS]);)*
            std::hint::black_box($call);
        }
        $n
    }};
    ($n:expr, $call:expr) => {{
        for _ in 0..$n {
            std::hint::black_box($call);
        }
        $n
    }};
}
use each;

/// Nobody has metrics of that name.
fn unknown(subject: &str) -> ! {
    panic!("no subject `{subject}`")
}
