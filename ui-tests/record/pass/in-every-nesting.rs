#![deny(warnings)]

use std::fmt::{Debug, Display};
use std::future::{Future, ready};
use std::num::ParseIntError;
use std::pin::Pin;

use spanwright::{instrument, record};

struct Shop {
    orders: Vec<u64>,
}

impl Shop {
    #[instrument(fields(count = Empty, last = Empty, shop.size = 7, "odd-name" = Empty))]
    fn order(&mut self, order: u64) -> &mut u64 {
        record!(shop.size = self.orders.len(), "odd-name" = "x");
        for (count, order) in self.orders.iter_mut().enumerate() {
            *order += 1;
            record!(count = count, "last" = ?order);
        }
        let twice = || record!(count = self.orders.len() * 2);
        twice();
        twice();
        self.orders.push(order);
        self.orders.last_mut().unwrap()
    }

    #[instrument(fields(at = Empty), err)]
    async fn find(&self, text: &str) -> Result<Option<&u64>, ParseIntError> {
        let wanted: u64 = text.parse()?;
        let found = async {
            ready(()).await;
            record!(at = %wanted);
            self.orders.iter().find(|order| **order == wanted)
        };
        let found = found.await;
        record!(at = ?found);
        Ok(found)
    }
}

#[instrument(fields(one = Empty, other = Empty))]
fn generic<T: Display, const N: usize>(value: impl Debug, values: [T; N]) -> usize
where
    T: Debug,
{
    record!(one = ?value, other = %values[0]);
    let text = if N > 1 {
        spanwright::record!(one = N);
        "many".to_owned()
    } else {
        String::new()
    };
    match text.as_str() {
        "many" => ::spanwright::record!(other = text),
        other => record! { other = other },
    }
    text.len()
}

#[instrument(fields(line = Empty))]
#[track_caller]
fn place() -> u32 {
    let line = std::panic::Location::caller().line();
    record!(line = line);
    line
}

#[instrument(fields(code = Empty))]
fn never(code: i32) -> ! {
    record!(code = code);
    std::process::exit(code)
}

#[instrument(fields(n = Empty))]
fn adder(n: u32) -> impl Fn(&str) -> &str {
    record!(n = n);
    // It outlives the call.
    move |text| {
        record!(n = text.len());
        text
    }
}

#[instrument(fields(n = Empty))]
fn boxed<'a>(n: &'a mut u32) -> Pin<Box<dyn Future<Output = u32> + Send + 'a>> {
    *n += 1;
    Box::pin(async move {
        record!(n = *n);
        ready(*n).await
    })
}

#[instrument(fields(n = Empty))]
fn opaque(n: u32) -> impl Future<Output = ()> {
    async move {
        let tasks = [1, 2].map(|task| async move { record!(n = n + task) });
        for task in tasks {
            task.await;
        }
    }
}

#[instrument(fields(outer = Empty))]
fn threads() {
    #[instrument(fields(inner = Empty))]
    fn within() {
        record!(inner = 7);
    }
    let one = std::thread::spawn(move || record!(outer = 1));
    let other = std::thread::spawn(move || record!(outer = 2));
    within();
    one.join().and(other.join()).unwrap();
}

trait Named {
    const NAME: &'static str;

    #[instrument(fields(name = Empty))]
    fn provided(&self) -> &'static str
    where
        Self: Sized,
    {
        record!(name = Self::NAME);
        Self::NAME
    }
}

impl Named for Shop {
    const NAME: &'static str = "shop";
}

/// # Safety
/// It is safe.
#[instrument(fields(name = Empty))]
unsafe fn unsafely<'a>(name: &'a &'a str) -> &'a str {
    record!(name = name);
    let borrowed = {
        record!(name = *name);
        *name
    };
    match borrowed.len() {
        0 => "",
        _ => borrowed,
    }
}

#[instrument(fields(text = Empty))]
fn inner_attributes(text: &str) -> usize {
    #![allow(clippy::needless_return)]
    record!(text = text);
    return text.len();
}

fn main() {
    let mut shop = Shop { orders: vec![1, 2] };
    *shop.order(3) += 1;
    drop(shop.find("2"));
    assert_eq!(generic('a', ["a", "b"]), 4);
    assert_eq!(place(), line!());
    assert_eq!(adder(7)("text"), "text");
    drop(boxed(&mut 7));
    drop(opaque(7));
    threads();
    assert_eq!(shop.provided(), "shop");
    assert_eq!(unsafe { unsafely(&"name") }, "name");
    assert_eq!(inner_attributes("text"), 4);
    never(0);
}
