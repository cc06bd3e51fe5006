use spanwright::Label;

#[derive(Clone, Copy, Label)]
#[label(nmae = "tier")]
enum Tier {
    Free,
    Paid,
}

#[derive(spanwright::Labels)]
struct Order {
    tier: Tier,
}

#[spanwright::instrument(metrics(prefix = "shop", labels(tier)))]
fn charge(tier: Tier) {}

fn main() {
    charge(Tier::Free);
    drop(Order { tier: Tier::Paid });
}
