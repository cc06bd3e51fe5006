//! The part of the model that decides which attributes a span has.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Type;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::callsite::OwnName;
use super::made::ITEMS;
use super::parse::Recorded;
use super::{conventions, secrets};
use crate::args::{Arg, Eq, Flag, List};
use crate::errors::Errors;
use crate::field::{Constant, FieldArg, FieldValue, Format, Key, Name, SetArg};
use crate::naming;
use crate::semconv::ValueType;
use crate::signature::Function;
use crate::types;

/// The arguments that have to do with attributes.
pub(super) struct Written {
    pub(super) record: Arg<List<Recorded>>,
    pub(super) record_all: Arg<Flag>,
    pub(super) skip: Arg<List<Name>>,
    pub(super) skip_all: Arg<Flag>,
    pub(super) fields: Arg<List<FieldArg>>,
    pub(super) allow_secret: Arg<List<Name>>,
    pub(super) semconv: Arg<Eq<bool>>,
}

/// What else is read or recorded.
pub(super) struct Beside {
    /// What the metrics' labels are called, which are no attributes but may look like secrets too.
    pub(super) labels: Vec<(String, Span)>,
    /// The field with the span's own name.
    pub(super) own_name: OwnName,
    /// Whether there is a stream, whose items are counted.
    pub(super) has_items: bool,
}

impl Written {
    /// Whether attributes are compared with OpenTelemetry's conventions.
    pub(super) fn conventions(&self) -> bool {
        self.semconv.as_ref().is_none_or(|semconv| semconv.value.0)
    }

    /// The names that look like secrets and are none.
    pub(super) fn allowed(&self) -> Vec<String> {
        let names = self.allow_secret.iter().flat_map(|list| &list.value.0);
        names.map(|name| name.text.clone()).collect()
    }
}

/// An attribute of the span, or a set of them.
pub(super) struct Field {
    pub(super) name: FieldName,
    /// Where it is written.
    pub(super) span: Span,
    /// `None` where it is filled in later.
    pub(super) value: Option<Value>,
    /// What is to be said of its name.
    pub(super) warning: Option<String>,
    /// What its value reads, where that says a secret that the constant's redaction has to hide.
    pub(super) secret: Option<Ident>,
}

/// What it is called.
pub(super) enum FieldName {
    /// This.
    Text(String),
    /// As this constant says.
    Constant(Constant),
    /// As the attributes of this type, a set.
    Set(Box<Type>),
}

impl FieldName {
    /// As it is written, where it is known that two of the same text are the same.
    fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Constant(constant) => Some(constant.text()),
            Self::Set(_) => None,
        }
    }

    fn is(&self, name: &str) -> bool {
        matches!(self, Self::Text(text) if text == name)
    }
}

impl Field {
    /// Whether it is a constant's or a set's, and its value mentions the parameter of that name.
    fn takes(&self, param: &str) -> bool {
        match (&self.name, &self.value) {
            (FieldName::Text(_), _) | (_, None) => false,
            (FieldName::Constant(_) | FieldName::Set(_), Some(value)) => {
                mentions(value.tokens.clone(), param)
            }
        }
    }
}

/// Whether tokens name a variable, in a text to be formatted too: `format!("{iban:?}")`. A field of that name, behind one
/// dot, is none.
fn mentions(tokens: TokenStream, variable: &str) -> bool {
    let mut dots = 0;
    for token in tokens {
        let is_field = std::mem::take(&mut dots) == 1;
        let found = match token {
            TokenTree::Group(group) => mentions(group.stream(), variable),
            TokenTree::Ident(ident) => !is_field && ident.unraw() == variable,
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                ['}', ':'].iter().any(|end| text.contains(&format!("{{{variable}{end}")))
            }
            TokenTree::Punct(punct) => {
                dots = if punct.as_char() == '.' { dots + 1 + u8::from(is_field) } else { 0 };
                false
            }
        };
        if found {
            return true;
        }
    }
    false
}

/// What an attribute is at the start.
pub(super) struct Value {
    pub(super) format: Format,
    pub(super) tokens: TokenStream,
    pub(super) span: Span,
    /// What it has to be, where the compiler must find out whether it is.
    pub(super) must_be: Option<ValueType>,
}

/// Adds the field with the number of a stream's items, unless there is one of that name.
fn count_items(fields: &mut Vec<Field>) {
    if !fields.iter().any(|field| field.name.is(ITEMS)) {
        let name = FieldName::Text(ITEMS.to_owned());
        fields.push(Field { name, span: Span::call_site(), value: None, warning: None, secret: None });
    }
}

