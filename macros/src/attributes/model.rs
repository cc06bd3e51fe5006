//! What `#[derive(Attributes)]` decided: every attribute has its constant, key and type.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{GenericParam, Generics, LitStr, Type, Visibility};

use super::parse::{Example, Examples, Field, FieldArgs, Input, Redaction, StructArgs};
use super::types::{self, Plain};
use crate::args::{Arg, Eq, Flag, Text};
use crate::docs;
use crate::errors::Errors;
use crate::field::Format;
use crate::hygiene::Runtime;
use crate::naming::{self, Case};
use crate::semconv::{self, Finding, ValueType};

/// A set of attributes.
pub(super) struct Model {
    pub(super) krate: Runtime,
    pub(super) vis: Visibility,
    pub(super) ident: Ident,
    pub(super) generics: Generics,
    /// The struct's type where its lifetimes are `'static`.
    pub(super) static_type: TokenStream,
    pub(super) members: Vec<Member>,
    /// What OpenTelemetry's registry has to say, each at its place.
    pub(super) warnings: Vec<(Span, String)>,
}

/// What a field adds.
pub(super) enum Member {
    One(Box<Attribute>),
    /// The attributes of another set.
    Flattened(Box<Flattened>),
}

/// Another set.
pub(super) struct Flattened {
    pub(super) field: Ident,
    pub(super) ty: Type,
    /// What its keys stand behind.
    pub(super) prefix: Option<LitStr>,
}

/// An attribute.
pub(super) struct Attribute {
    pub(super) field: Ident,
    pub(super) field_type: Type,
    pub(super) constant: Ident,
    pub(super) key: String,
    /// What is known of its type; nothing where the compiler has to find it.
    pub(super) ty: Option<ValueType>,
    pub(super) help: String,
    pub(super) examples: Vec<String>,
    pub(super) redaction: Option<Redaction>,
    pub(super) format: Format,
    pub(super) is_option: bool,
    /// Where the key is written.
    span: Span,
}

/// What the struct says of all its fields.
struct Shared {
    prefix: Option<String>,
    semconv: bool,
}

