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
fn mistakes() {
    let refused =
        |args: &str, item: &str, expected: &[&str]| assert_errors(instrument_all, args, item, expected);
    let item = "impl S { fn f(&self) {} }";
    refused("levl = \"info\"", item, &["levl: unknown argument `levl`; did you mean `level`?"]);
    refused("err, pub, err", item, &["err, pub, err: duplicate argument `err`; write it once"]);
    refused("pub = 3", item, &["pub = 3: `pub` takes no value: write `pub`"]);
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
            "fn: `#[instrument_all]` goes on an `impl` or an inline module; on a function, write `#[instrument]`",
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