/// The attributes, in the order of `record`, `record_all`, `fields`.
pub(super) fn decide(written: Written, beside: Beside, item: &Function, errors: &mut Errors) -> Vec<Field> {
    let has_conventions = written.conventions();
    let Written { record, record_all, skip, skip_all, fields, allow_secret, semconv: _ } = written;
    let Beside { labels, own_name, has_items } = beside;
    let others: Vec<_> = labels.into_iter().chain(own_name.read).collect();
    let before = errors.count();
    let skipped = skipped(skip, skip_all.as_ref().map(|flag| &flag.key), item, errors);
    let skips_what_it_should = errors.count() == before;
    // Both at once would say everything and nothing.
    if let (Some(all), Some(none)) = (&record_all, &skip_all) {
        let message = "`record_all` and `skip_all` exclude each other; keep one";
        errors.between(all.key.span(), none.key.span(), message);
    }
    let mut decided = Vec::new();
    for recorded in record.into_iter().flat_map(|list| list.value.0) {
        recorded_field(recorded, item, &skipped, &mut decided, errors);
    }
    let paths = decided.len();
    let extra: Vec<Field> = fields
        .into_iter()
        .flat_map(|list| list.value.0)
        .filter_map(|field| given(field, item, errors))
        .collect();
    // After a slip in `skip`, what should have been skipped is no second mistake.
    if record_all.is_some() && skips_what_it_should {
        record_rest(item, &skipped, &extra, &mut decided);
    }
    decided.extend(extra);
    // What the name reads is asked for itself.
    let written = decided.len();
    decided.extend(own_name.field);
    // A name is one attribute.
    for (index, field) in decided.iter().enumerate() {
        let Some(name) = field.name.text() else { continue };
        let is_same = |earlier: &&Field| earlier.name.text().as_ref() == Some(&name);
        if let Some(first) = decided[..index].iter().find(is_same) {
            let message = format!("`{name}` is recorded twice; keep one, or rename one in `fields(…)`");
            errors.between(first.span, field.span, message);
        }
    }
    secrets::check(&mut decided[..written], &others, allow_secret, item, errors);
    // OpenTelemetry's keys are used as it says, unless that is not asked for.
    if has_conventions {
        conventions::check(&mut decided[paths..], item, errors);
    }
    if has_items {
        count_items(&mut decided);
    }
    decided
}

/// The parameters that `record_all` leaves out.
fn skipped(
    skip: Arg<List<Name>>,
    skip_all: Option<&Ident>,
    item: &Function,
    errors: &mut Errors,
) -> Vec<Name> {
    let Some(skip) = skip else { return Vec::new() };
    // `skip_all` leaves nothing to skip.
    if let Some(all) = skip_all {
        let message = "`skip` and `skip_all` exclude each other; keep one";
        errors.between(skip.key.span(), all.span(), message);
        return skip.value.0;
    }
    // What is skipped exists.
    for name in &skip.value.0 {
        let known = name.ident.as_ref().is_some_and(|ident| item.has_param(ident));
        if !known {
            errors.on(&name.tokens, no_parameter(&name.text, item));
        }
    }
    skip.value.0
}

fn no_parameter(name: &str, item: &Function) -> String {
    let mut known: Vec<String> = item.params.iter().map(|param| param.ident.to_string()).collect();
    known.extend(item.sig.receiver().map(|_| "self".to_owned()));
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    match known.as_slice() {
        [] => format!("`{name}` is no parameter; this function has none"),
        [only] => format!("`{name}` is no parameter; did you mean `{only}`?"),
        known => format!("`{name}` is no parameter; {}", naming::suggestion(name, known, "parameters")),
    }
}

/// One element of `record(…)`: a parameter that is not skipped.
fn recorded_field(
    recorded: Recorded,
    item: &Function,
    skipped: &[Name],
    decided: &mut Vec<Field>,
    errors: &mut Errors,
) {
    let Recorded { format, root, name, value } = recorded;
    let span = root.span();
    if !item.has_param(&root) {
        errors.at(span, no_parameter(&root.to_string(), item));
        return;
    }
    if let Some(skip) = skipped.iter().find(|skip| skip.text == name) {
        let message = format!("`{name}` is both skipped and recorded; keep one");
        errors.between(skip.span(), span, message);
        return;
    }
    let value = Some(Value { format, span, tokens: value, must_be: None });
    decided.push(Field { name: FieldName::Text(name), span, value, warning: None, secret: None });
}

/// `record_all`: what is neither skipped nor recorded otherwise; numbers and texts as they are, as `tracing` does it. What a
/// constant or a set is made of is recorded otherwise: how much of it is shown is for them to say.
fn record_rest(item: &Function, skipped: &[Name], extra: &[Field], decided: &mut Vec<Field>) {
    let receiver = item.sig.receiver().map(|receiver| (Ident::from(receiver.self_token), Format::Debug));
    // What may not be there can't be named.
    let params = item.params.iter().filter(|param| !param.is_conditional).map(|param| {
        let is_plain = param.ty.as_ref().is_some_and(is_number_or_text);
        (param.ident.clone(), if is_plain { Format::Value } else { Format::Debug })
    });
    for (ident, format) in receiver.into_iter().chain(params) {
        let name = ident.unraw().to_string();
        let elsewhere = decided.iter().chain(extra).any(|field| field.name.is(&name) || field.takes(&name));
        if elsewhere || skipped.iter().any(|skip| skip.text == name) {
            continue;
        }
        let (span, tokens) = (ident.span(), ident.to_token_stream());
        let value = Some(Value { format, span, tokens, must_be: None });
        decided.push(Field { name: FieldName::Text(name), span, value, warning: None, secret: None });
    }
}

