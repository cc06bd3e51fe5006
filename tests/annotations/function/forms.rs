//! Every form that a function can have is a span of its own, at the right parent, with the right outcome.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use futures_util::stream::{Stream, StreamExt, iter};

use super::*;

#[instrument]
fn leaf() {}

/// `name` is a span under the root, around one span of `leaf`.
#[track_caller]
fn assert_around_a_leaf(name: &str, outcome: Outcome, run: impl FnOnce()) {
    let ((), trace) = traced(run);
    let span = trace.one(name);
    assert_eq!((span.outcome, span.parent), (outcome, trace.root.span_id), "{name}");
    assert_eq!(trace.path("leaf"), ["leaf", name, "root"]);
}

struct Shop<T: ?Sized> {
    id: u64,
    of: PhantomData<T>,
}

fn shop() -> Shop<str> {
    Shop { id: 7, of: PhantomData }
}

trait Native {
    type Reply;

    async fn required(&self, fail: bool) -> Result<Self::Reply, Failed>;

    fn returned(&self) -> impl Future<Output = u64> + Send;

    #[instrument(err)]
    async fn provided(&mut self, fail: bool) -> Result<Self::Reply, Failed> {
        self.required(fail).await
    }

    #[instrument]
    fn on_object(&self) -> u64 {
        leaf();
        7
    }
}

impl<T: ?Sized + Sync> Native for Shop<T> {
    type Reply = u64;

    #[instrument(record(self.id), err)]
    async fn required(&self, fail: bool) -> Result<u64, Failed> {
        pause().await;
        leaf();
        if fail { Err(Failed(1)) } else { Ok(self.id) }
    }

    #[instrument(future)]
    fn returned(&self) -> impl Future<Output = u64> + Send {
        leaf();
        std::future::ready(self.id)
    }
}

impl<T: ?Sized> Shop<T> {
    #[instrument]
    fn by_value(mut self) -> u64 {
        self.id += 1;
        leaf();
        self.id
    }

    #[instrument]
    fn boxed(self: Box<Self>) -> u64 {
        leaf();
        self.id
    }

    #[instrument]
    fn counted(self: Rc<Self>) -> u64 {
        leaf();
        self.id
    }

    #[instrument]
    async fn shared(self: Arc<Self>) -> u64 {
        leaf();
        self.id
    }

    #[instrument]
    fn pinned(self: Pin<&mut Self>) -> Pin<&mut Self> {
        leaf();
        self
    }

    #[instrument]
    async fn pinned_later(self: Pin<&Self>) -> u64 {
        pause().await;
        leaf();
        self.id
    }

    #[instrument]
    fn exclusive(&mut self) -> &mut u64 {
        leaf();
        &mut self.id
    }
}

#[test]
fn methods_in_traits() {
    assert_around_a_leaf("required", Outcome::Ok, || {
        assert_eq!(block_on(shop().required(false)), Ok(7));
    });
    assert_around_a_leaf("required", Outcome::Error, || {
        assert_eq!(block_on(shop().required(true)), Err(Failed(1)));
    });
    assert_around_a_leaf("returned", Outcome::Ok, || assert_eq!(block_on(shop().returned()), 7));
    assert_around_a_leaf("on_object", Outcome::Ok, || assert_eq!(shop().on_object(), 7));
    let (_, trace) = traced(|| block_on(shop().provided(true)));
    assert_eq!(trace.path("leaf"), ["leaf", "required", "provided", "root"]);
    assert_eq!([trace.one("required").outcome, trace.one("provided").outcome], [Outcome::Error; 2]);
}

#[test]
fn every_receiver() {
    assert_around_a_leaf("by_value", Outcome::Ok, || assert_eq!(shop().by_value(), 8));
    assert_around_a_leaf("boxed", Outcome::Ok, || assert_eq!(Box::new(shop()).boxed(), 7));
    assert_around_a_leaf("counted", Outcome::Ok, || assert_eq!(Rc::new(shop()).counted(), 7));
    assert_around_a_leaf("shared", Outcome::Ok, || assert_eq!(block_on(Arc::new(shop()).shared()), 7));
    assert_around_a_leaf("pinned", Outcome::Ok, || assert_eq!(pin!(shop()).pinned().id, 7));
    assert_around_a_leaf("pinned_later", Outcome::Ok, || {
        assert_eq!(block_on(pin!(shop()).as_ref().pinned_later()), 7);
    });
    assert_around_a_leaf("exclusive", Outcome::Ok, || assert_eq!(*shop().exclusive(), 7));
}

#[instrument(record(?value))]
fn unsized_value<T: Debug + ?Sized>(value: &T, _: &dyn Debug) {
    leaf();
}

#[instrument]
fn captures<'a, T>(all: &'a [u8], _: &T) -> impl Iterator<Item = u8> + use<'a, T> {
    leaf();
    all.iter().copied()
}

