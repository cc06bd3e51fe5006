#[derive(spanwright::ErrorType)]
#[error_type(rename_all = "snake")]
enum Failed {
    NotFound,
}

fn main() {}
