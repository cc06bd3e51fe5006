#![no_implicit_prelude]
#![allow(non_camel_case_types, dead_code)]

mod core {}
mod std {}
mod spanwright {}

struct str;
struct u32;
struct AsRef;
struct Labels;
struct Interner;

#[derive(::spanwright::Label)]
enum Tier {
    Free,
    Paid,
}

#[derive(::spanwright::Labels)]
struct Order<'a, 'b: 'a> {
    r#type: Tier,
    paid: &'a ::core::primitive::bool,
    #[label(max = 10, name = "tenant_name")]
    tenant: &'a ::core::primitive::str,
    #[label(max = 10)]
    city: ::std::borrow::Cow<'b, ::core::primitive::str>,
}

fn main() {
    let dimensions = <Order<'static, 'static> as ::spanwright::Labels>::DIMENSIONS;
    ::std::assert_eq!(dimensions.len(), 4);
    ::std::assert_eq!(dimensions[0].name, "type");
}
