use spanwright::instrument;

#[instrument(fields(process.command_args = 7))]
fn start() {}

fn main() {}
