use spanwright::Metrics;

#[derive(Metrics)]
union Shop {
    orders: u64,
}

fn main() {}
