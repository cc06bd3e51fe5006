//! The tokens of `#[main]`.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::quote;

use super::model::{Entry, Model};

/// Input: `async fn main() -> T { body }`; output: `fn main() -> T { main_async(options, async move { body }) }`.
pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { krate, head, body, entry, ret, .. } = model;
    let options = options(model);
    let (head, call) = match entry {
        Entry::Sync => (head.clone(), quote!(#krate::__private::main_sync(#options, move || -> #ret #body))),
        Entry::CurrentThread | Entry::MultiThread(_) => {
            // The type of `return` and `?` is fixed before the body uses them.
            let typed = quote! {
                #[allow(clippy::diverging_sub_expression)]
                if false { return #krate::__private::fake::<#ret>(); }
            };
            // In a `match`, since rustc warns of a block that is the last expression of another.
            let future = quote!(async move { #typed match () { () => #body } });
            (without_async(head), quote!(#krate::__private::main_async(#options, #future)))
        }
    };
    // Said, so that no lint asks the user to say it.
    let call = if model.diverges { call } else { quote!(return #call;) };
    let mut block = Group::new(body.delimiter(), call);
    block.set_span(body.span());
    quote!(#head #block)
}

fn options(model: &Model) -> TokenStream {
    let Model { krate, prefix, service_name, entry, signals, subscriber, recorder, .. } = model;
    let prefix = option(prefix.as_ref().map(|prefix| quote!(#prefix)));
    let recorder = option(recorder.as_ref().map(|path| quote!(#path)));
    let service_name = match service_name {
        Some(name) => option(Some(quote!(#name))),
        None => quote!(::core::option_env!("CARGO_BIN_NAME")),
    };
    let current_thread = *entry == Entry::CurrentThread;
    let worker_threads = option(match entry {
        Entry::MultiThread(threads) => threads.map(|threads| quote!(#threads)),
        Entry::Sync | Entry::CurrentThread => None,
    });
    quote! {
        #krate::__private::MainOptions {
            prefix: #prefix,
            service_name: #service_name,
            service_version: ::core::option_env!("CARGO_PKG_VERSION"),
            current_thread: #current_thread,
            worker_threads: #worker_threads,
            signals: #signals,
            subscriber: #subscriber,
            recorder: #recorder,
        }
    }
}

fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

/// The head without the `async` in front of `fn`.
fn without_async(head: &TokenStream) -> TokenStream {
    let mut removed = false;
    let keep = |token: &TokenTree| match token {
        TokenTree::Ident(ident) if !removed && ident == "async" => {
            removed = true;
            false
        }
        _ => true,
    };
    head.clone().into_iter().filter(keep).collect()
}
