//! What `record!` needs of the function around it: a handle to the span, and a macro that leads there.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};

use super::future::regrouped;
use super::model::Model;
use super::names;
use crate::hygiene::local;
use crate::signature::Function;

/// The macro by which `record!` finds the function around it; the runtime's `record!` calls it. Outside of an annotated
/// function the compiler can't find it and says so, and the name is what it then says.
const AROUND: &str = "__the_instrumented_function_around_this_record";

/// The constant of the fields, where not all of them are texts.
const DECLARED: &str = "__FIELDS_OF_THE_INSTRUMENTED_FUNCTION";

/// Whether a body calls `record!`, anywhere and by whatever path.
pub(super) fn is_in(body: TokenStream) -> bool {
    let mut tokens = body.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let found = match token {
            TokenTree::Group(group) => is_in(group.stream()),
            TokenTree::Ident(name) if name == "record" => {
                matches!(tokens.peek(), Some(TokenTree::Punct(bang)) if bang.as_char() == '!')
            }
            _ => false,
        };
        if found {
            return true;
        }
    }
    false
}

/// The variable and the body of a function with `record!`: the runtime puts the handle to the span into a variable that
/// nobody else can name.
///
/// Output: `__span` and `{ macro_rules! … { … } body }`. It is a macro, since the name of one is found from
/// all of the body, by tokens that come out of another macro too. It hands on the names of the fields, so that one which
/// is not declared is an error on its own token, and what `allow_secret` names.
pub(super) fn recorded(model: &Model) -> (Ident, Group) {
    let Model { krate, body, fields, conventions, allowed, .. } = model;
    let span = local("__span");
    let texts = names::texts(fields);
    let constant = Ident::new(DECLARED, Span::call_site());
    let declared = names::declared(krate, fields, &constant);
    let all = declared.iter().map(|_| quote!(; #constant));
    let quiet = (!conventions).then(|| quote!(!));
    let known = quote!(#span #quiet (#krate) [#(#texts),* #(#all)*] (#(#allowed),*));
    let leads_to = quote!(#krate::__private::record_fields! { #known $($fields)* });
    (span, with_macro(body.observed(), &leads_to, declared.as_ref()))
}

/// A function that has mistakes of its own: that its `record!` can't be understood is not another one.
pub(super) fn unrecorded(item: TokenStream) -> TokenStream {
    match Function::parse(item.clone(), "instrument") {
        Ok(Function { head, body, .. }) if is_in(body.stream()) => {
            let body = with_macro(&body, &quote!({}), None);
            quote!(#head #body)
        }
        _ => item,
    }
}

/// The body behind the macro; where there are constants, in a block of its own, since an item is known in all of the block
/// that it stands in.
fn with_macro(body: &Group, leads_to: &TokenStream, declared: Option<&TokenStream>) -> Group {
    let around = Ident::new(AROUND, Span::call_site());
    let content = match declared {
        Some(_) => body.to_token_stream(),
        None => body.stream(),
    };
    regrouped(
        body,
        quote! {
            #declared
            #[allow(unused_macros)]
            macro_rules! #around {
                ($($fields:tt)*) => { #leads_to };
            }
            #content
        },
    )
}
