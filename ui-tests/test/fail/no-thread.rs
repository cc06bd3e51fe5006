#[spanwright::test(worker_threads = 0)]
async fn counts() {}

fn main() {}
