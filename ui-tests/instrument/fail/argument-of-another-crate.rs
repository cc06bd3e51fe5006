use spanwright::instrument;

#[instrument(ret)]
fn charge() -> u32 {
    7
}

fn main() {}
