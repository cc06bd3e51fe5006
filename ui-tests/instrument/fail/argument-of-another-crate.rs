use spanwright::instrument;

#[instrument(enter_on_poll = true)]
fn charge() -> u32 {
    7
}

fn main() {}
