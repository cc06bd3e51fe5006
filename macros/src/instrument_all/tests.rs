use super::instrument_all;
use super::model::{DEFAULTS, OWN};
use crate::testing::{assert_documented, assert_errors, pretty, snapshot, survives_damage, tokens};

fn expansion(name: &str, args: &str, item: &str) {
    snapshot("instrument_all", name, instrument_all(tokens(args), tokens(item)));
}

#[test]
fn the_functions_of_an_impl() {
    expansion(
        "impl",
        "level = \"debug\", err, name_prefix = \"shop.cart\"",
        "impl<'a, T: for<'b> Fn(&'b str)> Cart<'a, T> where [(); { 3 }]: Sized {
            #![allow(dead_code)]
            /// Adds.
            pub fn add(&mut self, item: Item<{ 3 }>) -> Result<(), Error> { self.items.push(item) }
            pub(crate) async fn total(&self) -> u64 { 0 }
            #[instrument(skip)] fn len(&self) -> usize { 0 }
            #[spanwright::instrument(level = \"info\", name = \"clear\", record(reason, ?why))]
            fn clear(&mut self, reason: &str, why: Why) {}
            const fn limit() -> usize { 3 }
            const LIMIT: usize = { 3 };
            type Item = u8;
            #[tracing::instrument] fn theirs(&self) {}
            made! { fn by_a_macro() {} }
        }",
    );
}

#[test]
fn the_functions_of_a_trait() {
    expansion(
        "trait_impl",
        "metrics, crate = telemetry",
        "#[async_trait] impl<T> Shop for Corner<T> { async fn charge(&self) -> Result<u8, Error> { Ok(1) } }",
    );
}

#[test]
fn what_is_pub_in_a_module() {
    expansion(
        "module",
        "pub, component = \"store\"",
        "pub mod store {
            use super::*;
            pub struct Store { a: u8 }
            pub fn open() {}
            fn hidden() {}
            #[instrument(err)] fn asked_for() -> io::Result<()> { Ok(()) }
            impl Store { pub fn get(&self) {} fn own(&self) {} }
            impl Clone for Store { fn clone(&self) -> Self { Self } }
            mod inner { pub unsafe extern \"C\" fn raw() {} }
            mod elsewhere;
            #[instrument_all] impl Store { fn by_itself(&self) {} }
            #[cfg(test)] mod tests { pub fn not_this() {} }
            extern \"C\" { fn foreign(); }
            macro_rules! m { () => {}; }
        }",
    );
}

#[test]
fn the_default_methods_of_a_trait() {
    let item = "pub unsafe trait Shop<T>: Sized where T: for<'a> Fn(&'a u8) {
        type Item; const LIMIT: usize = { 3 };
        fn charge(&self) -> u8;
        fn refund(&self) -> u8 { self.charge() }
        #[instrument(skip)] fn limit() -> usize { 3 }
    }";
    expansion("trait", "level = \"debug\"", item);
    expansion("trait_in_a_module", "pub", &format!("mod m {{ {item} trait Alias = Shop; }}"));
}

#[test]
fn what_a_function_can_not_take_over_is_not_for_it() {
    expansion(
        "without_self",
        "enabled = self, fields(app = \"shop\", self.x = 1, who = self.v, text = format!(\"{self:?}\"), at = self::PLACE, ..Set = make::<u8, u8>(1)), metrics(into = &self.m)",
        "impl S { fn new() -> Self { Self } fn get(&self) {} }",
    );
    expansion("only_of_self", "fields(who = { self.v })", "impl S { fn new() -> Self { Self } }");
}

#[test]
fn what_a_function_says_itself_wins() {
    expansion(
        "own_fields",
        "record_all, fields(x = 1, user.type = 2, \"pair.0\" = 3, {NAME} = 4, y = Empty)",
        "impl S {
            #[instrument(skip_all)] fn nothing(&self) {}
            #[instrument(record(?x, %user.r#type, pair.0))] fn some(x: X, user: User, pair: Pair) {}
            #[instrument(record(y), record_all)] fn all(y: Y) {}
            #[instrument(record(x + ))] fn mistaken(x: X) {}
        }",
    );
    // A mistake among them is told by `#[instrument]`.
    expansion("mistaken_fields", "fields(x = 1 y)", "impl S { #[instrument(record(x))] fn f(x: X) {} }");
}

