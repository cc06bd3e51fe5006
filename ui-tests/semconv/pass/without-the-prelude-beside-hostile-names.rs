#![no_implicit_prelude]
#![allow(deprecated, dead_code, unused_macros)]

extern crate spanwright as telemetry;

mod core {}
mod std {}
mod spanwright {}
struct Fields;
const OPENTELEMETRY: u8 = 0;
macro_rules! opentelemetry {
    () => {
        ::core::compile_error!("found")
    };
}
trait Text {
    fn text(&self) {}
    fn integer(&self) {}
}
impl<T: ?::core::marker::Sized> Text for T {}

struct User {
    id: ::std::string::String,
    size: u64,
}

#[telemetry::instrument(
    crate = telemetry,
    record(user.id),
    fields(db.system = "sqlite", db.name = "shop", http.path = "/", http.response.body.size = user.size + 1)
)]
fn answer(user: &User) -> usize {
    user.id.len()
}

fn main() {
    answer(&User { id: ::std::string::String::new(), size: 0 });
}
