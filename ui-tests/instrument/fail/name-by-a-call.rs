use spanwright::instrument;

fn name() -> &'static str {
    "charge"
}

#[instrument(name = name())]
fn charge() {}

fn main() {
    charge();
    name();
}
