use spanwright::instrument;

const NAME: u8 = 3;

#[instrument(name = NAME)]
fn charge() {}

fn main() {
    charge();
}