#[instrument]
fn streams(all: &[u8]) -> impl Stream<Item = u8> + use<'_> {
    leaf();
    iter(all.iter().copied())
}

#[instrument]
unsafe fn not_safe(pointer: *const u8) -> u8 {
    leaf();
    // SAFETY: the caller passes a valid pointer.
    unsafe { *pointer }
}

#[instrument]
unsafe extern "C" fn foreign(number: i32) -> i32 {
    leaf();
    number
}

#[instrument]
#[track_caller]
fn placed() -> u32 {
    leaf();
    std::panic::Location::caller().line()
}

#[instrument]
fn never() -> ! {
    leaf();
    panic!("on purpose")
}

#[instrument]
async fn never_later() -> ! {
    leaf();
    pause().await;
    panic!("on purpose")
}

#[instrument(record(a, rest.0, r#in))]
fn r#match([a, mut b]: [u8; 2], rest @ (_, _): (u8, u8), mut r#in: u8) -> u8 {
    leaf();
    b += 1;
    r#in += rest.1;
    a + b + r#in
}

macro_rules! function {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:pat_param => $ty:ty),*) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        $vis fn $name($($arg: $ty),*) $(-> $ret)? $body
    };
    (later $name:ident $self:ident $($rest:tt)*) => {
        impl<T: ?Sized> Shop<T> {
            #[instrument(record($self.id))]
            async fn $name(&$self) -> u64 { $($rest)* }
        }
    };
    ($item:item) => {
        #[instrument(err)]
        $item
    };
}

function! {
    #[instrument(record(number))]
    fn made_of_parts(mut number => u8) -> u8 {
        number += 1;
        leaf();
        number
    }
}

function!(later made_of_tokens self leaf(); pause().await; self.id);

function! {
    async fn made_of_an_item(fail: bool) -> Result<(), Failed> {
        leaf();
        if fail { Err(Failed(3))? }
        Ok(())
    }
}

#[test]
fn every_signature() {
    assert_around_a_leaf("unsized_value", Outcome::Ok, || unsized_value("text", &7));
    assert_around_a_leaf("captures", Outcome::Ok, || assert_eq!(captures(&[7], &"x").next(), Some(7)));
    assert_around_a_leaf("streams", Outcome::Ok, || {
        assert_eq!(block_on(streams(&[7]).collect::<Vec<_>>()), [7]);
    });
    // SAFETY: the pointer comes from a reference.
    assert_around_a_leaf("not_safe", Outcome::Ok, || assert_eq!(unsafe { not_safe(&7) }, 7));
    // SAFETY: nothing about it is unsafe.
    assert_around_a_leaf("foreign", Outcome::Ok, || assert_eq!(unsafe { foreign(7) }, 7));
    assert_around_a_leaf("placed", Outcome::Ok, || assert_eq!(placed(), line!()));
    assert_around_a_leaf("never", Outcome::Panicked, || assert!(catch_unwind(|| never()).is_err()));
    assert_around_a_leaf("never_later", Outcome::Panicked, || {
        assert!(catch_unwind(|| block_on(never_later())).is_err());
    });
    assert_around_a_leaf("match", Outcome::Ok, || assert_eq!(r#match([1, 2], (3, 4), 5), 13));
}

#[test]
fn functions_that_macros_make_of_every_fragment() {
    assert_around_a_leaf("made_of_parts", Outcome::Ok, || assert_eq!(made_of_parts(6), 7));
    assert_around_a_leaf("made_of_tokens", Outcome::Ok, || assert_eq!(block_on(shop().made_of_tokens()), 7));
    assert_around_a_leaf("made_of_an_item", Outcome::Error, || {
        assert_eq!(block_on(made_of_an_item(true)), Err(Failed(3)));
    });
}

#[test]
fn a_recursive_function_nests_in_itself() {
    #[instrument(record(depth))]
    fn recursive(depth: u8) {
        if depth > 0 {
            recursive(depth - 1);
        }
    }
    #[instrument(record(depth))]
    async fn recursive_later(depth: u8) {
        pause().await;
        if depth > 0 {
            Box::pin(recursive_later(depth - 1)).await;
        }
    }
    let ((), trace) = traced(|| {
        recursive(2);
        block_on(recursive_later(2));
    });
    for name in ["recursive", "recursive_later"] {
        let spans: Vec<_> = trace.spans.iter().filter(|span| span.name == name).collect();
        let depths: Vec<_> = spans.iter().map(|span| attribute(span, "depth")).collect();
        assert_eq!(depths, [0, 1, 2].map(|depth| Some(AttributeValue::I64(depth))), "{name}");
        assert_eq!(spans[0].parent, spans[1].span_id);
        assert_eq!(spans[1].parent, spans[2].span_id);
        assert_eq!(spans[2].parent, trace.root.span_id);
    }
}
