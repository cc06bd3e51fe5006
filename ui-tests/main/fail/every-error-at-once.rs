#[spanwright::main(
    prefix = "MY SHOP",
    service_nam = "shop",
    flavor = "none",
    worker_threads = "four",
    prefix = "SHOP"
)]
async fn main(arguments: Vec<String>) {}
