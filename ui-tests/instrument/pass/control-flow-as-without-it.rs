#![deny(warnings)]

use std::future::{Future, ready};
use std::panic::Location;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use spanwright::instrument;

#[instrument(err)]
fn early(text: &str) -> Result<u8, std::num::ParseIntError> {
    for part in text.split(',') {
        if part == "7" {
            return part.parse();
        }
    }
    let number = 'number: {
        if text.is_empty() {
            break 'number 3;
        }
        text.parse::<u8>()?
    };
    Ok(number)
}

#[instrument(err)]
async fn early_async(text: &str) -> Result<u8, std::num::ParseIntError> {
    if text == "7" {
        return Ok(7);
    }
    let number = text.parse::<u8>()?;
    ready(()).await;
    Ok(number)
}

#[instrument]
fn option(text: Option<&str>) -> Option<usize> {
    Some(text?.len())
}

#[instrument]
#[track_caller]
fn place() -> u32 {
    Location::caller().line()
}

#[instrument(metrics)]
#[track_caller]
fn place_with_metrics() -> u32 {
    place()
}

#[instrument]
fn factorial(number: u64) -> u64 {
    if number < 2 { 1 } else { number * factorial(number - 1) }
}

#[instrument]
async fn countdown(number: u64) -> u64 {
    if number == 0 { 0 } else { Box::pin(countdown(number - 1)).await }
}

#[instrument]
fn diverges(stop: bool) -> u64 {
    if stop { panic!("stopped") } else { 7 }
}

#[instrument]
async fn serve() -> ! {
    loop {
        std::future::pending::<()>().await;
    }
}

#[instrument]
fn inner_items() -> u64 {
    const SEVEN: u64 = 7;
    #[instrument]
    fn inner() -> u64 {
        SEVEN
    }
    inner()
}

#[instrument(err)]
fn inner_attributes(text: &str) -> Result<u8, std::num::ParseIntError> {
    #![allow(unused_variables)]
    #![doc = "Documentation."]
    let unused = 7;
    text.parse()
}

#[instrument]
async fn inner_attributes_async() -> u64 {
    #![allow(unused_variables)]
    let unused = 7;
    7
}

#[instrument]
extern "C" fn foreign(number: u8) -> u8 {
    number
}

/// # Safety
/// There is nothing to it.
#[instrument(record(number))]
unsafe fn dangerous(number: &u8) -> u8 {
    unsafe { std::ptr::read(number) }
}

#[instrument(record(r#type), name = "matches")]
fn r#match(r#type: u8) -> u8 {
    r#type
}

#[allow(dead_code)]
#[instrument]
#[cold]
pub(crate) fn cold() {}

fn finished<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("pending"),
    }
}

fn main() {
    assert_eq!((early("1,7"), early(""), early("8")), (Ok(7), Ok(3), Ok(8)));
    assert!(early("x").is_err());
    assert_eq!(finished(early_async("7")), Ok(7));
    assert!(finished(early_async("x")).is_err());
    assert_eq!(option(None), None);
    assert_eq!(place(), line!());
    assert_eq!(place_with_metrics(), line!());
    assert_eq!(factorial(5), 120);
    assert_eq!(finished(countdown(5)), 0);
    assert_eq!(diverges(false), 7);
    drop(serve());
    assert_eq!(inner_items(), 7);
    assert_eq!(inner_attributes("7"), Ok(7));
    assert_eq!(finished(inner_attributes_async()), 7);
    assert_eq!(foreign(7), 7);
    assert_eq!(unsafe { dangerous(&7) }, 7);
    assert_eq!(r#match(7), 7);
}
