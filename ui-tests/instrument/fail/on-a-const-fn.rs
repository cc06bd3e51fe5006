use spanwright::instrument;

#[instrument]
const fn charge() -> u64 {
    7
}

fn main() {}
