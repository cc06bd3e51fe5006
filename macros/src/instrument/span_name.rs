//! The part of the model that decides what a span is called: a text, and where that has parameters in braces, each call by
//! theirs.
//!
//! Input: `name = "publish {event.kind}"`; output: the field `otel.name = %format_args!("publish {}", event.kind)`.

use proc_macro2::Span;
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::{Ident, LitStr, Member};

use super::fields::{Field, FieldName, Value};
use super::named::Named;
use crate::args::{Arg, Eq};
use crate::errors::Errors;
use crate::field::Format;
use crate::naming;
use crate::signature::{Function, Param};

/// The field by which a span gets another name than its callsite's: the convention of `tracing-opentelemetry`.
const FIELD: &str = "otel.name";

/// What a span is called.
pub(super) struct SpanName {
    /// The callsite's name.
    pub(super) text: Named,
    /// The field with a call's own.
    pub(super) field: Option<Field>,
    /// What is read for that, which may look like a secret.
    pub(super) read: Vec<(String, Span)>,
}

impl SpanName {
    pub(super) fn new(name: Arg<Eq<Named>>, item: &Function, errors: &mut Errors) -> Self {
        let plain = |text| Self { text, field: None, read: Vec::new() };
        let literal = match name.map(|name| name.value.0) {
            None => return plain(Named::Text(LitStr::new(&item.name(), Span::call_site()))),
            Some(Named::Text(literal)) => literal,
            Some(constant) => return plain(constant.checked(item, errors)),
        };
        let span = literal.span();
        let Template { text, format, places } = match Template::parse(&literal) {
            Ok(template) => template,
            Err(problem) => {
                errors.at(span, problem);
                return plain(Named::Text(literal));
            }
        };
        if places.is_empty() {
            return plain(Named::Text(LitStr::new(&text, span)));
        }
        let places: Vec<Place> = places.into_iter().map(|place| place.bound(item)).collect();
        places.iter().filter_map(|place| place.problem(item)).for_each(|problem| errors.at(span, problem));
        let values = places.iter().map(|Place { path, .. }| quote!(#(#path).*));
        let tokens = quote!(::core::format_args!(#format, #(#values),*));
        let value = Some(Value { format: Format::Display, tokens, span, must_be: None });
        let field =
            Field { name: FieldName::Text(FIELD.to_owned()), span, value, warning: None, secret: None };
        let read = places.iter().filter_map(|place| Some((place.last()?, span))).collect();
        Self { text: Named::Text(LitStr::new(&text, span)), field: Some(field), read }
    }
}

/// A name with parameters in braces.
struct Template {
    /// As it is shown where no call is meant: with the braces.
    text: String,
    /// What `format_args!` takes.
    format: LitStr,
    places: Vec<Place>,
}

/// `{event_type}`, `{self.topic}` or `{kind:?}`.
struct Place {
    /// What is before the colon.
    path: Vec<Member>,
    written: String,
}

impl Template {
    fn parse(literal: &LitStr) -> Result<Self, String> {
        const BRACES: &str = "write `{{` and `}}` for braces themselves";
        let value = literal.value();
        let (mut text, mut format, mut places) = (String::new(), String::new(), Vec::new());
        let mut rest = value.as_str();
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            text.push_str(before);
            format.push_str(before);
            if let Some(after) = from.strip_prefix("{{").or_else(|| from.strip_prefix("}}")) {
                text.push_str(&from[..1]);
                format.push_str(&from[..2]);
                rest = after;
                continue;
            }
            if is_route(&text) {
                text.push_str(&from[..1]);
                format.push_str(&from[..1].repeat(2));
                rest = &from[1..];
                continue;
            }
            let end = from.find('}').filter(|end| *end > 0);
            let Some(end) = end else {
                return Err(format!("the name has a brace without its other one: {BRACES}"));
            };
            let inside = &from[1..end];
            let (path, spec) = inside.split_once(':').map_or((inside, ""), |(path, spec)| (path, spec));
            let Some(path) = members(path.trim(), literal.span()) else {
                let message = format!("`{{{inside}}}` is no parameter, nor a field of one: {BRACES}");
                return Err(message);
            };
            places.push(Place { path, written: inside.to_owned() });
            text.push_str(&from[..=end]);
            format.push_str(&if spec.is_empty() { "{}".to_owned() } else { format!("{{:{spec}}}") });
            rest = &from[end + 1..];
        }
        text.push_str(rest);
        format.push_str(rest);
        Ok(Self { text, format: LitStr::new(&format, literal.span()), places })
    }
}

/// Whether a text ends within a route, as of `GET /orders/{id}`: whose braces are its own, since a span is called by the route
/// and not by what was asked for.
fn is_route(text: &str) -> bool {
    text.rsplit(char::is_whitespace).next().is_some_and(|word| word.starts_with('/'))
}

/// The parts of a path. Their tokens are the user's, so that they find the parameters.
fn members(path: &str, span: Span) -> Option<Vec<Member>> {
    let mut parts = path.split('.');
    // `self` is no member's name.
    let first = match parts.next()? {
        "self" => Member::Named(Ident::new("self", span)),
        first => member(first, span).filter(|first| matches!(first, Member::Named(_)))?,
    };
    std::iter::once(Some(first)).chain(parts.map(|part| member(part, span))).collect()
}

/// `kind`, `r#type`, `type`, which can only be meant as `r#type`, or `0`.
fn member(part: &str, span: Span) -> Option<Member> {
    if let Ok(Member::Unnamed(index)) = syn::parse_str(part) {
        return Some(Member::Unnamed(syn::Index { span, ..index }));
    }
    let mut ident = Parser::parse_str(Ident::parse_any, part).ok()?;
    if syn::parse_str::<Ident>(part).is_err() {
        let can_be_raw = !["self", "Self", "super", "crate", "_"].iter().any(|word| ident == word);
        ident = can_be_raw.then(|| Ident::new_raw(&ident.to_string(), span))?;
    }
    ident.set_span(span);
    Some(Member::Named(ident))
}

impl Place {
    /// The name of what is read.
    fn last(&self) -> Option<String> {
        self.path.last().map(|last| match last {
            Member::Named(ident) => ident.unraw().to_string(),
            Member::Unnamed(index) => index.index.to_string(),
        })
    }

    /// Writes the parameter at the path's root as it is bound: `gen` as `r#gen`.
    fn bound(mut self, item: &Function) -> Self {
        if let Some(Member::Named(root)) = self.path.first_mut() {
            let is_same = |param: &&Param| param.ident.unraw() == root.unraw();
            if let Some(param) = item.params.iter().find(is_same) {
                let span = root.span();
                *root = param.ident.clone();
                root.set_span(span);
            }
        }
        self
    }

    /// Why it can't stand in a name.
    fn problem(&self, item: &Function) -> Option<String> {
        let Some(Member::Named(root)) = self.path.first() else { return None };
        if item.has_param(root) {
            return None;
        }
        let known: Vec<String> = item.params.iter().map(|param| param.ident.to_string()).collect();
        let near = naming::nearest(&root.to_string(), known.iter().map(String::as_str));
        let near = near.map_or_else(String::new, |near| format!("did you mean `{{{near}}}`? if not, "));
        Some(format!(
            "`{{{0}}}` in the name is no parameter; {near}write `{{{{{0}}}}}` for the braces themselves",
            self.written
        ))
    }
}
