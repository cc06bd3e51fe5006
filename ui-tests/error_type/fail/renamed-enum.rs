#[derive(spanwright::ErrorType)]
#[error_type(rename = "failed")]
enum Failed {
    Timeout,
}

fn main() {
    let _failed = Failed::Timeout;
}
