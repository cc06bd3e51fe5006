//! A text of the callsite's description: written out, or by the path of a constant, about which the macro knows nothing.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{LitStr, Path, Type, TypePath};

use crate::args::{Operand, Text, at_end};
use crate::errors::Errors;
use crate::hygiene::{Runtime, blaming};
use crate::signature::Function;
use crate::types;

/// `"publish"` or `names::PUBLISH`
pub(super) enum Named {
    Text(LitStr),
    Constant(Path),
}

impl Operand for Named {
    const LIKE: &'static str = Text::LIKE;

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            return Text::parse(key, input).map(|Text(text)| Self::Text(text));
        }
        let at = input.cursor().span();
        let wrong = |at| {
            let message =
                format!("`{key}` takes a string or a constant's path: write `{key} = {}`", Self::LIKE);
            syn::Error::new(at, message)
        };
        let path = input.parse::<Path>().map_err(|_| wrong(at))?;
        match at_end(input) {
            true => Ok(Self::Constant(path)),
            false => {
                let message = format!(
                    "`{key}` is known before the program runs: write `{key} = \"…\"`, or the path of a `const` that has the text"
                );
                Err(syn::Error::new(at, message))
            }
        }
    }
}

impl Named {
    /// A constant is named outside of the function.
    pub(super) fn checked(self, item: &Function, errors: &mut Errors) -> Self {
        let Self::Constant(path) = &self else { return self };
        if let Some(parameter) = path.get_ident().filter(|ident| item.has_param(ident)) {
            let message = format!(
                "`{parameter}` is a parameter: write `name = \"{{{parameter}}}\"`, or the path of a constant"
            );
            errors.at(parameter.span(), message);
            return self;
        }
        let ty = Type::Path(TypePath { attrs: Vec::new(), qself: None, path: path.clone() });
        if let Some((at, what)) = types::unnameable(&ty, &item.sig.generics) {
            let message =
                format!("`{what}` is not known where the callsite is described: write the type's own name");
            errors.at(at, message);
        }
        self
    }

    /// What only the compiler sees: that it is a text, and not an empty one.
    pub(super) fn check(&self, krate: &Runtime) -> Option<TokenStream> {
        let Self::Constant(path) = self else { return None };
        let at = blaming(path.span());
        let krate = krate.at(at);
        Some(quote_spanned!(at=> const _: () = #krate::__private::ConstantText { text: #path }.check();))
    }
}

impl ToTokens for Named {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Text(text) => quote!(#text),
            Self::Constant(path) => quote!(#path),
        });
    }
}
