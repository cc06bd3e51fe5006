#[derive(spanwright::ErrorType)]
enum Failed {
    #[error_type(transparent, rename = "io")]
    Io(std::io::Error),
}

fn main() {}
