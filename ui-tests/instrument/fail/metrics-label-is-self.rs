use spanwright::instrument;

use spanwright::Label;

#[derive(Label)]
enum Tier {
    Free,
    Paid,
}

impl Tier {
    #[instrument(metrics(prefix = "shop", labels(tier: Self = *self)))]
    fn charge(&self) {}
}

fn main() {}
