#[spanwright::test(worker_threads = 2)]
fn counts() {}

fn main() {}
