//! The tokens that make a function's calls reach the fields with a role.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericParam, Generics, Lifetime, LifetimeParam, Type, parse_quote_spanned};

use super::parse::Role;
use crate::hygiene::{Runtime, blaming, local};

/// A field with a role.
pub(super) struct InRole<'a> {
    pub(super) field: &'a Ident,
    pub(super) ty: &'a Type,
    pub(super) role: Role,
    /// Its descriptor's place.
    pub(super) index: usize,
}

/// Input: a field `requests: Counter<Op<'static>>` with `role = calls`; output: an implementation of `CallMetrics`, which counts
/// each call there. Its labels are a parameter of that trait, since they may be less public than the struct.
///
/// Nothing where no field has a role. Of a type with mistakes, nothing runs.
pub(super) fn call_metrics(
    krate: &Runtime,
    (ident, generics): (&Ident, &Generics),
    fields: &[InRole<'_>],
    is_stub: bool,
) -> Option<TokenStream> {
    let [first, ..] = fields else { return None };
    let (count, entry) = (fields.len(), first.at_entry(krate));
    let (mut of_begin, mut of_end) = (generics.clone(), generics.clone());
    of_begin.params.insert(0, GenericParam::Lifetime(lifetime()));
    if !generics.params.is_empty() {
        bind(&mut of_begin, krate, fields);
        bind(&mut of_end, krate, fields);
        bind_labels(&mut of_begin, krate, fields);
    }
    let (_, arguments, _) = generics.split_for_impl();
    let (parameters, _, clause) = of_begin.split_for_impl();
    let (parameters_of_end, _, clause_of_end) = of_end.split_for_impl();
    let [begin, end] = if is_stub { [stub(), stub()] } else { [begin(krate, fields), end(krate, fields)] };
    let families = families(krate, generics, fields, is_stub);
    let [this, labels, metrics, call] = names();
    Some(quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #parameters #krate::CallMetrics<#entry> for #ident #arguments #clause {
            type Series = [::core::primitive::u32; #count];
            #families
            #[inline]
            fn begin(&#this, #labels: &#entry) -> [::core::primitive::u32; #count] {
                #begin
            }
        }
        #[automatically_derived]
        #[allow(deprecated)]
        impl #parameters_of_end #krate::__private::role::EndIn<#ident #arguments>
            for [::core::primitive::u32; #count] #clause_of_end
        {
            #[inline]
            fn end_in(#this, #metrics: &#ident #arguments, #call: &#krate::__private::role::EndedCall) {
                #end
            }
        }
    })
}

fn begin(krate: &Runtime, fields: &[InRole<'_>]) -> TokenStream {
    let [this, ..] = names();
    let each = fields.iter().map(|one| {
        let (field, role, at) = (one.field, one.role.ident(), one.ty.span());
        let (ty, krate) = (one.ty, krate.at(at));
        let begin = quote_spanned! {blaming(at)=>
            <#ty as #krate::__private::Role<#krate::__private::role::#role>>::begin
        };
        // Other labels than the first one's are the field's mistake.
        let labels = Ident::new("__labels", blaming(at));
        quote!(#begin(&#this.#field, #labels))
    });
    quote!([#(#each),*])
}

fn end(krate: &Runtime, fields: &[InRole<'_>]) -> TokenStream {
    let [this, _, metrics, call] = names();
    let each = fields.iter().enumerate().map(|(index, one)| {
        let (field, role, ty) = (one.field, one.role.ident(), one.ty);
        let at = krate.at(ty.span());
        let end = quote_spanned!(blaming(ty.span())=> <#ty as #at::__private::Metric>::end);
        let role = quote!(#krate::__private::role::Ending::#role);
        quote!(#end(&#metrics.#field, #role, #this[#index], #call);)
    });
    quote!(#(#each)*)
}

/// What objectives need of the descriptors. Those of a generic struct are known only where all of its fields' types are.
fn families(
    krate: &Runtime,
    generics: &Generics,
    fields: &[InRole<'_>],
    is_stub: bool,
) -> Option<TokenStream> {
    let families = match is_stub {
        true => quote!(#krate::__private::CallFamilies::UNKNOWN),
        false => {
            let roles = fields.iter().map(|InRole { role, index, .. }| {
                let role = role.ident();
                quote!((#krate::__private::role::Ending::#role, #index))
            });
            quote!(#krate::__private::families(&[#(#roles),*], <Self as #krate::Metrics>::DESCRIPTORS))
        }
    };
    let constant = quote!(const FAMILIES: #krate::__private::CallFamilies = #families;);
    (is_stub || generics.params.is_empty()).then_some(constant)
}

fn stub() -> TokenStream {
    quote!(::core::unimplemented!())
}

/// Of a generic struct, which metrics can have their roles.
fn bind(generics: &mut Generics, krate: &Runtime, fields: &[InRole<'_>]) {
    let clause = generics.make_where_clause();
    for InRole { ty, role, .. } in fields {
        let (at, role) = (blaming(ty.span()), role.ident());
        clause
            .predicates
            .push(parse_quote_spanned!(at=> #ty: #krate::__private::Role<#krate::__private::role::#role>));
    }
}

/// And that they have the same labels when a call begins. Of types without parameters the compiler knows that.
fn bind_labels(generics: &mut Generics, krate: &Runtime, fields: &[InRole<'_>]) {
    let [first, others @ ..] = fields else { return };
    let (lifetime, entry) = (lifetime(), first.at_entry(krate));
    let parameters: Vec<Ident> = generics.type_params().map(|parameter| parameter.ident.clone()).collect();
    let clause = generics.make_where_clause();
    for InRole { ty, .. } in others.iter().filter(|other| mentions(other.ty.to_token_stream(), &parameters)) {
        let at = blaming(ty.span());
        clause.predicates.push(parse_quote_spanned! {at=>
            <#ty as #krate::__private::Metric>::Labels: #krate::__private::Labels<AtEntry<#lifetime> = #entry>
        });
    }
}

fn mentions(tokens: TokenStream, names: &[Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => names.contains(&ident),
        TokenTree::Group(group) => mentions(group.stream(), names),
        _ => false,
    })
}

impl InRole<'_> {
    /// What is known of its labels when a call begins. It does not rest on the role, so that a wrong one is one error.
    fn at_entry(&self, krate: &Runtime) -> TokenStream {
        let (ty, at, lifetime) = (self.ty, self.ty.span(), lifetime());
        let krate = krate.at(at);
        quote_spanned! {blaming(at)=>
            <<#ty as #krate::__private::Metric>::Labels as #krate::__private::Labels>::AtEntry<#lifetime>
        }
    }
}

impl Role {
    /// The runtime's marker.
    fn ident(self) -> Ident {
        local(match self {
            Self::Calls => "Calls",
            Self::Successes => "Successes",
            Self::Errors => "Errors",
            Self::Cancelled => "Cancelled",
            Self::Duration => "Duration",
            Self::InFlight => "InFlight",
        })
    }
}

fn names() -> [Ident; 4] {
    ["self", "__labels", "__metrics", "__call"].map(local)
}

/// The lifetime of a call's labels.
fn lifetime() -> LifetimeParam {
    LifetimeParam::new(Lifetime { apostrophe: Span::mixed_site(), ident: local("__l") })
}
