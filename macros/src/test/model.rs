//! What `#[test(…)]` decided: defaults applied, conflicts rejected.

use proc_macro2::{Group, TokenStream};
use quote::ToTokens;
use syn::{Attribute, FnArg};

use super::parse::{Args, Input};
use crate::errors::Errors;
use crate::hygiene::Runtime;
use crate::signature::Function;

/// A test.
pub(super) struct Model {
    pub(super) krate: Runtime,
    pub(super) item: Function,
    pub(super) body: Group,
    /// The parameter's pattern and type, where there is one.
    pub(super) captured: Option<(TokenStream, TokenStream)>,
    /// How many threads its runtime has; none for its own thread.
    pub(super) worker_threads: Option<usize>,
    /// The return type, as an ascription.
    pub(super) ret: TokenStream,
}

impl Model {
    pub(super) fn new(input: Input) -> syn::Result<Self> {
        let Input { args, item, mut errors } = input;
        let Args { worker_threads, krate } = args;
        // Without `async` there is no runtime to configure.
        if let (Some(threads), None) = (&worker_threads, &item.sig.asyncness) {
            let message = "`worker_threads` needs an `async fn`: make it one, or remove `worker_threads`";
            errors.at(threads.key.span(), message);
        }
        // It makes a test of the function by itself.
        if let Some(other) = item.attrs.iter().find(|attr| is_test(attr)) {
            let message = "`#[spanwright::test]` makes the function a test: remove this attribute";
            errors.on(other, message);
        }
        if !item.sig.generics.params.is_empty() {
            errors.on(&item.sig.generics.params, "a test can't be generic: remove the parameters");
        }
        let captured = captured(&item, &mut errors);
        errors.finish(Self {
            krate: Runtime::new(&krate),
            captured,
            worker_threads: worker_threads.map(|threads| threads.value.0.0),
            ret: item.ascription(),
            body: item.body.clone(),
            item,
        })
    }
}

/// `#[test]`, `#[tokio::test]` and the like.
fn is_test(attr: &Attribute) -> bool {
    attr.path().segments.last().is_some_and(|last| last.ident == "test")
}

fn captured(item: &Function, errors: &mut Errors) -> Option<(TokenStream, TokenStream)> {
    let mut inputs = item.sig.inputs.iter();
    let first = inputs.next()?;
    // A test is given what it has recorded, and nothing else.
    for other in inputs {
        let message =
            "a test takes one parameter at most, `telemetry: spanwright::testing::Captured`: remove this one";
        errors.on(other, message);
    }
    match first {
        FnArg::Typed(typed) => Some((typed.pat.to_token_stream(), typed.ty.to_token_stream())),
        FnArg::Receiver(receiver) => {
            errors.on(receiver, "a test is no method: remove `self`");
            None
        }
    }
}
