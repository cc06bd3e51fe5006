use spanwright::Labels;

#[derive(Labels)]
struct Request {
    #[label(max = 10)]
    api_key: String,
    ok: bool,
}

fn main() {}
