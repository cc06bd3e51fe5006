#![no_implicit_prelude]
#![allow(non_camel_case_types, dead_code)]

mod core {}
mod std {}
mod spanwright {}

struct str;
struct u32;
struct Label;
struct Labels;
struct Interner;
enum Option {}
enum Result {}

#[derive(::spanwright::Label)]
enum Status {
    Ok,
    Err,
    Some,
    None,
    Self_,
    r#type,
}

#[derive(::spanwright::Label)]
enum Only {
    One,
}

fn main() {
    ::std::assert_eq!(<Status as ::spanwright::Label>::VALUES, ["ok", "err", "some", "none", "self", "type"]);
    ::std::assert_eq!(::spanwright::Label::index(&Status::Some), 2);
    ::std::assert_eq!(::spanwright::Label::index(&Only::One), 0);
}
