use spanwright::{Gauge, Metrics};

#[derive(Metrics)]
#[metrics(global = "no")]
struct Queue {
    /// How many jobs wait.
    #[metric(
        name_exact = "queue depth",
        unit = "{job",
        role = call,
        panel(kind = pie, hidden = true),
        threshold(warning = high),
        alert(when = "100", for = "5 m", severity = "page", quantile = 2),
        alert(name = "a b", expr = "up"),
    )]
    depth: Gauge,
    #[metric(flatten, skip, unit = "ms")]
    pool: Gauge,
}

fn main() {}
