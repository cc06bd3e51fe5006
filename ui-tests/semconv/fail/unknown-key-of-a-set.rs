#![deny(deprecated)]

use spanwright::Attributes;

#[derive(Attributes)]
struct Request {
    #[attribute(key_exact = "http.response.status_coed")]
    status: u16,
    #[attribute(key_exact = "http.path")]
    path: &'static str,
}

fn main() {}
