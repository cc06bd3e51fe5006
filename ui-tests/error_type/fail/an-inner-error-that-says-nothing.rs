#[derive(Debug)]
struct Inner;

#[derive(spanwright::ErrorType)]
enum Failed {
    #[error_type(transparent)]
    Inner(Inner),
}

fn main() {
    let _failed = Failed::Inner(Inner);
}
