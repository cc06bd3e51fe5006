#[derive(spanwright::Event)]
#[event(nam = "sent")]
struct Sent {
    #[event(display, debug)]
    to: u64,
    #[event(skip, rename = "size")]
    bytes: u64,
    password: u64,
    #[event(rename = "to")]
    also: u64,
}

fn main() {}
