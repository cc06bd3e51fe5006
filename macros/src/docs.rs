//! The documentation of an item, as its attributes have it.

use syn::Attribute;

/// The first paragraph of an item's documentation, on one line; empty where there is none.
pub(crate) fn summary(attrs: &[Attribute]) -> String {
    let lines = doc_lines(attrs);
    let paragraph = lines.iter().skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty());
    paragraph.map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// All of an item's documentation, on one line; empty where there is none.
pub(crate) fn documentation(attrs: &[Attribute]) -> String {
    doc_lines(attrs).into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

fn doc_lines(attrs: &[Attribute]) -> Vec<String> {
    let mut lines = Vec::new();
    for attr in attrs {
        let syn::Meta::NameValue(meta) = &attr.meta else { continue };
        if !meta.path.is_ident("doc") {
            continue;
        }
        if let Some(text) = doc_text(&meta.value) {
            lines.extend(text.value().lines().map(|line| line.trim().to_owned()));
            if text.value().is_empty() {
                lines.push(String::new());
            }
        }
    }
    lines
}

/// The text of `#[doc = …]`, where it is written there; of `include_str!` and its like, only the compiler knows it.
pub(crate) fn doc_text(value: &syn::Expr) -> Option<&syn::LitStr> {
    match value {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text),
        // What a macro by example puts in.
        syn::Expr::Group(group) => doc_text(&group.expr),
        _ => None,
    }
}
