//! What `#[main(…)]` decided: defaults applied, conflicts rejected.

use proc_macro2::{Group, TokenStream};

use super::parse::{Args, Input};
use crate::args::{Arg, Eq, Text};
use crate::errors::Errors;
use crate::hygiene::Runtime;
use crate::naming;
use crate::signature::Function;

/// A program's entry.
pub(super) struct Model {
    pub(super) krate: Runtime,
    /// All before the body, as written.
    pub(super) head: TokenStream,
    pub(super) body: Group,
    /// The prefix of the program's environment variables.
    pub(super) prefix: Option<String>,
    /// The service's name, unless it is the binary's.
    pub(super) service_name: Option<String>,
    pub(super) entry: Entry,
    /// Whether SIGTERM and SIGINT are handled.
    pub(super) signals: bool,
    /// Whether the global `tracing` subscriber is set.
    pub(super) subscriber: bool,
    /// The file of its recordings.
    pub(super) recorder: Option<String>,
    /// Whether it never returns.
    pub(super) diverges: bool,
    /// The return type, as an ascription.
    pub(super) ret: TokenStream,
}

/// How the body runs.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Entry {
    /// On this thread, without a runtime.
    Sync,
    /// In a runtime of one thread.
    CurrentThread,
    /// In a runtime of so many threads, or as many as the machine has.
    MultiThread(Option<usize>),
}

impl Model {
    pub(super) fn new(input: Input) -> syn::Result<Self> {
        let Input { args, item, mut errors } = input;
        let Args { prefix, service_name, flavor, worker_threads, signals, subscriber, recorder, krate } =
            args;
        if !item.sig.inputs.is_empty() {
            errors.on(
                &item.sig.inputs,
                "`#[main]` calls this function without arguments: remove the parameters",
            );
        }
        let prefix = prefix.map(|prefix| {
            let literal = prefix.value.0.0;
            let text = literal.value();
            // It becomes part of the names of environment variables.
            if let Some(message) = naming::prefix_error(&text) {
                errors.at(literal.span(), message);
            }
            text
        });
        let threads = worker_threads.map(|written| (written.key, written.value.0.0));
        let entry = entry(flavor, threads, &item, &mut errors);
        errors.finish(Self {
            krate: Runtime::new(&krate),
            prefix,
            service_name: service_name.map(|name| name.value.0.0.value()),
            entry,
            signals: signals.is_none_or(|signals| signals.value.0),
            subscriber: subscriber.is_none_or(|subscriber| subscriber.value.0),
            recorder: recorder.map(|path| path.value.0.0.value()),
            diverges: item.diverges(),
            ret: item.ascription(),
            head: item.head,
            body: item.body,
        })
    }
}

fn entry(
    flavor: Arg<Eq<Text>>,
    threads: Option<(proc_macro2::Ident, usize)>,
    item: &Function,
    errors: &mut Errors,
) -> Entry {
    if item.sig.asyncness.is_none() {
        // Without `async` there is no runtime to configure.
        let keys = flavor.map(|flavor| flavor.key).into_iter().chain(threads.map(|(key, _)| key));
        for key in keys {
            errors
                .at(key.span(), format_args!("`{key}` needs an `async fn`: make it one, or remove `{key}`"));
        }
        return Entry::Sync;
    }
    let number = threads.as_ref().map(|(_, number)| *number);
    let Some(flavor) = flavor else { return Entry::MultiThread(number) };
    let literal = flavor.value.0.0;
    match literal.value().as_str() {
        "multi_thread" => Entry::MultiThread(number),
        "current_thread" => {
            // One thread is one thread.
            if let Some((key, _)) = &threads {
                let message = "`worker_threads` needs the flavor `multi_thread`; remove one of them";
                errors.between(literal.span(), key.span(), message);
            }
            Entry::CurrentThread
        }
        other => {
            let suggestion = naming::suggestion(other, &["multi_thread", "current_thread"], "flavors");
            errors.at(literal.span(), format_args!("unknown flavor `{other}`; {suggestion}"));
            Entry::MultiThread(number)
        }
    }
}
