//! What a function returns is followed, under the lints that a crate is likely to deny.
#![deny(
    warnings,
    unused,
    future_incompatible,
    nonstandard_style,
    rust_2018_idioms,
    rust_2021_compatibility,
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

use async_stream::{stream, try_stream};
use futures_util::future::{BoxFuture, FutureExt, TryFuture};
use futures_util::stream::{self, BoxStream, FusedStream, LocalBoxStream, Stream, StreamExt, TryStream};
use spanwright::{Label, instrument, record};

#[derive(Clone, Copy, Label)]
enum Tier {
    Free,
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
type Items<'a, T> = Pin<Box<dyn Stream<Item = T> + Send + 'a>>;

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

    #[instrument(future, fields(service = "shop", sum = Empty), err, metrics(in_flight))]
    fn call(&mut self, request: R) -> Self::Future {
        self.id += 1;
        let id = self.id;
        let sum = async move {
            let request: u64 = request.into();
            let sum: u64 = "7".parse::<u64>().map_err(|error| error.to_string())?;
            record!(sum = sum);
            Ok(id + request + sum)
        };
        sum.boxed()
    }
}

impl Shop {
    // The parameters are used by the attribute alone, but for `self`.
    #[instrument(future, record(id, %name), metrics(prefix = "shop", labels(tier, big: bool = id > 7)))]
    fn unused(&self, id: u64, name: String, tier: Tier) -> impl Future<Output = u64> + Send + '_ {
        ready(self.id)
    }

    #[instrument(future, record_all, skip(self, _unused))]
    fn elided(&self, _unused: &str) -> Boxed<'_, &str> {
        if self.id == 0 {
            return Box::pin(ready("early"));
        }
        Box::pin(async { self.name.as_str() })
    }

    #[instrument(future)]
    fn unique<'a>(&'a mut self, cell: &'a Cell<u64>) -> Pin<Box<dyn Future<Output = &'a mut String> + 'a>> {
        let name = &mut self.name;
        Box::pin(async {
            cell.set(7);
            name
        })
    }

    #[instrument(future)]
    fn generic<T: Clone + Send>(value: T) -> impl Future<Output = (T, T)> + Send + use<T> {
        ready(value).map(|value| (value.clone(), value))
    }

    #[instrument(future)]
    fn without_an_output() -> impl Future {
        ready(7)
    }

    #[instrument(future)]
    fn closure() -> impl Future<Output = impl Fn(u64) -> u64> {
        ready(|x: u64| x + 1)
    }

    #[instrument(future, err)]
    fn tried() -> impl TryFuture<Ok = u64, Error = String> {
        ready(Ok::<_, String>(7))
    }

    #[instrument(future)]
    fn aliased(&mut self) -> BoxFuture<'_, u64> {
        self.id += 1;
        async move { self.id }.boxed()
    }

    #[instrument(future)]
    fn never() -> impl Future<Output = std::convert::Infallible> {
        std::future::pending()
    }

    // The error's type is known from the signature alone.
    #[instrument(future, err(Debug), ret)]
    fn inferred(&self) -> impl Future<Output = Result<u64, std::num::ParseIntError>> {
        async {
            let parsed = self.name.parse::<u64>()?;
            Ok(parsed)
        }
    }

    #[instrument(record(self.id, ?more))]
    fn items<'a>(&'a self, more: &'a [u64]) -> impl Stream<Item = u64> + 'a {
        stream! {
            yield self.id;
            for id in more {
                yield *id;
            }
        }
    }

    #[instrument(err, metrics(in_flight))]
    fn tried_items(&self) -> impl Stream<Item = Result<u64, std::num::ParseIntError>> + '_ {
        try_stream! {
            let first: u64 = self.name.parse()?;
            yield first;
        }
    }

    #[instrument]
    fn fused(&self) -> impl FusedStream<Item = u64> + Unpin + use<> {
        stream::iter(0..self.id).fuse()
    }

    #[instrument(stream, err)]
    fn try_stream() -> impl TryStream<Ok = u64, Error = String, Item = Result<u64, String>> {
        stream::iter([Ok::<_, String>(7)])
    }

    #[instrument]
    fn boxed_items(&self) -> Pin<Box<dyn Stream<Item = &str> + Send + '_>> {
        if self.id == 0 {
            return Box::pin(stream::empty());
        }
        Box::pin(stream! { yield self.name.as_str(); })
    }

    #[instrument(fields(id = Empty))]
    fn aliased_items(&mut self) -> BoxStream<'_, u64> {
        stream! {
            self.id += 1;
            record!(id = self.id);
            yield self.id;
        }
        .boxed()
    }

    #[instrument(stream, outcome = outcome)]
    fn named_items<'a, T: Clone + Send + Sync>(all: &'a [T]) -> Items<'a, T> {
        stream::iter(all.iter().cloned()).boxed()
    }

    #[instrument]
    fn local_items(cell: &Cell<u64>) -> LocalBoxStream<'_, u64> {
        stream::iter(0..7).map(|n| cell.replace(n)).boxed_local()
    }
}

