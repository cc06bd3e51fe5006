use spanwright::Metrics;

#[derive(Metrics)]
enum Shop {
    Orders,
}

fn main() {}
