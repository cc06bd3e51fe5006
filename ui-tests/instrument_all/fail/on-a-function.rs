#[spanwright::instrument_all]
fn add() {}

fn main() {
    add();
}
