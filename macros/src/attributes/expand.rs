//! The tokens of `#[derive(Attributes)]`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::LitStr;
use syn::spanned::Spanned;

use super::model::{Attribute, Flattened, Member, Model, constant_name};
use super::parse::{Input, Redaction};
use super::types::{self, Plain};
use crate::field::Format;
use crate::hygiene::{Runtime, blaming, local, repeated};
use crate::semconv::{self, ValueType};
use crate::types::with_static_lifetimes;

/// Input: `struct Order<'a> { id: &'a str, #[attribute(flatten)] event: Event }`; output: `const ATTR_ID: Attribute<str>`, a
/// list of all the descriptors, and what records each field at its place.
pub(super) fn expand(model: &Model) -> TokenStream {
    let Model { krate, ident, generics, static_type, members, warnings, .. } = model;
    let (generics, arguments, clause) = generics.split_for_impl();
    let constants = members.iter().filter_map(|member| match member {
        Member::One(attribute) => Some(constant(model, attribute)),
        Member::Flattened(..) => None,
    });
    let descriptors = descriptors(model);
    let statements = statements(model);
    let check = check(model);
    let warnings = warnings.iter().map(|(span, message)| semconv::warning(krate, *span, message));
    let (this, first, fields) = (local("self"), local("__first"), local("__fields"));
    quote! {
        #(#constants)*
        #[automatically_derived]
        impl #generics #krate::Attributes for #ident #arguments #clause {
            const DESCRIPTORS: &'static [&'static #krate::__private::AttributeDescriptor] = #descriptors;
            fn record(
                &#this,
                #first: ::core::primitive::usize,
                #fields: &mut #krate::__private::Fields<'_, '_>,
            ) {
                #(#statements)*
            }
        }
        #krate::__private::described_attributes!(<#static_type as #krate::Attributes>::DESCRIPTORS);
        // A struct that is there for its constants alone is used all the same.
        const _: fn(&#static_type) = |_| {};
        #check
        #(#warnings)*
    }
}

