//! Functions that return a future without being `async`: the future's call is observed, not the function's.

use std::cell::Cell;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;

use super::*;

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

#[instrument]
async fn leaf() -> Context {
    pause().await;
    Context::current()
}

#[async_trait]
trait Shop: Sync {
    const NAME: &'static str;

    async fn charge(&mut self, order: u64, note: &str) -> Result<u64, Failed>;

    async fn patterns(self: Box<Self>, (a, _b): (u32, u32), mut c: u32) -> u32;

    #[instrument(fields(shop = Self::NAME))]
    async fn provided(&self) {
        leaf().await;
    }

    #[instrument]
    async fn generic<T: Send + Sync + Clone>(value: &T) -> (T, T)
    where
        Self: Sized,
    {
        (value.clone(), value.clone())
    }
}

struct Corner {
    id: u64,
    total: u64,
}

#[async_trait]
impl Shop for Corner {
    const NAME: &'static str = "corner";

    #[instrument(record(self.id, order, note), err, metrics(in_flight))]
    async fn charge(&mut self, order: u64, note: &str) -> Result<u64, Failed> {
        assert_eq!(charges_in_flight(), 1.0);
        leaf().await;
        if note == "stuck" {
            std::future::pending::<()>().await;
        }
        self.total += u64::from(checked(order as u32)?);
        Ok(self.total)
    }

    #[instrument(record(c))]
    async fn patterns(self: Box<Self>, (a, _b): (u32, u32), mut c: u32) -> u32 {
        c += a;
        pause().await;
        c + self.id as u32
    }
}

#[instrument]
fn checked(n: u32) -> Result<u32, Failed> {
    if n == 0 { Err(Failed(0)) } else { Ok(n) }
}

fn charges(outcome: &str) -> u64 {
    let labels = [("module", module_path!()), ("function", "charge"), ("outcome", outcome)];
    match series("function_calls_total", &labels) {
        Some(Value::Counter(count)) => count,
        other => panic!("{other:?}"),
    }
}

fn charges_in_flight() -> f64 {
    let labels = [("module", module_path!()), ("function", "charge")];
    match series("function_calls_in_flight", &labels) {
        Some(Value::Gauge(now)) => now,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_method_of_an_async_trait_is_a_call_with_an_outcome() {
    let mut corner = Corner { id: 7, total: 0 };
    let (_, trace) = traced(|| {
        assert_eq!(block_on(corner.charge(3, "a")), Ok(3));
        assert_eq!(block_on(corner.charge(0, "b")), Err(Failed(0)));
        let mut dropped = corner.charge(5, "stuck");
        assert!(poll_once(dropped.as_mut()).is_pending());
        assert!(poll_once(dropped.as_mut()).is_pending());
        assert_eq!(charges_in_flight(), 1.0);
    });
    assert_eq!(["ok", "error", "cancelled", "panicked"].map(charges), [1, 1, 1, 0]);
    assert_eq!(charges_in_flight(), 0.0);
    let of_charge: Vec<_> = trace.spans.iter().filter(|span| span.name == "charge").collect();
    let outcomes: Vec<_> = of_charge.iter().map(|span| span.outcome).collect();
    assert_eq!(outcomes, [Outcome::Ok, Outcome::Error, Outcome::Cancelled]);
    assert_eq!(of_charge[1].error.as_deref(), Some("it failed with 0"));
    assert_eq!(attribute(of_charge[0], "self.id"), Some(AttributeValue::I64(7)));
    assert_eq!(attribute(of_charge[0], "order"), Some(AttributeValue::I64(3)));
    assert_eq!(attribute(of_charge[0], "note"), text("a"));
    let leaves: Vec<_> = trace.spans.iter().filter(|span| span.name == "leaf").collect();
    assert_eq!(leaves.len(), 3);
    for (leaf, charge) in leaves.iter().zip(&of_charge) {
        assert_eq!((leaf.parent, charge.parent), (charge.span_id, trace.root.span_id));
    }
}

#[test]
fn methods_of_an_async_trait_may_have_any_signature() {
    let (_, trace) = traced(|| {
        let corner = Box::new(Corner { id: 7, total: 0 });
        block_on(corner.provided());
        assert_eq!(block_on(Corner::generic(&"x")), ("x", "x"));
        assert_eq!(block_on(corner.patterns((1, 2), 3)), 11);
    });
    assert_eq!(trace.path("leaf"), ["leaf", "provided", "root"]);
    assert_eq!(attribute(trace.one("provided"), "shop"), text("corner"));
    assert_eq!(attribute(trace.one("patterns"), "c"), Some(AttributeValue::I64(3)));
    assert_eq!(trace.one("generic").outcome, Outcome::Ok);
}

#[instrument(record(id), err)]
fn boxed<'a>(id: u32, made: &AtomicU32, name: &'a str) -> BoxFuture<'a, Result<usize, Failed>> {
    made.fetch_add(1, Ordering::Relaxed);
    checked(9).unwrap();
    Box::pin(async move {
        leaf().await;
        checked(id)?;
        Ok(name.len())
    })
}

