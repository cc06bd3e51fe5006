//! Functions of all shapes that once broke somebody's macro; that they compile is half of the test.

use super::*;

struct Store {
    items: Vec<String>,
}

trait Named {
    fn name(&self) -> &str;
    fn provided(&self) -> usize;
}

impl Named for Store {
    #[instrument]
    fn name(&self) -> &str {
        &self.items[0]
    }

    #[instrument]
    fn provided(&self) -> usize {
        self.items.len()
    }
}

impl Store {
    #[instrument(err)]
    fn first_mut(&mut self) -> Result<&mut String, Failed> {
        self.items.first_mut().ok_or(Failed(0))
    }

    #[instrument(err)]
    async fn find<'a>(&'a self, wanted: &str) -> Result<&'a str, Failed> {
        pause().await;
        let found = self.items.iter().find(|item| *item == wanted).ok_or(Failed(1))?;
        Ok(found)
    }

    #[instrument]
    fn into_items(self) -> Vec<String> {
        self.items
    }
}

#[instrument]
fn generic<T: Clone, const N: usize>(value: &T) -> [T; N]
where
    [T; N]: Sized,
{
    std::array::from_fn(|_| value.clone())
}

#[instrument]
fn opaque(n: u32) -> impl Iterator<Item = u32> + use<> {
    (0..n).map(|n| n * 2)
}

#[instrument]
fn adder(n: u32) -> impl Fn(u32) -> u32 {
    move |x| x.wrapping_add(n)
}

#[instrument]
fn maybe_adder(n: u32) -> Option<impl Fn(u32) -> u32> {
    if n == 0 {
        return None;
    }
    Some(move |x: u32| x.wrapping_add(n))
}

#[instrument]
fn adders(n: u32) -> (impl FnMut(u32) -> u32, impl FnOnce(&str) -> &str) {
    (move |x| x.wrapping_add(n), move |text| &text[n as usize..])
}

#[instrument]
fn adder_or_error(n: u32) -> Result<impl Fn(u32) -> u32, Failed> {
    if n == 0 {
        return Err(Failed(n));
    }
    Ok(move |x: u32| x.wrapping_add(n))
}

#[instrument]
fn boxed(fail: bool) -> Result<Box<dyn Fn() -> u32>, Box<dyn std::error::Error>> {
    if fail {
        return Err("no".into());
    }
    Ok(Box::new(|| 7))
}

#[instrument]
async fn boxed_later(
    fail: bool,
) -> Result<Box<dyn Fn() -> u32 + Send>, Box<dyn std::error::Error + Send + Sync>> {
    if fail {
        return Err("no".into());
    }
    Ok(Box::new(|| 7))
}

#[instrument(record(a, c))]
fn patterns((a, _b): (u32, u32), [c, .., _d]: [u32; 3], mut e: u32) -> u32 {
    e += a + c;
    e
}

#[instrument]
async fn reassigned(mut text: String, mut n: u32) -> String {
    n += 1;
    pause().await;
    text.push_str(&n.to_string());
    text
}

#[instrument]
fn never(message: &str) -> ! {
    panic!("{message}")
}

#[instrument]
#[track_caller]
fn caller() -> u32 {
    std::panic::Location::caller().line()
}

#[instrument]
unsafe fn not_safe(pointer: *const u32) -> u32 {
    // SAFETY: the caller passes a valid pointer.
    unsafe { *pointer }
}

#[instrument]
extern "C" fn foreign(n: i32) -> i32 {
    n + 1
}

#[instrument]
fn r#type(r#fn: u32) -> u32 {
    r#fn
}

#[instrument]
fn recursive(n: u32) -> u32 {
    if n == 0 { 0 } else { 1 + recursive(n - 1) }
}

#[test]
fn functions_return_what_they_did_before() {
    let mut store = Store { items: vec!["a".into(), "b".into()] };
    let (_, trace) = traced(|| {
        store.first_mut().unwrap().push('!');
        assert_eq!((store.name(), store.provided()), ("a!", 2));
        assert_eq!(block_on(store.find("b")), Ok("b"));
        assert_eq!(block_on(store.find("c")), Err(Failed(1)));
        assert_eq!(store.into_items(), ["a!", "b"]);
        assert_eq!(generic::<u8, 2>(&3), [3, 3]);
        assert_eq!(opaque(3).sum::<u32>(), 6);
        assert_eq!(adder(1)(2), 3);
        assert_eq!(maybe_adder(1).unwrap()(2), 3);
        assert!(maybe_adder(0).is_none());
        let (mut add, skip) = adders(1);
        assert_eq!((add(2), skip("abc")), (3, "bc"));
        assert_eq!(adder_or_error(1).unwrap()(2), 3);
        assert!(adder_or_error(0).is_err());
        assert_eq!(boxed(false).unwrap()(), 7);
        assert!(boxed(true).is_err());
        assert_eq!(block_on(boxed_later(false)).unwrap()(), 7);
        assert!(block_on(boxed_later(true)).is_err());
        assert_eq!(patterns((1, 2), [3, 4, 5], 6), 10);
        assert_eq!(block_on(reassigned("n = ".into(), 1)), "n = 2");
        assert!(catch_unwind(|| never("on purpose")).is_err());
        assert_eq!(caller(), line!());
        // SAFETY: the pointer comes from a reference.
        assert_eq!(unsafe { not_safe(&5) }, 5);
        assert_eq!(foreign(1), 2);
        assert_eq!(r#type(4), 4);
        assert_eq!(recursive(3), 3);
    });
    assert_eq!(trace.one("never").outcome, Outcome::Panicked);
    assert_eq!(trace.one("caller").outcome, Outcome::Ok);
    assert_eq!(trace.spans.iter().filter(|span| span.name == "adder_or_error").count(), 2);
    assert_eq!(trace.spans.iter().filter(|span| span.outcome == Outcome::Error).count(), 4);
    assert_eq!(attribute(trace.one("patterns"), "a"), Some(AttributeValue::I64(1)));
    assert_eq!(attribute(trace.one("patterns"), "c"), Some(AttributeValue::I64(3)));
    assert_eq!(trace.names().iter().filter(|name| **name == "recursive").count(), 4);
    assert_eq!(trace.names().iter().filter(|name| **name == "type").count(), 1);
}