/// The constant, as public as the struct.
fn constant(model: &Model, attribute: &Attribute) -> TokenStream {
    let Model { krate, vis, .. } = model;
    let Attribute { constant, key, help, examples, redaction, .. } = attribute;
    let ty = constant_type(krate, attribute);
    let new = quote!(#krate::__private::Attribute::new(#key));
    let ty = quote!(#krate::__private::Attribute<#ty>);
    let [ty, new] = [ty, new].map(|tokens| match is_sought(attribute) {
        true => repeated(tokens, attribute.field_type.span()),
        false => tokens,
    });
    let doc = if help.is_empty() { format!("The attribute `{key}`.") } else { help.clone() };
    let help = (!help.is_empty()).then(|| quote!(.with_help(#help)));
    let examples = match examples.as_slice() {
        [] => None,
        [only] => Some(quote!(.with_example(#only))),
        all => Some(quote!(.with_examples(&[#(#all),*]))),
    };
    let redaction = redaction.map(|redaction| match redaction {
        Redaction::Hash => quote!(.hashed()),
        Redaction::Mask => quote!(.masked()),
        Redaction::Drop => quote!(.dropped()),
    });
    quote! {
        #[doc = #doc]
        #[allow(dead_code, unreachable_pub)]
        #vis const #constant: #ty =
            #new #help #examples #redaction;
    }
}

fn constant_type(krate: &Runtime, attribute: &Attribute) -> TokenStream {
    let field_type = &attribute.field_type;
    match attribute.ty {
        Some(ty) => types::constant_type(ty),
        // What is hashed or masked is text.
        None if !is_sought(attribute) => types::constant_type(ValueType::Str),
        None => {
            let (at, krate) = (blaming(field_type.span()), krate.at(field_type.span()));
            let ty = repeated(with_static_lifetimes(field_type), field_type.span());
            quote_spanned!(at=> <#ty as #krate::__private::AttributeValue>::As)
        }
    }
}

/// Output: `&[ATTR_A.descriptor(), ATTR_B.descriptor()]`; with a flattened set in between, all the parts, put together.
fn descriptors(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let mut parts: Vec<TokenStream> = Vec::new();
    let mut run: Vec<TokenStream> = Vec::new();
    let (mut own, mut sets) = (0_usize, Vec::new());
    for member in &model.members {
        match member {
            Member::One(attribute) => {
                let constant = used(attribute);
                run.push(quote_spanned!(constant.span()=> #constant.descriptor()));
                own += 1;
            }
            Member::Flattened(flattened) => {
                let run = std::mem::take(&mut run);
                parts.push(quote!(&[#(#run),*]));
                let set = set(krate, &flattened.ty);
                parts.push(prefixed(krate, &set, flattened.prefix.as_ref()));
                sets.push(quote!(#set.len()));
            }
        }
    }
    if sets.is_empty() {
        return quote!(&[#(#run),*]);
    }
    quote! {{
        const __ALL: [&'static #krate::__private::AttributeDescriptor; #own #(+ #sets)*] =
            #krate::__private::concatenated(&[#(#parts,)* &[#(#run),*]]);
        &__ALL
    }}
}

/// The descriptors of a flattened set.
fn set(krate: &Runtime, ty: &syn::Type) -> TokenStream {
    let (at, krate) = (blaming(ty.span()), krate.at(ty.span()));
    let ty = with_static_lifetimes(ty);
    quote_spanned!(at=> <#ty as #krate::Attributes>::DESCRIPTORS)
}

/// The descriptors of a flattened set behind its prefix: new ones, under keys that the compiler puts together.
fn prefixed(krate: &Runtime, set: &TokenStream, prefix: Option<&LitStr>) -> TokenStream {
    let Some(prefix) = prefix else { return set.clone() };
    let krate = krate.at(prefix.span());
    quote_spanned! {blaming(prefix.span())=> {
        const __SET: &[&#krate::__private::AttributeDescriptor] = #set;
        const __KEYS: [#krate::__private::Key; __SET.len()] = #krate::__private::prefixed_keys(#prefix, __SET);
        const __OWN: [#krate::__private::AttributeDescriptor; __SET.len()] =
            #krate::__private::under_keys(__SET, &__KEYS);
        const __REFERENCES: [&#krate::__private::AttributeDescriptor; __SET.len()] =
            #krate::__private::references(&__OWN);
        &__REFERENCES
    }}
}

/// What records each field, at its place behind the first one.
fn statements(model: &Model) -> Vec<TokenStream> {
    let krate = &model.krate;
    let (first, fields) = (local("__first"), local("__fields"));
    let (mut own, mut sets) = (0_usize, Vec::new());
    let mut statements = Vec::new();
    for member in &model.members {
        let place = quote!(#first + #own #(+ #sets)*);
        match member {
            Member::One(attribute) => {
                statements.push(statement(krate, attribute, &place, &fields));
                own += 1;
            }
            Member::Flattened(flattened) => {
                let Flattened { field, ty, .. } = &**flattened;
                let (at, krate_at) = (blaming(ty.span()), krate.at(ty.span()));
                let this = Ident::new("self", at);
                let record = quote_spanned!(at=> <#ty as #krate_at::Attributes>::record);
                statements.push(quote!(#record(&#this.#field, #place, #fields);));
                let set = set(krate, ty);
                sets.push(quote!(#set.len()));
            }
        }
    }
    statements
}

/// The constant, where its type can't be named blamed for that with the field's type, so that this is one error.
fn used(attribute: &Attribute) -> Ident {
    let Attribute { constant, field_type, .. } = attribute;
    match is_sought(attribute) {
        true => Ident::new(&constant.to_string(), blaming(field_type.span())),
        false => constant.clone(),
    }
}

/// Whether the compiler has to find the constant's type.
fn is_sought(attribute: &Attribute) -> bool {
    attribute.ty.is_none() && !matches!(attribute.redaction, Some(Redaction::Hash | Redaction::Mask))
}

fn statement(krate: &Runtime, attribute: &Attribute, place: &TokenStream, fields: &Ident) -> TokenStream {
    let Attribute { field, field_type, format, is_option, .. } = attribute;
    let at = blaming(field_type.span());
    let (this, constant) = (Ident::new("self", at), used(attribute));
    if is_sought(attribute) {
        // A trait's path rather than a function with bounds: then a type that can't be recorded is one error.
        let krate = krate.at(field_type.span());
        let ty = repeated(field_type.to_token_stream(), field_type.span());
        let record = quote_spanned!(at=> <#ty as #krate::__private::AttributeValue>::record_as);
        let constant = quote_spanned!(at=> &#constant);
        return quote!(#record(&#this.#field, #place, #constant, #fields););
    }
    let method = match format {
        Format::Value => quote!(attribute),
        Format::Debug => quote!(attribute_debug),
        Format::Display => quote!(attribute_display),
    };
    let value = local("__value");
    match *is_option && *format != Format::Value {
        // Without a value there is nothing to format.
        true => quote_spanned! {at=>
            if let ::core::option::Option::Some(#value) = &#this.#field {
                #fields.#method(#place, &#constant, #value);
            }
        },
        false => quote_spanned!(at=> #fields.#method(#place, &#constant, &#this.#field);),
    }
}

/// That no flattened set has a key which is here already; without one, the model has looked.
fn check(model: &Model) -> TokenStream {
    let Model { krate, static_type, members, .. } = model;
    let flattened = members.iter().find_map(|member| match member {
        Member::One(_) => None,
        Member::Flattened(flattened) => Some(&flattened.field),
    });
    let Some(field) = flattened else { return TokenStream::new() };
    let at = krate.at(field.span());
    quote_spanned! {blaming(field.span())=>
        const _: () = {
            const __ALL: &[&#at::__private::AttributeDescriptor] = <#static_type as #at::Attributes>::DESCRIPTORS;
            #at::__private::check_keys(&#at::__private::names_of::<{ __ALL.len() }>(&[#at::__private::Names::Of(__ALL)]));
        };
    }
}

/// Constants without content, and an implementation without attributes, for a struct with mistakes.
pub(super) fn stub(input: &Input) -> TokenStream {
    let krate = Runtime::new(&input.args.krate);
    let (ident, vis) = (&input.item.ident, &input.item.vis);
    let mut names: Vec<Ident> = Vec::new();
    let mut constants = TokenStream::new();
    for field in &input.fields {
        let written = field.args.constant.as_ref().map(|constant| constant.value.0.0.clone());
        let name = written.unwrap_or_else(|| constant_name(&field.ident));
        if names.contains(&name) || field.args.flatten.is_some() {
            continue;
        }
        let is_text = field.args.display.is_some() || field.args.debug.is_some();
        let ty = Plain::of(&field.ty).value_type().filter(|_| !is_text).unwrap_or(ValueType::Str);
        let ty = types::constant_type(ty);
        // Different keys, so that these are no mistake of their own.
        let key = format!("_{}", names.len());
        constants.extend(quote! {
            #[allow(dead_code, missing_docs)]
            #vis const #name: #krate::__private::Attribute<#ty> = #krate::__private::Attribute::new(#key);
        });
        names.push(name);
    }
    let (generics, arguments, clause) = input.item.generics.split_for_impl();
    quote! {
        #constants
        #[automatically_derived]
        impl #generics #krate::Attributes for #ident #arguments #clause {
            const DESCRIPTORS: &'static [&'static #krate::__private::AttributeDescriptor] = &[];
            fn record(&self, _: ::core::primitive::usize, _: &mut #krate::__private::Fields<'_, '_>) {}
        }
    }
}