#[test]
fn what_a_function_does_before_it_returns_its_future_is_kept() {
    let made = AtomicU32::new(0);
    let ((), trace) = traced(|| {
        let (one, other) = (boxed(1, &made, "abc"), boxed(0, &made, ""));
        // Never polled: never called.
        drop(boxed(2, &made, ""));
        assert_eq!(made.load(Ordering::Relaxed), 3);
        assert_eq!(block_on(one), Ok(3));
        assert_eq!(block_on(other), Err(Failed(0)));
    });
    let of_boxed: Vec<_> = trace.spans.iter().filter(|span| span.name == "boxed").collect();
    let outcomes: Vec<_> = of_boxed.iter().map(|span| span.outcome).collect();
    assert_eq!(outcomes, [Outcome::Ok, Outcome::Error]);
    assert_eq!(attribute(of_boxed[0], "id"), Some(AttributeValue::I64(1)));
    let before = trace.spans.iter().filter(|span| span.name == "checked");
    let under_root = before.filter(|span| span.parent == trace.root.span_id).count();
    assert_eq!(under_root, 3, "what runs before the future is no part of its call");
}

#[instrument(record(n))]
fn opaque(n: u32) -> impl Future<Output = Option<u32>> + Send {
    let added = 1;
    async move {
        leaf().await;
        Some(checked(n).ok()? + added)
    }
}

// Only the block's own captures decide what is borrowed.
#[instrument]
fn borrowing<'a>(cell: &'a Cell<u32>) -> impl Future<Output = ()> + 'a {
    assert_eq!(cell.get(), 1);
    async { cell.set(cell.get() + 1) }
}

#[instrument]
fn chosen(early: bool) -> BoxFuture<'static, u8> {
    if early {
        return Box::pin(std::future::ready(1));
    }
    Box::pin(async { 2 })
}

trait Service {
    type Future: Future<Output = Result<u32, Failed>>;

    fn call(&mut self, request: u32) -> Self::Future;
}

impl Service for Corner {
    type Future = BoxFuture<'static, Result<u32, Failed>>;

    #[instrument(record(request), err(Debug))]
    fn call(&mut self, request: u32) -> Self::Future {
        self.total += 1;
        let total = self.total;
        Box::pin(async move {
            let request = checked(request)?;
            if total > 1 { Err(Failed(request)) } else { Ok(request) }
        })
    }
}

#[test]
fn a_future_may_be_opaque_or_an_associated_type() {
    let cell = Cell::new(1);
    let (_, trace) = traced(|| {
        assert_eq!(block_on(opaque(1)), Some(2));
        block_on(borrowing(&cell));
        assert_eq!((block_on(chosen(true)), block_on(chosen(false))), (1, 2));
        let mut corner = Corner { id: 7, total: 0 };
        assert_eq!(block_on(corner.call(4)), Ok(4));
        assert_eq!(block_on(corner.call(5)), Err(Failed(5)));
    });
    assert_eq!(cell.get(), 2);
    assert_eq!(trace.path("leaf"), ["leaf", "opaque", "root"]);
    assert_eq!(trace.one("borrowing").outcome, Outcome::Ok);
    assert_eq!(trace.one("chosen").outcome, Outcome::Ok);
    let of_service: Vec<_> = trace.spans.iter().filter(|span| span.name == "call").collect();
    assert_eq!([of_service[0].outcome, of_service[1].outcome], [Outcome::Ok, Outcome::Error]);
    assert_eq!(of_service[1].error.as_deref(), Some("Failed(5)"));
}

/// The future's type says nothing of what it yields: only the compiler knows.
mod behind_names {
    use super::*;

    type Background = Pin<Box<dyn Future<Output = ()> + Send>>;
    type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failed>> + Send + 'a>>;

    trait Service {
        type Future;
        fn call(&mut self, request: Vec<u8>) -> Self::Future;
    }

    struct Echo;

    impl Service for Echo {
        type Future = Pin<Box<dyn Future<Output = Vec<u8>> + Send>>;

        #[instrument]
        fn call(&mut self, request: Vec<u8>) -> Self::Future {
            Box::pin(async move { request.into_iter().collect() })
        }
    }

    #[instrument]
    fn background() -> Background {
        Box::pin(async move {
            loop {
                pause().await;
            }
        })
    }

    #[instrument(err)]
    fn aliased(fail: bool) -> BoxFuture<'static, u32> {
        Box::pin(async move { if fail { Err(Failed(3)) } else { Ok(7) } })
    }

    #[allow(
        clippy::async_yields_async,
        reason = "Clippy spares an `async fn`, and our block within it looks like one of its own"
    )]
    #[instrument]
    async fn makes_a_future(n: u32) -> BoxFuture<'static, u32> {
        Box::pin(async move { Ok(n) })
    }

    #[test]
    fn aliases_and_associated_types_are_the_compilers_to_resolve() {
        let (_, trace) = traced(|| {
            assert_eq!(block_on(Echo.call(vec![1])), [1]);
            assert!(poll_once(background().as_mut()).is_pending());
            assert_eq!(block_on(aliased(false)), Ok(7));
            assert_eq!(block_on(aliased(true)), Err(Failed(3)));
            assert_eq!(block_on(block_on(makes_a_future(2))), Ok(2));
        });
        let outcomes: Vec<_> = trace.spans.iter().map(|span| (span.name.as_ref(), span.outcome)).collect();
        let expected = [
            ("call", Outcome::Ok),
            ("background", Outcome::Cancelled),
            ("aliased", Outcome::Ok),
            ("aliased", Outcome::Error),
            ("makes_a_future", Outcome::Ok),
        ];
        assert_eq!(outcomes, expected);
    }
}
