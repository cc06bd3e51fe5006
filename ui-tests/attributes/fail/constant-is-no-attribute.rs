use spanwright::instrument;

const PIECES: u8 = 3;

#[instrument(fields({PIECES} = 1))]
fn charge() {}

fn main() {}
