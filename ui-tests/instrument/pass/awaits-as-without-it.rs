#![deny(warnings)]

use std::convert::Infallible;
use std::future::{Future, IntoFuture, Ready, ready};
use std::mem::size_of_val;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use spanwright::instrument;

struct Builder(u8);

impl IntoFuture for Builder {
    type Output = Result<u8, Infallible>;
    type IntoFuture = Ready<Self::Output>;
    fn into_future(self) -> Self::IntoFuture {
        ready(Ok(self.0))
    }
}

impl Builder {
    /// A name that everything has.
    fn await_point(self) -> Self {
        Self(self.0 + 1)
    }
}

struct Held<F> {
    future: F,
    boxed: Pin<Box<dyn Future<Output = u8> + Send>>,
}

impl<F: Future<Output = u8> + Unpin> Held<F> {
    #[instrument]
    async fn both(&mut self) -> u8 {
        (&mut self.future).await + self.boxed.as_mut().await
    }

    #[instrument]
    async fn whole(self) -> u8 {
        self.future.await + self.boxed.await
    }
}

impl<F: Future<Output = u8> + Unpin> Future for Held<F> {
    type Output = u8;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<u8> {
        Pin::new(&mut self.future).poll(context)
    }
}

#[instrument]
async fn itself<F: Future<Output = u8> + Unpin>(held: &mut F, generic: impl IntoFuture<Output = u8>) -> u8 {
    held.await + generic.await
}

#[instrument(err)]
async fn chained(pinned: Pin<&mut (dyn Future<Output = u8> + Send)>) -> Result<u8, Infallible> {
    let mut sum = Builder(1).await? + Builder(2).await_point().await?;
    for number in 0..=ready(2).await {
        sum += match ready(number).await {
            0 => Builder(number).await?,
            _ if ready(true).await => pinned_or(1).await,
            other => other,
        };
    }
    while let Some(more) = ready(None::<u8>).await {
        sum += more;
    }
    let array = [ready(1u8).await; 2];
    async { sum += 1 }.await;
    match sum {
        0 => ready(()),
        _ => ready(()),
    }
    .await;
    if !(ready(false).await) && !ready(false).await {
        sum += 1;
    }
    Ok(-i16::from(array[0]).min(*&ready(0).await) as u8 + sum + pinned.await)
}

async fn pinned_or(value: u8) -> u8 {
    value
}

/// Nothing need be known of a variable to await it.
#[instrument]
async fn in_closures() -> u8 {
    let later = |future| async move { future.await };
    let first = later(ready(1)).await;
    let twice = async |value: u8| ready(value).await + ready(value).await;
    let inferred;
    let boxed: Box<dyn Future<Output = u8> + Unpin>;
    boxed = Box::new(ready(2));
    inferred = boxed;
    first + twice(3).await + inferred.await
}

#[instrument]
async fn never(mut count: u8) -> ! {
    loop {
        ready(()).await;
        count = match count.checked_add(1) {
            Some(more) => more,
            None => std::future::pending().await,
        };
    }
}

/// A macro of a name that says it waits may do something else, and decides how it is used.
mod macros {
    macro_rules! join {
        ($($future:expr),*) => { ($($future.await,)*) };
    }
    macro_rules! select {
        ($($name:ident = $future:expr => $value:expr),* $(,)?) => { { $(let $name = $future.await; let _ = &$name;)* ($($value),*) } };
    }
    pub(super) use {join, select};
}

#[instrument]
async fn together() -> u8 {
    use macros::join;
    let (a, b) = join!(ready(1), pinned_or(2));
    macros::join!(ready(()), ready(()));
    let c = macros::join!(ready(3)).0;
    let text = std::cell::RefCell::new(String::from("kept"));
    let length = macros::select! { guard = ready(text.borrow_mut()) => guard.len() };
    macros::select! { _name = ready(()) => () }
    let closure = || async { macros::join!(ready(4u8)) };
    let (d,) = closure().await;
    let tuple = (join!(ready(5u8)), 6);
    let e = match macros::select! { x = ready(1u8) => x, } {
        1 => 1,
        other => other,
    };
    if let (1,) = join!(ready(1)) {}
    macros::select! {
        sum = ready(a + b + c + d + e) => sum + length as u8 + tuple.0.0 + tuple.1
    }
}

#[instrument]
async fn asserted(value: u8) {
    // What is said is the user's text.
    assert!(ready(value).await == 7, "{}", ready(value).await);
}

#[instrument]
async fn one(large: [u8; 512]) -> u8 {
    ready(()).await;
    large[0]
}

async fn one_plain(large: [u8; 512]) -> u8 {
    ready(()).await;
    large[0]
}

#[instrument]
async fn many(large: [u8; 512]) -> u8 {
    let waits = moved(large);
    waits.await;
    moved(large).await;
    Box::pin(moved(large)).await;
    let (other, boxed) = (moved(large), Box::pin(moved(large)));
    macros::join!(other, boxed);
    large[0]
}

async fn many_plain(large: [u8; 512]) -> u8 {
    let waits = moved(large);
    waits.await;
    moved(large).await;
    Box::pin(moved(large)).await;
    let (other, boxed) = (moved(large), Box::pin(moved(large)));
    macros::join!(other, boxed);
    large[0]
}

async fn moved(large: [u8; 512]) -> u8 {
    ready(()).await;
    large[0]
}

fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing waits"),
    }
}

fn main() {
    let mut held = Held { future: ready(1), boxed: Box::pin(ready(2)) };
    assert_eq!(now(held.both()), 3);
    let mut held = Held { future: ready(1), boxed: Box::pin(ready(2)) };
    assert_eq!(now(itself(&mut held, ready(4))), 5);
    assert_eq!(now(Held { future: ready(1), boxed: Box::pin(ready(2)) }.whole()), 3);
    assert_eq!(now(chained(Box::pin(ready(10)).as_mut())), Ok(18));
    assert_eq!(now(in_closures()), 9);
    assert!(pin!(never(0)).poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(now(together()), 26);
    let said = std::panic::catch_unwind(|| now(asserted(8)));
    assert_eq!(said.unwrap_err().downcast_ref::<String>().unwrap(), "8");

    let added = size_of_val(&one([0; 512])) - size_of_val(&one_plain([0; 512]));
    let to_many = size_of_val(&many([0; 512])) - size_of_val(&many_plain([0; 512]));
    assert!(to_many <= added, "labels add nothing: {to_many} bytes, and {added} to one");
}
