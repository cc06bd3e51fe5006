#[derive(spanwright::ErrorType)]
enum Failed {
    Io(#[error_type(transparent)] std::io::Error),
}

fn main() {}
