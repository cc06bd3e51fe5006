#![no_implicit_prelude]
#![deny(warnings, clippy::all, clippy::pedantic)]

extern crate spanwright as telemetry;

mod spanwright {}

pub struct Cart<'a, const N: ::core::primitive::usize> {
    items: &'a [::core::primitive::u8; N],
}

#[telemetry::instrument_all(metrics, err, crate = telemetry)]
impl<'a, const N: ::core::primitive::usize> Cart<'a, N> {
    const LIMIT: ::core::primitive::usize = { 3 };

    #[must_use]
    pub fn first(&self) -> ::core::option::Option<&'a ::core::primitive::u8> {
        self.items.first()
    }

    #[instrument(skip)]
    fn len(&self) -> ::core::primitive::usize {
        self.items.len()
    }

    const fn limit() -> ::core::primitive::usize {
        Self::LIMIT
    }

    async fn checked<T>(&self, with: T) -> ::core::result::Result<T, ::std::string::String>
    where
        T: for<'b> ::core::ops::Fn(&'b ::core::primitive::str),
    {
        with("checked");
        ::core::result::Result::Ok(with)
    }
}

#[telemetry::instrument_all(crate = telemetry)]
impl<const N: ::core::primitive::usize> ::core::clone::Clone for Cart<'_, N> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

#[telemetry::instrument_all(pub, level = "debug", crate = ::telemetry)]
mod store {
    #![allow(clippy::unused_unit)]

    pub(super) fn r#type(_: super::Cart<'_, 2>) -> () {
        hidden();
    }

    fn hidden() {}

    pub mod inner {
        pub fn open() {}
    }

    #[cfg(test)]
    mod tests {
        fn not_built() -> Nonsense {}
    }
}

fn main() {
    let cart = Cart { items: &[1, 2] };
    let _same = ::core::clone::Clone::clone(&cart).first();
    let _numbers = (cart.len(), Cart::<'static, 2>::limit());
    ::core::mem::drop(cart.checked(|_| {}));
    store::r#type(cart);
    store::inner::open();
}
