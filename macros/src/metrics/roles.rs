//! The tokens that make a function's calls reach the fields with a role.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Generics, Lifetime, Type, parse_quote_spanned};

use super::parse::Role;
use crate::hygiene::{Runtime, blaming, local};

/// A field with a role.
pub(super) struct InRole<'a> {
    pub(super) field: &'a Ident,
    pub(super) ty: &'a Type,
    pub(super) role: Role,
}

/// Input: a field `requests: Counter<Op<'static>>` with `role = calls`; output: an implementation of `CallMetrics`, which counts
/// each call there. Labels that borrow can be given for a moment: `'static` in them is a lifetime of the call's.
///
/// Nothing where no field has a role. Of a type with mistakes, nothing runs.
pub(super) fn call_metrics(
    krate: &Runtime,
    (ident, generics): (&Ident, &Generics),
    fields: &[InRole<'_>],
    is_stub: bool,
) -> Option<TokenStream> {
    let [first, ..] = fields else { return None };
    let count = fields.len();
    let entry = first.at_entry(krate);
    let (mut bounded, lifetime) = (generics.clone(), lifetime());
    if !generics.params.is_empty() {
        bind(&mut bounded, krate, fields);
    }
    let (parameters, arguments, clause) = bounded.split_for_impl();
    let [begin, end] = if is_stub { [stub(), stub()] } else { [begin(krate, fields), end(krate, fields)] };
    let [this, labels, series, call] = names();
    Some(quote! {
        #[automatically_derived]
        impl #parameters #krate::CallMetrics for #ident #arguments #clause {
            type Labels<#lifetime> = #entry;
            type Series = [::core::primitive::u32; #count];
            #[inline]
            fn begin<#lifetime>(&#this, #labels: &Self::Labels<#lifetime>) -> [::core::primitive::u32; #count] {
                #begin
            }
            #[inline]
            fn end(&#this, #series: [::core::primitive::u32; #count], #call: &#krate::__private::role::EndedCall) {
                #end
            }
        }
    })
}

fn begin(krate: &Runtime, fields: &[InRole<'_>]) -> TokenStream {
    let [this, ..] = names();
    let each = fields.iter().map(|one| {
        let (field, as_role) = (one.field, one.as_role(krate, true));
        // Other labels than the first one's are the field's mistake.
        let labels = Ident::new("__labels", blaming(one.ty.span()));
        quote!(#as_role::begin(&#this.#field, #labels))
    });
    quote!([#(#each),*])
}

fn end(krate: &Runtime, fields: &[InRole<'_>]) -> TokenStream {
    let [this, ..] = names();
    let each = fields.iter().enumerate().map(|(index, one)| {
        let (field, as_role) = (one.field, one.as_role(krate, false));
        let [series, call] = ["__series", "__call"].map(|name| Ident::new(name, blaming(one.ty.span())));
        quote!(#as_role::end(&#this.#field, #series[#index], #call);)
    });
    quote!(#(#each)*)
}

fn stub() -> TokenStream {
    quote!(::core::unimplemented!())
}

/// Of a generic struct, which metrics can have their roles, and that they have the same labels when a call begins.
fn bind(generics: &mut Generics, krate: &Runtime, fields: &[InRole<'_>]) {
    let lifetime = lifetime();
    let clause = generics.make_where_clause();
    let Some(entry) = fields.first().map(|first| first.at_entry(krate)) else { return };
    for one in fields {
        let (ty, role) = (at_call(one.ty.to_token_stream()), one.role.ident());
        let at = blaming(one.ty.span());
        let borrows = ty.to_string() != one.ty.to_token_stream().to_string();
        let any = borrows.then(|| quote!(for<#lifetime>));
        clause.predicates.push(parse_quote_spanned! {at=>
            #any #ty: #krate::__private::Role<#krate::__private::role::#role, AtEntry = #entry>
        });
    }
}

impl InRole<'_> {
    /// What is known of its labels when a call begins. It does not rest on the role, so that a wrong one is one error.
    fn at_entry(&self, krate: &Runtime) -> TokenStream {
        let ty = at_call(self.ty.to_token_stream());
        let krate = krate.at(self.ty.span());
        quote_spanned! {blaming(self.ty.span())=>
            <<#ty as #krate::__private::Metric>::Labels as #krate::__private::Labels>::AtEntry
        }
    }

    /// `<Type as Role<role::Calls>>`, blaming the type where it can't be; with the lifetime of a call's labels, or with its own.
    fn as_role(&self, krate: &Runtime, is_at_call: bool) -> TokenStream {
        let (at, role) = (self.ty.span(), self.role.ident());
        let tokens = self.ty.to_token_stream();
        let ty = if is_at_call { at_call(tokens) } else { tokens };
        let krate = krate.at(at);
        quote_spanned!(blaming(at)=> <#ty as #krate::__private::Role<#krate::__private::role::#role>>)
    }
}

impl Role {
    /// The runtime's marker.
    fn ident(self) -> Ident {
        local(match self {
            Self::Calls => "Calls",
            Self::Errors => "Errors",
            Self::Cancelled => "Cancelled",
            Self::Duration => "Duration",
            Self::InFlight => "InFlight",
        })
    }
}

fn names() -> [Ident; 4] {
    ["self", "__labels", "__series", "__call"].map(local)
}

/// The lifetime of a call's labels.
fn lifetime() -> Lifetime {
    Lifetime { apostrophe: proc_macro2::Span::mixed_site(), ident: local("__l") }
}

/// A type with the lifetime of a call's labels for each `'static`.
fn at_call(tokens: TokenStream) -> TokenStream {
    let mut is_lifetime = false;
    let one = |token: TokenTree| {
        let was_lifetime = std::mem::take(&mut is_lifetime);
        match token {
            TokenTree::Ident(ident) if was_lifetime && ident == "static" => {
                TokenTree::Ident(Ident::new("__l", lifetime().ident.span()))
            }
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                is_lifetime = true;
                TokenTree::Punct(punct)
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), at_call(group.stream()));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            other => other,
        }
    };
    tokens.into_iter().map(one).collect()
}
