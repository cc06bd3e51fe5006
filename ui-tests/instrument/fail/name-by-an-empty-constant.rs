use spanwright::instrument;

const NAME: &str = "";

#[instrument(name = NAME)]
fn charge() {}

fn main() {
    charge();
}
