#![no_implicit_prelude]
#![deny(warnings, clippy::all, clippy::pedantic, clippy::nursery)]

extern crate spanwright as telemetry;

mod spanwright {}
mod core {}
mod std {}

#[derive(telemetry::ErrorType)]
#[error_type(crate = telemetry)]
pub enum Never {}

#[derive(telemetry::ErrorType)]
#[error_type(crate = telemetry, rename = "gone", expected)]
pub struct Gone;

#[derive(telemetry::ErrorType)]
#[error_type(crate = telemetry)]
pub enum Failed<'a, E, const N: usize>
where
    E: 'a,
{
    r#Type([u8; N]),
    Text { text: &'a str },
    #[error_type(transparent)]
    Inner { r#type: E },
    #[error_type(transparent)]
    Boxed(::std::boxed::Box<::std::io::Error>),
}

#[telemetry::instrument(crate = telemetry)]
pub fn fails() -> ::core::result::Result<(), Failed<'static, Gone, 3>> {
    ::core::result::Result::Err(Failed::Text { text: "text" })
}

fn main() {
    let own: Failed<'_, Gone, 1> = Failed::r#Type([0]);
    let inner: Failed<'_, Gone, 1> = Failed::Inner { r#type: Gone };
    let named = [telemetry::ErrorType::error_type(&own), telemetry::ErrorType::error_type(&inner)];
    ::std::assert_eq!(named, ["type", "gone"]);
    let _failed = fails();
}
