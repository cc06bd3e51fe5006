//! Functions that return a future, without being `async`, under the lints that a crate is likely to deny.
#![deny(
    warnings,
    unused,
    future_incompatible,
    nonstandard_style,
    rust_2018_idioms,
    rust_2021_compatibility,
    rust_2024_compatibility,
    unused_qualifications,
    unused_results,
    unused_lifetimes,
    single_use_lifetimes,
    redundant_lifetimes,
    trivial_casts
)]

use std::cell::Cell;
use std::future::{Future, ready};
use std::mem::size_of_val;
use std::pin::Pin;

use spanwright::{Label, instrument};

#[derive(Clone, Copy, Label)]
enum Tier {
    Free,
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

struct Shop {
    id: u64,
    name: String,
}

trait Service<R> {
    type Future;
    fn call(&mut self, request: R) -> Self::Future;
}

impl<R: Into<u64> + Send + 'static> Service<R> for Shop {
    type Future = Boxed<'static, Result<u64, String>>;

    #[instrument(fields(service = "shop"), err)]
    fn call(&mut self, request: R) -> Self::Future {
        self.id += 1;
        let id = self.id;
        Box::pin(async move {
            ready(()).await;
            let request: u64 = request.into();
            let sum: u64 = "7".parse::<u64>().map_err(|error| error.to_string())?;
            Ok(id + request + sum)
        })
    }
}

impl Shop {
    // The parameters are used by the attribute alone, but for `self`.
    #[instrument(record(id, %name), metrics(prefix = "shop", labels(tier, big: bool = id > 7)))]
    fn unused(&self, id: u64, name: String, tier: Tier) -> impl Future<Output = u64> + Send + '_ {
        async move { self.id }
    }

    #[instrument(record_all, skip(self, _unused))]
    fn elided(&self, _unused: &str) -> Boxed<'_, &str> {
        Box::pin(async { self.name.as_str() })
    }

    #[instrument]
    fn unique<'a>(&'a mut self, cell: &'a Cell<u64>) -> Pin<Box<dyn Future<Output = &'a mut String> + 'a>> {
        let name = &mut self.name;
        Box::pin(async {
            cell.set(7);
            name
        })
    }

    #[instrument]
    #[track_caller]
    fn returns_early(id: u64) -> Boxed<'static, u64> {
        if id == 0 {
            return Box::pin(ready(0));
        }
        match id {
            1 => {}
            _ => assert!(id > 0),
        }
        Box::pin(async move { id })
    }

    #[instrument]
    fn nothing() -> Boxed<'static, ()> {
        Box::pin(async {})
    }

    #[instrument]
    fn generic<T: Clone + Send>(value: T) -> impl Future<Output = (T, T)> + Send + use<T> {
        async move { (value.clone(), value) }
    }

    #[instrument]
    fn without_an_output() -> impl Future {
        async { 7 }
    }

    #[instrument]
    fn closure() -> impl Future<Output = impl Fn(u64) -> u64> {
        async { |x: u64| x + 1 }
    }
}

macro_rules! made {
    ($name:ident, $ty:ty, $body:block) => {
        #[instrument]
        fn $name() -> $ty $body
    };
}

made!(made, Boxed<'static, u64>, { Box::pin(async { 7 }) });

fn is_send<T: Send>(value: T) -> T {
    value
}

fn main() {
    let mut shop = Shop { id: 1, name: String::new() };
    let future = is_send(shop.call(7_u32));
    assert!(size_of_val(&*future) < 512, "{}", size_of_val(&*future));
    drop(is_send(shop.unused(1, String::new(), Tier::Free)));
    drop(is_send(shop.elided("")));
    drop(shop.unique(&Cell::new(1)));
    drop((Shop::returns_early(1), Shop::nothing(), Shop::without_an_output(), Shop::closure(), made()));
    drop(is_send(Shop::generic(7)));
}