fn outcome<T>(_: &T) -> spanwright::Outcome {
    spanwright::Outcome::Ok
}

macro_rules! made {
    ($name:ident, $ty:ty, $body:block, $($all:tt)*) => {
        #[instrument(future)]
        fn $name() -> $ty $body
        $($all)*
    };
}

made!(made, Boxed<'static, u64>, { ready(7).boxed() }, #[instrument] fn more() -> BoxStream<'static, u64> { made_items() });

fn made_items() -> BoxStream<'static, u64> {
    stream::iter(0..7).boxed()
}

mod without_the_prelude {
    #![no_implicit_prelude]

    mod core {}
    mod std {}

    #[::spanwright::instrument(future, err)]
    fn future() -> impl ::std::future::Future<Output = ::std::result::Result<u8, ::std::string::String>> {
        ::std::future::ready(::std::result::Result::Ok(7))
    }

    #[::spanwright::instrument(record(id))]
    fn stream(id: u8) -> ::futures_util::stream::BoxStream<'static, u8> {
        ::std::boxed::Box::pin(::futures_util::stream::iter([id]))
    }

    pub(super) fn uses() {
        ::std::mem::drop((future(), stream(7)));
    }
}

fn plain(order: [u8; 1024]) -> impl Future<Output = u8> {
    async move {
        ready(()).await;
        order[7]
    }
}

#[instrument(future, metrics)]
fn followed(order: [u8; 1024]) -> impl Future<Output = u8> {
    async move {
        ready(()).await;
        order[7]
    }
}

/// The handle of a task that runs by itself, as Tokio's.
struct JoinHandle<T>(T);

impl<T> Future for JoinHandle<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<T> {
        std::task::Poll::Pending
    }
}

#[instrument]
fn started() -> JoinHandle<u8> {
    JoinHandle(7)
}

fn is_send<T: Send>(value: T) -> T {
    value
}

fn main() {
    let mut shop = Shop { id: 1, name: String::new() };
    drop(is_send(shop.call(7_u32)));
    drop(is_send(shop.unused(1, String::new(), Tier::Free)));
    drop(is_send(shop.elided("")));
    drop(shop.unique(&Cell::new(1)));
    drop((Shop::without_an_output(), Shop::closure(), Shop::tried(), Shop::never(), made()));
    drop(is_send(Shop::generic(7)));
    drop(is_send(shop.aliased()));
    drop(is_send(shop.inferred()));
    drop(is_send(shop.items(&[])));
    drop(is_send(shop.tried_items()));
    drop(is_send(shop.fused()));
    drop(is_send(Shop::try_stream()));
    drop(is_send(shop.boxed_items()));
    drop(is_send(shop.aliased_items()));
    drop(is_send(Shop::named_items(&[7])));
    drop((Shop::local_items(&Cell::new(7)), more()));
    without_the_prelude::uses();
    let _: u8 = started().0;
    let (plain, followed) = (plain([0; 1024]), followed([0; 1024]));
    let added = size_of_val(&followed) - size_of_val(&plain);
    assert!(added <= 200, "{added} bytes added to {}", size_of_val(&plain));
}
