use spanwright::Labels;

#[derive(Labels)]
struct Request {
    ok: bool,
    #[label(skip, name = "path")]
    path: bool,
}

fn main() {}
