//! Whether an expression reads a secret as it is.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{BinOp, Block, Expr, ExprCall, ExprMethodCall, ExprPath, LitStr, Macro, Member, Stmt, Token, UnOp};

use crate::naming;

/// The name of what an expression hands on as it is, where that says a secret: `password`, `&self.token`,
/// `format!("{password}")`, `Some(request.password())`. What is only known about a secret is none: `password.len()`,
/// `hash(password)`.
///
/// `renamed` has the name of the field that a local was bound from, where a pattern gives it another.
pub(crate) fn secret_read(value: &Expr, renamed: &dyn Fn(&Ident) -> Option<Ident>) -> Option<Ident> {
    let read = |inner: &Expr| secret_read(inner, renamed);
    match value {
        Expr::Path(path) => of_path(path, renamed),
        Expr::Field(field) => match &field.member {
            Member::Named(name) => said(name),
            Member::Unnamed(_) => read(&field.base),
        },
        Expr::Reference(inner) => read(&inner.expr),
        Expr::Paren(inner) => read(&inner.expr),
        Expr::Group(inner) => read(&inner.expr),
        Expr::Unary(inner) if !matches!(inner.op, UnOp::Not(_)) => read(&inner.expr),
        Expr::Try(inner) => read(&inner.expr),
        Expr::Await(inner) => read(&inner.base),
        Expr::Cast(inner) => read(&inner.expr),
        Expr::Index(inner) => read(&inner.expr),
        Expr::Repeat(inner) => read(&inner.expr),
        Expr::Tuple(all) => all.elems.iter().find_map(read),
        Expr::Array(all) => all.elems.iter().find_map(read),
        Expr::Struct(all) => all.fields.iter().find_map(|field| read(&field.expr)),
        Expr::Binary(both) if matches!(both.op, BinOp::Add(_)) => {
            read(&both.left).or_else(|| read(&both.right))
        }
        Expr::Block(inner) => of_block(&inner.block, renamed),
        Expr::Unsafe(inner) => of_block(&inner.block, renamed),
        Expr::If(either) => {
            let otherwise = either.else_branch.as_ref().map(|(_, otherwise)| otherwise);
            of_block(&either.then_branch, renamed).or_else(|| read(otherwise?))
        }
        Expr::Match(any) => any.arms.iter().find_map(|arm| read(&arm.body)),
        Expr::Call(call) => of_call(call, renamed),
        Expr::MethodCall(call) => of_method(call, renamed),
        Expr::Macro(call) => of_macro(&call.mac, renamed),
        _ => None,
    }
}

/// The name, if it says a secret.
fn said(name: &Ident) -> Option<Ident> {
    let text = name.unraw().to_string();
    // `Login::Password` is a variant, or a type: what a secret is called, and no secret.
    let is_type = text.starts_with(char::is_uppercase) && text.contains(char::is_lowercase);
    (naming::is_secret(&text) && !is_type).then(|| name.clone())
}

fn of_path(path: &ExprPath, renamed: &dyn Fn(&Ident) -> Option<Ident>) -> Option<Ident> {
    let from_field = || {
        let ident = path.path.get_ident()?;
        let mut field = said(&renamed(ident)?)?;
        field.set_span(ident.span());
        Some(field)
    };
    said(&path.path.segments.last()?.ident).or_else(from_field)
}

fn of_block(block: &Block, renamed: &dyn Fn(&Ident) -> Option<Ident>) -> Option<Ident> {
    match block.stmts.last()? {
        Stmt::Expr(value, None) => secret_read(value, renamed),
        Stmt::Macro(last) if last.semi_token.is_none() => of_macro(&last.mac, renamed),
        _ => None,
    }
}

/// A call hands on what it is given if it only wraps it. What all other functions return is not known.
fn of_call(call: &ExprCall, renamed: &dyn Fn(&Ident) -> Option<Ident>) -> Option<Ident> {
    let Expr::Path(function) = &*call.func else { return None };
    let segments = &function.path.segments;
    let name = &segments.last()?.ident;
    let owner = segments.len().checked_sub(2).map(|at| segments[at].ident.to_string());
    let is_wrapper = owner.as_ref().is_some_and(|owner| {
        WRAPPERS.contains(&owner.as_str()) && CONSTRUCTORS.iter().any(|constructor| name == constructor)
    });
    let hands_on = is_wrapper
        || ["Some", "Ok", "Err"].iter().any(|variant| name == variant)
        || (owner.is_some() && is_same(name));
    match hands_on {
        true => call.args.iter().find_map(|given| secret_read(given, renamed)),
        // `read_password()`
        false if call.args.is_empty() => said(name),
        false => None,
    }
}

/// A method that gives what it is called on, or, without arguments, one whose name says what it gives.
fn of_method(call: &ExprMethodCall, renamed: &dyn Fn(&Ident) -> Option<Ident>) -> Option<Ident> {
    let read = |inner| secret_read(inner, renamed);
    match is_same(&call.method) {
        true => read(&call.receiver).or_else(|| call.args.iter().find_map(read)),
        false if call.args.is_empty() => said(&call.method),
        false => None,
    }
}

fn is_same(method: &Ident) -> bool {
    SAME.iter().any(|same| method == same)
}

/// What a macro is given, it may show: its arguments, and what its text has in braces.
fn of_macro(call: &Macro, renamed: &dyn Fn(&Ident) -> Option<Ident>) -> Option<Ident> {
    let name = &call.path.segments.last()?.ident;
    if FACTS.iter().any(|fact| name == fact) {
        return None;
    }
    let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
    let Ok(arguments) = parser.parse2(call.tokens.clone()) else {
        return of_tokens(call.tokens.clone(), renamed);
    };
    arguments.iter().find_map(|argument| match argument {
        Expr::Assign(named) => secret_read(&named.right, renamed),
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => in_braces(text, renamed),
        argument => secret_read(argument, renamed),
    })
}