/// Whether a type, or what it refers to, is by its name a number, a boolean or text.
fn is_number_or_text(ty: &Type) -> bool {
    const NAMES: [&str; 17] = [
        "bool", "str", "String", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64",
        "u128", "usize", "f32", "f64",
    ];
    let Type::Path(path) = types::dereferenced(ty).0 else { return false };
    path.path.segments.last().is_some_and(|last| NAMES.iter().any(|name| last.ident == name))
}

/// One element of `fields(…)`: it has a value, or says that it comes later.
fn given(field: FieldArg, item: &Function, errors: &mut Errors) -> Option<Field> {
    let (key, value) = match field {
        FieldArg::One(key, value) => (key, value),
        FieldArg::Set(set) => return given_set(*set, item, errors),
    };
    let span = key.span();
    let value = match value {
        FieldValue::Now(format, expr) => {
            Some(Value { format, span: expr.span(), tokens: expr.into_token_stream(), must_be: None })
        }
        FieldValue::Later => None,
        FieldValue::Missing(format) => {
            let (text, sign) = (key.text(), format.sign());
            let root = text.split('.').next().unwrap_or_default();
            let message = match item.params.iter().any(|param| param.ident.unraw() == root) || root == "self"
            {
                true => format!("`{root}` is a parameter: write `record({sign}{text})`"),
                false => format!(
                    "`{text}` has no value: write `{text} = value`, or `{text} = Empty` to fill it in later"
                ),
            };
            errors.on(key.tokens(), message);
            return None;
        }
    };
    let name = match key {
        Key::Name(name) => FieldName::Text(name.text),
        Key::Constant(constant) => {
            if let Some(parameter) = generic_root(&constant, item) {
                let message = format!(
                    "what a span's attributes are called is fixed at compile time, so a constant's path can't begin with the parameter `{parameter}`"
                );
                errors.at(parameter.span(), message);
                return None;
            }
            FieldName::Constant(constant)
        }
    };
    Some(Field { name, span, value, warning: None, secret: None })
}

/// The function's parameter of types that a constant's path begins with.
fn generic_root<'c>(constant: &'c Constant, item: &Function) -> Option<&'c Ident> {
    let first = &constant.path.segments.first()?.ident;
    let is_generic = constant.path.leading_colon.is_none()
        && item.sig.generics.type_params().any(|parameter| parameter.ident == *first);
    is_generic.then_some(first)
}

/// A set's type is stated, or taken from the signature, and a `static` can name it.
fn given_set(set: SetArg, item: &Function, errors: &mut Errors) -> Option<Field> {
    let SetArg { ty, value } = set;
    let span = ty.span();
    let (ty, value) = match value {
        FieldValue::Now(format, expr) => {
            (ty, Some(Value { format, span: expr.span(), tokens: expr.into_token_stream(), must_be: None }))
        }
        FieldValue::Later => (ty, None),
        FieldValue::Missing(format) => {
            let ident = match &ty {
                Type::Path(path) => path.path.get_ident().cloned(),
                _ => None,
            };
            let Some(param) = ident.as_ref().and_then(|ident| item.param(ident)) else {
                let text = ty.to_token_stream();
                let message = match ident.filter(|ident| ident == "self") {
                    None => format!("`{text}` is no parameter: write `..parameter`, or `..Type = value`"),
                    Some(_) => {
                        "`self` has no type here that a constant could name: write `..Type = self`".into()
                    }
                };
                errors.on(&ty, message);
                return None;
            };
            let Some(written) = &param.ty else {
                errors.on(&ty, format_args!("state the set's type: `..Type = {}`", param.ident));
                return None;
            };
            let value = Value { format, span, tokens: param.ident.to_token_stream(), must_be: None };
            (types::dereferenced(written).0.clone(), Some(value))
        }
    };
    let is_static = syn::parse2::<Type>(types::with_static_lifetimes(&ty));
    if let Some((_, what)) = is_static.ok().and_then(|ty| types::unnameable(&ty, &item.sig.generics)) {
        let message = format!(
            "what a span's attributes are called is fixed at compile time, so the set's type can't mention `{what}`"
        );
        errors.at(span, message);
    }
    Some(Field { name: FieldName::Set(Box::new(ty)), span, value, warning: None, secret: None })
}
