#![no_implicit_prelude]
#![allow(non_snake_case, non_camel_case_types, dead_code, unused_macros)]

mod core {}
mod std {}
mod spanwright {}

fn Ok() {}
fn Some() {}
enum Option {}
enum Result {}
struct bool;
macro_rules! option_env {
    () => {};
}

#[::spanwright::main(prefix = "SHOP", service_name = "shop", worker_threads = 2)]
async fn start() -> ::core::result::Result<(), ::std::string::String> {
    if false {
        return ::core::result::Result::Err(::std::string::String::new());
    }
    ::core::result::Result::Ok(())
}

#[::spanwright::main]
fn start_sync() -> ::core::result::Result<(), ::std::string::String> {
    ::core::result::Result::Ok(())
}

fn main() {
    let _ = (start, start_sync);
}