/// What can't be read as expressions: any name in it.
fn of_tokens(tokens: TokenStream, renamed: &dyn Fn(&Ident) -> Option<Ident>) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Group(group) => of_tokens(group.stream(), renamed),
        TokenTree::Ident(ident) => said(&ident).or_else(|| said(&renamed(&ident)?)),
        TokenTree::Literal(literal) => syn::parse2(TokenTree::from(literal).into())
            .ok()
            .and_then(|text: LitStr| in_braces(&text, renamed)),
        TokenTree::Punct(_) => None,
    })
}

/// The first secret that a format string names: `{password}`, `{token:?}`.
fn in_braces(text: &LitStr, renamed: &dyn Fn(&Ident) -> Option<Ident>) -> Option<Ident> {
    let plain = text.value().replace("{{", "");
    plain.split('{').skip(1).find_map(|after| {
        let name = after.split(['}', ':']).next()?.trim();
        let ident: Ident = syn::parse_str(name).ok()?;
        let mut found = said(&ident).or_else(|| said(&renamed(&ident)?))?;
        found.set_span(text.span());
        Some(found)
    })
}

/// Methods that give what they are called on, in another type or in another shape.
const SAME: [&str; 49] = [
    "as_bytes",
    "as_deref",
    "as_mut",
    "as_ref",
    "as_slice",
    "as_str",
    "borrow",
    "bytes",
    "chars",
    "clone",
    "cloned",
    "collect",
    "concat",
    "copied",
    "deref",
    "escape_debug",
    "expect",
    "expose_secret",
    "flatten",
    "from_utf8",
    "from_utf8_lossy",
    "into",
    "into_boxed_str",
    "into_bytes",
    "into_inner",
    "into_iter",
    "into_owned",
    "into_string",
    "iter",
    "join",
    "ok",
    "or",
    "repeat",
    "replace",
    "rev",
    "take",
    "to_ascii_lowercase",
    "to_ascii_uppercase",
    "to_lowercase",
    "to_owned",
    "to_string",
    "to_uppercase",
    "to_vec",
    "trim",
    "trim_end",
    "trim_start",
    "unwrap",
    "unwrap_or",
    "unwrap_or_default",
];

/// Types around a value, or copies of it.
const WRAPPERS: [&str; 11] =
    ["Arc", "Box", "Bytes", "Cow", "Option", "OsString", "PathBuf", "Rc", "Result", "String", "Vec"];

const CONSTRUCTORS: [&str; 6] = ["Borrowed", "Owned", "from", "from_str", "from_utf8", "new"];

/// Macros that show nothing of what they are given.
const FACTS: [&str; 7] = ["cfg", "env", "file", "include_str", "matches", "option_env", "stringify"];

#[cfg(test)]
mod tests {
    use quote::format_ident;

    use super::*;

    /// What is found where `p` was bound from a field called `password`.
    fn found(value: &str) -> Option<String> {
        let value = syn::parse_str(value).unwrap_or_else(|error| panic!("{value}: {error}"));
        let renamed = |ident: &Ident| (ident == "p").then(|| format_ident!("password"));
        secret_read(&value, &renamed).map(|ident| ident.to_string())
    }

    #[test]
    fn whatever_hands_a_secret_on_reads_it() {
        for value in [
            "password",
            "&password",
            "*password",
            "(password)",
            "self.password",
            "self.password.0",
            "&password[..]",
            "password as &str",
            "(user, password)",
            "[password]",
            "[password; 2]",
            "{ password }",
            "unsafe { password }",
            "{ audit(); format!(\"{password}\") }",
            "if known { password } else { \"\" }",
            "if known { \"\" } else { password }",
            "match user { Some(_) => password, None => \"\" }",
            "Wrapper { inner: password }",
            "password?",
            "password.await",
            "prefix + password",
            "password.to_lowercase()",
            "password.clone().trim().to_owned()",
            "password.chars().rev().collect::<String>()",
            "user.unwrap_or(password)",
            "[user, password].concat()",
            "request.password()",
            "request.password().await?.as_str()",
            "password()",
            "Some(password)",
            "Ok::<_, ()>(password)",
            "String::from(password)",
            "std::sync::Arc::new(password)",
            "Cow::Borrowed(password)",
            "str::to_owned(password)",
            "format!(\"{password}\")",
            "format!(\"{password:?}\")",
            "format!(\"{{{password}}}\")",
            "format!(\"{}\", password)",
            "format!(\"{a}\", a = &password)",
            "json!({ \"user\": password })",
            "json!({ \"user\" => password })",
            "vec![password]",
            "p",
            "p.clone()",
            "format!(\"{p}\")",
        ] {
            assert_eq!(found(value).as_deref(), Some("password"), "{value}");
        }
    }

    #[test]
    fn what_is_known_about_a_secret_is_none() {
        for value in [
            "password.len()",
            "password.is_empty()",
            "password.chars().count()",
            "password == other",
            "!password",
            "hash(password)",
            "strength(&password)",
            "Strength::from(password)",
            "user.check_password(given)",
            "user.has_password()",
            "format!(\"{}\", password.len())",
            "format!(\"{{password}}\")",
            "format!(\"password\")",
            "format!(\"password: {}\", user)",
            "matches!(password, Some(_))",
            "stringify!(password)",
            "Login::Password",
            "login.user",
            "password.map(hash)",
            "{ password; }",
            "{ let _ = password; user }",
            "if password.is_empty() { 1 } else { 2 }",
            "\"password\"",
            "user",
        ] {
            assert_eq!(found(value), None, "{value}");
        }
    }
}
