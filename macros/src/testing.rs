//! What the macros' tests share: expansions as files, errors with the tokens that they blame, damaged input.

use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A macro, as the tests call it: the attribute's tokens (none for a derive), then the item's.
pub(crate) type Macro = fn(TokenStream, TokenStream) -> TokenStream;

/// Tokens from text, so that they have places.
pub(crate) fn tokens(text: &str) -> TokenStream {
    text.parse().unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// An expansion as formatted text.
pub(crate) fn pretty(expansion: TokenStream) -> String {
    match syn::parse2(expansion.clone()) {
        Ok(file) => prettyplease::unparse(&file),
        Err(error) => panic!("{error} in {expansion}"),
    }
}

/// Compares an expansion with the committed `<folder>/snapshots/<name>.rs`; `SPANWRIGHT_BLESS=1` writes the file.
pub(crate) fn snapshot(folder: &str, name: &str, expansion: TokenStream) {
    let expansion = pretty(expansion);
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/{folder}/snapshots/{name}.expanded.txt"));
    if std::env::var_os("SPANWRIGHT_BLESS").is_some() {
        path.parent().map(fs::create_dir_all);
        fs::write(&path, expansion).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == expansion,
        "{} differs; `SPANWRIGHT_BLESS=1 cargo test -p spanwright-macros` accepts this:\n{expansion}",
        path.display()
    );
}

/// The errors in an expansion, as `culprit: message`, where the culprit is the source text from the first to the last
/// token that is blamed.
pub(crate) fn errors(args: &str, item: &str, expansion: TokenStream) -> Vec<String> {
    let mut errors = Vec::new();
    let tokens: Vec<TokenTree> = expansion.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        let TokenTree::Ident(ident) = token else { continue };
        if ident != "compile_error" {
            continue;
        }
        let Some(TokenTree::Group(group)) = tokens.get(index + 2) else { continue };
        let message: syn::LitStr = match syn::parse2(group.stream()) {
            Ok(message) => message,
            Err(error) => panic!("{error}"),
        };
        let span = ident.span().join(message.span()).unwrap_or_else(|| ident.span());
        let culprit = span.source_text().unwrap_or_else(|| panic!("no place in {args} or {item}"));
        errors.push(format!("{culprit}: {}", message.value()));
    }
    errors
}

/// Asserts the errors for an attribute and an item, and that each is told in our voice.
#[track_caller]
pub(crate) fn assert_errors(the_macro: Macro, args: &str, item: &str, expected: &[&str]) {
    let found = errors(args, item, the_macro(tokens(args), tokens(item)));
    assert_eq!(found, expected, "for #[…({args})] {item}");
    for message in &found {
        assert!(!message.ends_with('.'), "{message}");
    }
}

/// Calls a macro with all truncations of its arguments and of the item, at any depth, and with single tokens left out:
/// it must answer each with tokens, never with a panic.
pub(crate) fn survives_damage(the_macro: Macro, args: &str, item: &str) {
    for args in damaged(&tokens(args)) {
        the_macro(args, tokens(item));
    }
    for item in damaged(&tokens(item)) {
        the_macro(tokens(args), item);
    }
}

fn damaged(stream: &TokenStream) -> Vec<TokenStream> {
    let tokens: Vec<TokenTree> = stream.clone().into_iter().collect();
    let mut all = Vec::new();
    for index in 0..tokens.len() {
        all.push(tokens[..index].iter().cloned().collect());
        let (before, after) = (&tokens[..index], &tokens[index + 1..]);
        all.push(before.iter().chain(after).cloned().collect());
        let TokenTree::Group(group) = &tokens[index] else { continue };
        for inner in damaged(&group.stream()) {
            let inner = TokenTree::Group(Group::new(group.delimiter(), inner));
            all.push(before.iter().cloned().chain([inner]).chain(after.iter().cloned()).collect());
        }
        for delimiter in [Delimiter::Brace, Delimiter::None] {
            let other = TokenTree::Group(Group::new(delimiter, group.stream()));
            all.push(before.iter().cloned().chain([other]).chain(after.iter().cloned()).collect());
        }
    }
    all
}

/// Asserts that a macro's documentation has a row for every argument.
#[track_caller]
pub(crate) fn assert_documented(folder: &str, arguments: &[&str]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/{folder}/documentation.md"));
    let documentation =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    for argument in arguments {
        let row = format!("\n| `{argument}");
        assert!(documentation.contains(&row), "{} has no row for `{argument}`", path.display());
    }
}
