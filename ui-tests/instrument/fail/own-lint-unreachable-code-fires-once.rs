use spanwright::instrument;

#[deny(unreachable_code)]
#[instrument]
fn charge() -> u64 {
    return 7;
    8
}

fn main() {}
