#[derive(spanwright::ErrorType)]
enum Failed {
    #[error_type(expeted)]
    NotFound,
}

fn main() {}
