//! Nothing listens.

use std::hint::black_box;

use spanwright_benches::subjects::{autometric, block_on, ours, plain, tracings};

use super::{Setup, repeat};

pub fn install() -> Setup {
    Setup { run, settle: Box::new(|| {}) }
}

fn run(subject: &str, n: u64) -> u64 {
    match subject {
        "plain" => repeat!(n, plain::function),
        "plain async" => repeat!(n, async plain::future),
        "plain polls" => repeat!(n, async plain::polled),
        "spanwright filtered" => repeat!(n, ours::filtered),
        "spanwright filtered async" => repeat!(n, async ours::filtered_future),
        "spanwright metrics" => repeat!(n, ours::metrics),
        "spanwright reported" => repeat!(n, ours::reported),
        "tracing filtered" => repeat!(n, tracings::filtered),
        "tracing filtered async" => repeat!(n, async tracings::filtered_future),
        "autometrics metrics" => repeat!(n, autometric::metrics),
        other => panic!("no subject `{other}`"),
    }
}
