#[derive(spanwright::ErrorType)]
#[error_type(rename = "failed", rename_all = 3)]
enum Failed {
    #[error_type(expected, expected)]
    NotFound,
    #[error_type(transparent, expected)]
    Io(#[error_type(x)] std::io::Error, u8),
}

fn main() {}
