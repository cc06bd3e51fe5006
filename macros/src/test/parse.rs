//! The syntax of `#[test(…)]`, as written.

use proc_macro2::TokenStream;
use syn::Path;

use crate::args::{self, Eq, Number, arguments};
use crate::errors::Errors;
use crate::signature::Function;

arguments! {
    /// The arguments of `#[test]`.
    pub(super) struct Args {
        worker_threads: Eq<Number> = "worker_threads",
        krate: Eq<Path> = "crate",
    }
}

/// The attribute and the function that it stands on.
pub(super) struct Input {
    pub(super) args: Args,
    pub(super) item: Function,
    pub(super) errors: Errors,
}

impl Input {
    /// Fails only if the item is no function: mistakes among the arguments are collected.
    pub(super) fn parse(args: TokenStream, item: TokenStream) -> syn::Result<Self> {
        let item = Function::parse(item, "test")?;
        let mut errors = Errors::default();
        Ok(Self { args: args::parse(args, &mut errors), item, errors })
    }
}
