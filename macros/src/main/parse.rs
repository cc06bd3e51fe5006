//! The syntax of `#[main(…)]`, as written.

use proc_macro2::TokenStream;
use syn::Path;

use crate::args::{self, Eq, Number, Text, arguments};
use crate::errors::Errors;
use crate::signature::Function;

arguments! {
    /// The arguments of `#[main]`.
    pub(super) struct Args {
        prefix: Eq<Text> = "prefix",
        service_name: Eq<Text> = "service_name",
        flavor: Eq<Text> = "flavor",
        worker_threads: Eq<Number> = "worker_threads",
        signals: Eq<bool> = "signals",
        subscriber: Eq<bool> = "subscriber",
        recorder: Eq<Text> = "recorder",
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
        let item = Function::parse(item, "main")?;
        let mut errors = Errors::default();
        Ok(Self { args: args::parse(args, &mut errors), item, errors })
    }
}