#[test]
fn errors_are_reported_of_what_is_a_result() {
    let item = |output: &str| format!("impl S {{ fn f(&self) -> {output} {{ f() }} }}");
    let takes = |item: &str| {
        let expansion = pretty(instrument_all(tokens("err"), tokens(item)));
        expansion.contains("#[::spanwright::instrument(err)]")
    };
    for output in [
        "Result<u8, E>",
        "io::Result<()>",
        "(::core::result::Result<impl Fn(), E>)",
        "QueryResult",
        "Option<Result<u8, E>>",
        "Poll<Option<io::Result<u8>>>",
        "impl Future<Output = Option<Result<u8, E>>>",
        "impl Future<Output = Result<u8, E>> + Send",
        "Pin<Box<dyn ::core::future::Future<Output = io::Result<()>> + Send + '_>>",
        "BoxFuture<'_, Result<u8, E>>",
        "impl Stream<Item = Result<u8, E>> + Send",
        "BoxStream<'static, io::Result<u8>>",
    ] {
        assert!(takes(&item(output)), "{output}");
    }
    for output in [
        "u8",
        "Option<u8>",
        "Vec<io::Result<u8>>",
        "Option<Vec<Result<u8, E>>>",
        "&Result<u8, E>",
        "(Result<u8, E>, u8)",
        "Box<dyn Fn() -> Result<u8, E>>",
        "Box<Result<u8, E>>",
        "impl Iterator<Item = Result<u8, E>>",
        "impl Stream<Item = Result<u8, E>> + Clone",
        "BoxFuture<'_, Vec<Result<u8, E>>>",
    ] {
        assert!(!takes(&item(output)), "{output}");
    }
    assert!(takes("impl S { #[track_caller] async fn f() -> Result<u8, E> { g() } }"));
    for item in [
        "#[track_caller] fn f() -> Result<u8, E> { g() }",
        "#[cfg_attr(unix, allow(x), track_caller)] fn f() -> Result<u8, E> { g() }",
        "unsafe extern \"C\" fn f(n: u8, ...) -> Result<u8, E> { g() }",
    ] {
        assert!(!takes(&format!("impl S {{ {item} }}")), "{item}");
    }
}

#[test]
fn what_speaks_for_itself_is_left_as_it_is() {
    let is_left = |attr: &str, item: &str| {
        let module = format!("mod m {{ {attr} {item} }}");
        let expansion = pretty(instrument_all(tokens(""), tokens(&module)));
        expansion == pretty(tokens(&module))
    };
    for attr in [
        "#[cfg_attr(all(), instrument(name = \"x\"))]",
        "#[cfg_attr(true, inline, cfg_attr(unix, tracing::instrument))]",
        "#[cfg_attr(unix, test)]",
        "#[unsafe(naked)]",
        "#[cfg(test)]",
        "#[cfg(all(unix, all(true, test)))]",
    ] {
        assert!(is_left(attr, "fn f() {}"), "{attr}");
    }
    assert!(is_left("#[cfg_attr(unix, spanwright::instrument_all)]", "impl S { fn f() {} }"));
    assert!(is_left("#[cfg(all(test, feature = \"a\"))]", "mod tests { fn f() {} }"));
    for attr in ["#[cfg(not(test))]", "#[cfg(any(test, unix))]", "#[cfg_attr(test, inline)]", "#[cfg(unix)]"]
    {
        assert!(!is_left(attr, "fn f() {}"), "{attr}");
    }
}

#[test]
fn mistakes() {
    let refused =
        |args: &str, item: &str, expected: &[&str]| assert_errors(instrument_all, args, item, expected);
    let item = "impl S { fn f(&self) {} }";
    refused("levl = \"info\"", item, &["levl: unknown argument `levl`; did you mean `level`?"]);
    refused("err, pub, err", item, &["err, pub, err: duplicate argument `err`; write it once"]);
    refused("pub = 3", item, &["pub = 3: `pub` takes no value: write `pub`"]);
    refused(
        "pub",
        "trait T { fn f(&self) {} }",
        &["pub: the functions of a trait are as public as the trait: remove `pub`"],
    );
    refused(
        "pub",
        "impl T for S { fn f(&self) {} }",
        &["pub: the functions of a trait are as public as the trait: remove `pub`"],
    );
    refused(
        "name = \"x\"",
        item,
        &[
            "name: one name can't be that of all functions: write `name_prefix = \"…\"`, or `#[instrument(name = \"…\")]` on one",
        ],
    );
    refused(
        "record(id)",
        item,
        &["record: `record` is about one function: write `#[instrument(record(…))]` on it"],
    );
    refused(
        "name_prefix = 3",
        item,
        &["name_prefix = 3: `name_prefix` takes a string that is not empty: write `name_prefix = \"…\"`"],
    );
    refused("= 3", item, &["=: expected the name of an argument"]);
    refused(
        "",
        "impl S { #[instrument(skip, err)] fn f(&self) {} }",
        &[
            "skip: `#[instrument(skip)]` leaves the function out: remove the other arguments, or write `skip(…)`",
        ],
    );
    refused(
        "",
        "fn f() {}",
        &[
            "fn: `#[instrument_all]` goes on an `impl`, a trait or an inline module; on a function, write `#[instrument]`",
        ],
    );
    refused(
        "",
        "mod m;",
        &[
            "mod: `#[instrument_all]` sees what is between the braces of an inline module only: put it into the module's file, on each `impl`",
        ],
    );
}

#[test]
fn after_a_mistake_the_item_is_there_without_what_only_this_macro_knows() {
    let left = pretty(instrument_all(
        tokens("nonsense"),
        tokens("impl S { #[instrument(skip)] fn f() {} #[instrument(err)] fn g() {} }"),
    ));
    assert!(!left.contains("skip"), "{left}");
    assert!(left.contains("#[instrument(err)]"), "{left}");
}

#[test]
fn nothing_panics() {
    survives_damage(
        instrument_all,
        "level = \"info\", pub, name_prefix = \"a\", crate = b",
        "#[x] pub mod m { #[instrument(skip)] pub fn f<T>(a: T) -> X<{ 1 }> { a } impl A for B { type C = D; } }",
    );
}

#[test]
fn every_argument_is_documented() {
    assert_documented("instrument_all", &DEFAULTS);
    assert_documented("instrument_all", &OWN);
}
