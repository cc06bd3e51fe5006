#![deny(warnings)]

use std::borrow::Cow;
use std::fmt::{Debug, Display};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use spanwright::{Record, instrument};

#[instrument(record(value), err)]
fn recorded<T: Record + Clone>(value: T) -> Result<T, String>
where
    T: Send,
{
    Ok(value.clone())
}

#[instrument(record(?value), fields(size = N))]
fn debugged<'a, T: Debug + ?Sized, const N: usize>(value: &'a T) -> &'a T {
    value
}

#[instrument(record(%value), err)]
async fn shown<'a>(value: impl Display + 'a, rest: &'a [u8]) -> Result<&'a [u8], String> {
    drop(value);
    Ok(rest)
}

#[instrument]
fn iterator<'a>(values: &'a [u8], by: &u8) -> impl Iterator<Item = u8> + use<'a> {
    let by = *by;
    values.iter().map(move |value| value * by)
}

#[instrument(err)]
fn result_of_iterator(values: &[u8]) -> Result<impl Iterator<Item = &u8> + Clone, String> {
    Ok(values.iter())
}

#[instrument(err)]
async fn async_result_of_iterator(values: &[u8]) -> Result<impl Iterator<Item = &u8> + Clone, String> {
    Ok(values.iter())
}

#[instrument]
fn callback() -> impl for<'a> Fn(&'a str) -> &'a str {
    |text| text
}

#[instrument]
fn cow(text: &str) -> Cow<'_, str> {
    text.into()
}

#[instrument]
fn dynamic(number: u8) -> Box<dyn Fn(u8) -> u8> {
    Box::new(move |other| other + number)
}

#[instrument]
async fn dynamic_async(number: u8) -> Box<dyn Display + Send> {
    Box::new(number)
}

#[instrument(err)]
async fn boxed_error(text: &str) -> Result<u8, Box<dyn std::error::Error + Send + Sync>> {
    if text.is_empty() {
        return Err("empty".into());
    }
    Ok(text.parse()?)
}

struct Shop<'a, T> {
    name: &'a str,
    value: T,
}

impl<'a, T: Debug + Send + Sync> Shop<'a, T> {
    #[instrument(record(self.name, ?self.value))]
    fn name(&self) -> &'a str {
        self.name
    }

    #[instrument(record(name))]
    fn named(mut self, name: &'a str) -> Self {
        self.name = name;
        self
    }

    #[instrument(err)]
    fn value(&mut self) -> Result<&mut T, String> {
        Ok(&mut self.value)
    }

    #[instrument(err, record(self.name))]
    async fn value_async(&mut self) -> Result<&mut T, String> {
        Ok(&mut self.value)
    }

    #[instrument]
    fn boxed(self: Box<Self>) -> T {
        self.value
    }

    #[instrument(record(self.name))]
    async fn shared(self: Arc<Self>, _: &str) -> &'a str {
        self.name
    }

    #[instrument]
    fn pinned(self: Pin<&mut Self>) -> Pin<&mut Self> {
        self
    }
}

trait Gateway {
    type Reply<'a>
    where
        Self: 'a;

    #[instrument(record(id))]
    fn send(&self, id: u64) -> u64
    where
        Self: Sized,
    {
        id
    }

    fn reply(&self) -> impl Future<Output = Self::Reply<'_>> + Send;
}

impl Gateway for String {
    type Reply<'a> = &'a str;

    #[instrument(record(id))]
    fn send(&self, id: u64) -> u64 {
        id + 1
    }

    #[instrument]
    async fn reply(&self) -> Self::Reply<'_> {
        self
    }
}

#[instrument(record(values.0, point.0))]
fn patterns((a, mut b): (u8, u8), [c, ..]: [u8; 3], &d: &u8, _: u8, values: (u8, u8), point: &(u8,)) -> u8 {
    b += 1;
    a + b + c + d + values.0 + point.0
}

enum Size {
    Small(u8),
    Large(u8),
}

#[instrument(record(a, ?rest, size, all.0))]
async fn patterns_async(
    (a, mut rest): (u8, Vec<u8>),
    (Size::Small(size) | Size::Large(size)): Size,
    all @ (_, _): (u8, u8),
) -> u8 {
    rest.push(a);
    size + all.1
}

fn uses() {
    drop(recorded(7));
    drop(shown(7, &[]));
    drop((result_of_iterator(&[]).map(|_| ()), async_result_of_iterator(&[])));
    drop((callback(), cow(""), dynamic(7), dynamic_async(7), boxed_error("")));
    let shop = || Shop { name: "a", value: 7 };
    drop((shop().value_async(), Box::new(shop()).boxed(), Arc::new(shop()).shared("")));
    let _ = std::pin::pin!(shop()).as_mut().pinned();
    drop((String::new().send(7), String::new().reply()));
    drop((
        patterns((1, 2), [1, 2, 3], &4, 5, (6, 7), &(8,)),
        patterns_async((1, vec![]), Size::Large(2), (3, 4)),
    ));
    drop(Size::Small(1));
}

fn main() {
    uses();
    let mut shop = Shop { name: "a", value: 7 };
    assert_eq!(*shop.value().unwrap(), 7);
    assert_eq!(shop.named("b").name(), "b");
    assert_eq!(debugged::<_, 3>("a"), "a");
    assert_eq!(iterator(&[1, 2], &3).sum::<u8>(), 9);
}