impl Model {
    pub(super) fn new(input: Input) -> syn::Result<Self> {
        let Input { args, item, fields, mut errors } = input;
        let StructArgs { prefix, semconv, krate } = args;
        // The constants stand beside the struct, so only lifetimes may differ.
        for param in &item.generics.params {
            if !matches!(param, GenericParam::Lifetime(_)) {
                let message = "a set of attributes can be generic over lifetimes only: remove the parameter";
                errors.on(param, message);
            }
        }
        if let Some(prefix) = &prefix {
            check_key(&prefix.value.0, "prefix", &mut errors);
        }
        let shared = Shared {
            prefix: prefix.map(|prefix| prefix.value.0.0.value()),
            semconv: semconv.is_none_or(|semconv| semconv.value.0),
        };
        let is_silenced = semconv::is_silenced(&item.attrs);
        let (has_fields, mut warnings, mut members) = (!fields.is_empty(), Vec::new(), Vec::new());
        for field in fields {
            members.extend(member(field, &shared, &mut warnings, &mut errors));
        }
        warnings.retain(|_| !is_silenced);
        if members.is_empty() && errors.is_empty() {
            let message = match has_fields {
                true => "a set of attributes needs at least one that is not skipped",
                false => "a set of attributes needs at least one field",
            };
            errors.at(item.ident.span(), message);
        }
        check_names(&members, &mut errors);
        let lifetimes = item.generics.lifetimes().map(|_| quote!('static));
        let ident = item.ident;
        let static_type = quote!(#ident<#(#lifetimes),*>);
        let (krate, vis, generics) = (Runtime::new(&krate), item.vis, item.generics);
        errors.finish(Self { krate, vis, ident, generics, static_type, members, warnings })
    }
}

/// What the field adds, unless it is skipped.
fn member(
    field: Field,
    shared: &Shared,
    warnings: &mut Vec<(Span, String)>,
    errors: &mut Errors,
) -> Option<Member> {
    let alone = check_alone(&field.args, errors);
    let Field { ident, ty, attrs, args, is_complete } = field;
    if alone {
        let prefix = args.prefix.map(|prefix| prefix.value.0.0);
        let flattened = Flattened { field: ident, ty, prefix };
        return args.skip.is_none().then(|| Member::Flattened(Box::new(flattened)));
    }
    let FieldArgs {
        key,
        key_exact,
        constant,
        example,
        redact,
        display,
        debug,
        flatten: _,
        prefix,
        skip: _,
        skip_if_none,
        allow_secret,
        semconv,
    } = args;
    if let Some(prefix) = prefix {
        let message = "`prefix` is for what is flattened: add `flatten`, or write `key = …`";
        errors.at(prefix.key.span(), message);
    }
    let plain = Plain::of(&ty);
    check_option(&skip_if_none, &plain, &ident, errors);
    let format = decided_format(&display, &debug, errors);
    let (key, span) = decided_key(key, key_exact, &ident, shared, errors);
    let is_text = format != Format::Value;
    let value_type = if is_text { Some(ValueType::Str) } else { plain.value_type() };
    check_redaction(&redact, value_type, &ident, errors);
    if redact.is_none() && allow_secret.is_none() && is_complete {
        check_secret(&key, &ident, errors);
    }
    if semconv.map_or(shared.semconv, |semconv| semconv.value.0) {
        match semconv::check(&key, value_type) {
            Some(Finding::Error(message)) => errors.at(span, message),
            Some(Finding::Warning(message)) => warnings.push((span, message)),
            None => {}
        }
    }
    let examples = example.map(|example| example.value.0);
    Some(Member::One(Box::new(Attribute {
        constant: constant.map_or_else(|| constant_name(&ident), |constant| constant.value.0.0),
        key,
        ty: value_type,
        help: docs::documentation(&attrs),
        examples: decided_examples(examples, value_type, errors),
        redaction: redact.map(|redact| redact.value.0),
        format,
        is_option: plain.is_option,
        field: ident,
        span,
        field_type: ty,
    })))
}

/// Whether `skip` or `flatten` is there: what is skipped has no attribute to say anything about, and what is flattened has
/// those of its type.
fn check_alone(args: &FieldArgs, errors: &mut Errors) -> bool {
    fn written<T>(arg: &Arg<T>) -> Option<&Ident> {
        arg.as_ref().map(|arg| &arg.key)
    }
    let (skip, flatten) = (written(&args.skip), written(&args.flatten));
    let Some(alone) = skip.or(flatten) else { return false };
    if let Some(prefix) = &args.prefix {
        check_key(&prefix.value.0, "prefix", errors);
    }
    let others = [
        written(&args.display),
        written(&args.debug),
        written(&args.skip_if_none),
        written(&args.allow_secret),
        written(&args.key),
        written(&args.key_exact),
        written(&args.constant),
        written(&args.example),
        written(&args.redact),
        written(&args.semconv),
        flatten.filter(|second| *second != alone),
        written(&args.prefix).filter(|_| skip.is_some()),
    ];
    for other in others.into_iter().flatten() {
        let message = format!("`{alone}` and `{other}` exclude each other; keep one");
        errors.between(alone.span(), other.span(), message);
    }
    true
}

/// An option without a value is not recorded anyway; to say so of anything else is a mistake.
fn check_option(skip_if_none: &Arg<Flag>, plain: &Plain<'_>, field: &Ident, errors: &mut Errors) {
    if let (Some(skip), false) = (skip_if_none, plain.is_option) {
        let message = format!("`skip_if_none` needs an `Option`; remove it, or make `{field}` one");
        errors.at(skip.key.span(), message);
    }
}

fn decided_format(display: &Arg<Flag>, debug: &Arg<Flag>, errors: &mut Errors) -> Format {
    if let (Some(one), Some(other)) = (display, debug) {
        let message = "`display` and `debug` exclude each other; keep one";
        errors.between(one.key.span(), other.key.span(), message);
    }
    match (display, debug) {
        (Some(_), _) => Format::Display,
        (None, Some(_)) => Format::Debug,
        (None, None) => Format::Value,
    }
}

/// What is named like a secret is not shown unless that is said explicitly.
fn check_secret(key: &str, field: &Ident, errors: &mut Errors) {
    if naming::is_secret(key) || naming::is_secret(&field.unraw().to_string()) {
        let message = format!(
            "`{field}` looks like a secret: add `redact = hash`, `mask` or `drop`, or, if it is none, `allow_secret`"
        );
        errors.at(field.span(), message);
    }
}

/// The name of a field's constant, where it says nothing else.
pub(super) fn constant_name(field: &Ident) -> Ident {
    let name = Case::ScreamingSnake.apply(&field.unraw().to_string());
    Ident::new(&format!("ATTR_{name}"), field.span())
}

/// The prefix and `key`, or the field's name; or `key_exact` alone. And where it is written.
fn decided_key(
    key: Arg<Eq<Text>>,
    exact: Arg<Eq<Text>>,
    field: &Ident,
    shared: &Shared,
    errors: &mut Errors,
) -> (String, Span) {
    if let (Some(one), Some(other)) = (&key, &exact) {
        let message = "`key` and `key_exact` exclude each other; keep one";
        errors.between(one.key.span(), other.key.span(), message);
    }
    if let Some(exact) = exact {
        check_key(&exact.value.0, "key", errors);
        return (exact.value.0.0.value(), exact.value.0.0.span());
    }
    let (own, span) = match key {
        Some(key) => {
            check_key(&key.value.0, "key", errors);
            (key.value.0.0.value(), key.value.0.0.span())
        }
        None => {
            let name = field.unraw().to_string();
            // A field's name may have any letters.
            if let Some(problem) = key_problem(&name) {
                errors.at(field.span(), format_args!("`{name}` is no key: {problem}; write `key = \"…\"`"));
            }
            (name, field.span())
        }
    };
    let whole = shared.prefix.as_ref().map_or_else(|| own.clone(), |prefix| format!("{prefix}.{own}"));
    if whole.len() > LONGEST {
        errors.at(span, format_args!("`{whole}` is longer than {LONGEST} characters: shorten it"));
    }
    (whole, span)
}

/// The runtime's bound.
const LONGEST: usize = 127;

fn check_key(key: &Text, what: &str, errors: &mut Errors) {
    let text = key.0.value();
    if let Some(problem) = key_problem(&text) {
        errors.at(key.0.span(), format_args!("`{text}` is no {what}: {problem}"));
    }
}

/// What is wrong with a key: the runtime's rule, told here on the token.
fn key_problem(key: &str) -> Option<&'static str> {
    let is_letter = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    if key.len() > LONGEST {
        Some("use at most 127 characters")
    } else if !key.chars().all(|character| is_letter(character) || character == '.') {
        Some("use letters, digits, `_`, `-`, and dots between them")
    } else if key.split('.').any(str::is_empty) {
        Some("write a name before and after each dot")
    } else if !key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
        Some("begin with a letter")
    } else {
        None
    }
}

/// What is left of a redacted value is text.
fn check_redaction(redact: &Arg<Eq<Redaction>>, ty: Option<ValueType>, field: &Ident, errors: &mut Errors) {
    let Some(redact) = redact else { return };
    let word = redact.value.0.word();
    if redact.value.0 != Redaction::Drop && !matches!(ty, None | Some(ValueType::Str)) {
        let message =
            format!("`redact = {word}` is for text, and `{field}` is none: add `display`, or write `drop`");
        errors.at(redact.key.span(), message);
    }
}

/// The examples as text; each is a value of the attribute's type.
fn decided_examples(examples: Option<Examples>, ty: Option<ValueType>, errors: &mut Errors) -> Vec<String> {
    let mut texts = Vec::new();
    for Example { ty: own, text, span } in examples.into_iter().flat_map(|examples| examples.0) {
        if let Some(ty) = ty.filter(|ty| !types::is_example(own, *ty)) {
            let message = format!("`{text}` is no example: the attribute is {}", types::called(ty));
            errors.at(span, message);
        }
        texts.push(text);
    }
    texts
}

/// A key is one attribute, and a constant's name is one constant.
fn check_names(members: &[Member], errors: &mut Errors) {
    let ones: Vec<&Attribute> = members
        .iter()
        .filter_map(|member| match member {
            Member::One(attribute) => Some(&**attribute),
            Member::Flattened(..) => None,
        })
        .collect();
    for (index, own) in ones.iter().enumerate() {
        if let Some(first) = ones[..index].iter().find(|first| first.key == own.key) {
            let message = format!("two attributes have the key `{}`: rename one of them", own.key);
            errors.between(first.span, own.span, message);
        } else if let Some(first) = ones[..index].iter().find(|first| first.constant == own.constant) {
            let name = &own.constant;
            let message = format!("two constants are called `{name}`: write `constant = …` at one of them");
            errors.between(first.constant.span(), own.constant.span(), message);
        }
    }
}
