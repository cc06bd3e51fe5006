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

    #[cfg(all(test, unix))]
    mod tests {
        fn not_built() -> Nonsense {}
    }
}

pub struct Store {
    is_traced: ::core::primitive::bool,
}

#[telemetry::instrument_all(
    enabled = self.is_traced,
    fields(app = "shop", on = self.is_traced),
    record_all,
    err,
    crate = telemetry
)]
impl Store {
    #[must_use]
    pub fn new(is_traced: ::core::primitive::bool) -> Self {
        Self { is_traced }
    }

    #[instrument(record(id), enabled = true, skip(self))]
    fn put(&self, id: ::core::primitive::u8) {}

    #[instrument(skip_all)]
    fn id(&self) -> ::core::primitive::u8 {
        if self.is_traced { 1 } else { 0 }
    }

    #[track_caller]
    #[instrument(skip(self))]
    fn tracked(&self) -> ::core::result::Result<(), ::std::string::String> {
        ::core::result::Result::Ok(())
    }

    #[cfg_attr(all(), telemetry::instrument(metrics, crate = telemetry))]
    fn counted() {}
}

type Checked = ::core::result::Result<::core::primitive::u8, ::std::string::String>;

#[telemetry::instrument_all(err, crate = telemetry)]
pub trait Shop {
    fn limit(&self) -> ::core::primitive::u8;

    fn orders(&self) -> ::core::option::Option<Checked> {
        ::core::option::Option::Some(::core::result::Result::Ok(self.limit()))
    }

    fn all(&self) -> impl ::core::iter::Iterator<Item = Checked> {
        ::core::iter::once(::core::result::Result::Ok(self.limit()))
    }

    fn next(&self) -> ::core::task::Poll<Checked> {
        ::core::task::Poll::Ready(::core::result::Result::Ok(self.limit()))
    }
}

impl Shop for Store {
    fn limit(&self) -> ::core::primitive::u8 {
        7
    }
}

fn main() {
    let kept = Store::new(true);
    kept.put(7);
    kept.tracked().unwrap();
    ::core::mem::drop((kept.all(), kept.next()));
    Store::counted();
    let cart = Cart { items: &[1, 2] };
    let _same = ::core::clone::Clone::clone(&cart).first();
    let _numbers = (cart.len(), Cart::<'static, 2>::limit());
    ::core::mem::drop(cart.checked(|_| {}));
    store::r#type(cart);
    store::inner::open();
}
