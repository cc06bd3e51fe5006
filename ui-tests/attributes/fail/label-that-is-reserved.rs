use spanwright::{Attribute, Label, instrument};

const ATTR_OUTCOME: Attribute<str> = Attribute::new("outcome");

#[derive(Label)]
enum Tier {
    Paid,
}

#[instrument(metrics(prefix = "shop", labels({ATTR_OUTCOME}: Tier = Tier::Paid)))]
fn charge() {}

fn main() {}
