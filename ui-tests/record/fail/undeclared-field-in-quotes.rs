#[spanwright::instrument]
fn charge() {
    spanwright::record!("odd-name" = 7);
}

fn main() {}
