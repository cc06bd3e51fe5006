use spanwright::instrument;

#[instrument(ret(Dispaly))]
fn charge() -> u8 {
    1
}

fn main() {
    charge();
}
