#[derive(spanwright::ErrorType)]
enum Failed {
    #[error_type(transparent)]
    Inner(std::io::Error, u8),
}

fn main() {
    fn named(failed: &Failed) -> &str {
        spanwright::ErrorType::error_type(failed)
    }
}
