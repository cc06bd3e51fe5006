use super::{CHARGE, refused};
use crate::instrument::instrument;
use crate::testing::{errors, survives_damage, tokens};

#[test]
fn unknown_and_duplicate_arguments() {
    refused(r#"nam = "x""#, CHARGE, &["nam: unknown argument `nam`; did you mean `name`?"]);
    refused("skip_al", CHARGE, &["skip_al: unknown argument `skip_al`; did you mean `skip_all`?"]);
    refused(
        "err(verbose)",
        CHARGE,
        &["verbose: unknown argument `verbose`; the arguments are `Display`, `Debug`, `chain` and `level`"],
    );
    refused(
        r#"name = "a", err, name = "b""#,
        CHARGE,
        &[r#"name = "a", err, name: duplicate argument `name`; write it once"#],
    );
}

#[test]
fn arguments_in_the_wrong_form() {
    refused("name", CHARGE, &["name: `name` needs a value: write `name = \"…\"`"]);
    refused("name =, err", CHARGE, &["name: `name` needs a value: write `name = \"…\"`"]);
    refused("name = 3", CHARGE, &["3: `name` takes a string or a constant's path: write `name = \"…\"`"]);
    refused(r#"name = """#, CHARGE, &[r#""": `name` is empty; write a text, or leave it out"#]);
    refused(r#"name("x")"#, CHARGE, &["name: `name` needs a value: write `name = \"…\"`"]);
    refused("record = order", CHARGE, &["record: `record` takes a list: write `record(…)`"]);
    refused("skip_all = true", CHARGE, &["=: `skip_all` takes no value: write `skip_all`"]);
    refused("err = Debug", CHARGE, &["err: `err` takes no value, or a list: write `err(…)`"]);
    refused("err, \"charge\"", CHARGE, &["\"charge\": expected the name of an argument"]);
    refused("\"\", err", CHARGE, &["\"\": `name` is empty; write a text, or leave it out"]);
    refused("err metrics", CHARGE, &["err: `err` takes no value, or a list: write `err(…)`"]);
    refused(r#"name = "a" level = "info""#, CHARGE, &["level: expected `,`"]);
    refused("crate = 3", CHARGE, &["3: `crate` takes a path: write `crate = path`"]);
}

#[test]
fn arguments_that_exclude_each_other() {
    refused(
        "skip(user), skip_all",
        CHARGE,
        &["skip(user), skip_all: `skip` and `skip_all` exclude each other; keep one"],
    );
    refused(
        "skip_all, record_all",
        CHARGE,
        &["skip_all, record_all: `record_all` and `skip_all` exclude each other; keep one"],
    );
    refused(
        "record(order), skip(order)",
        CHARGE,
        &["order), skip(order: `order` is both skipped and recorded; keep one"],
    );
    refused("err(Debug, chain)", CHARGE, &["Debug, chain: `Debug` and `chain` exclude each other; keep one"]);
}

#[test]
fn items_that_can_not_be_observed() {
    refused("", "struct S;", &["struct: `#[instrument]` goes on a function, and this is a `struct`"]);
    refused(
        "",
        "pub unsafe impl T for S {}",
        &["impl: `#[instrument]` goes on a function, and this is an `impl`"],
    );
    refused("", "const X: u8 = 1;", &["const: `#[instrument]` goes on a function, and this is a `const`"]);
    refused(
        "",
        "fn f(&self);",
        &[";: `#[instrument]` needs a body, and `f` has none; put it on the function that has one"],
    );
    refused(
        "",
        "const fn f() {}",
        &["const: `#[instrument]` can't observe a `const fn`: remove `const`, or the attribute"],
    );
    refused(
        "",
        "#[unsafe(naked)] extern \"C\" fn f() { asm() }",
        &["#[unsafe(naked)]: `#[instrument]` can't observe a naked function: remove one of the attributes"],
    );
}

#[test]
fn every_mistake_is_an_error_of_its_own() {
    refused(
        r#"nam = "x", level = "inf", record(usr, order), metrics(prefix = 3, labels(tier)), err"#,
        "const fn charge(order: u64, tier: Tier, user: &User) {}",
        &[
            "nam: unknown argument `nam`; did you mean `name`?",
            "\"inf\": unknown level `inf`; did you mean `info`?",
            "3: `prefix` takes a string: write `prefix = \"…\"`",
            "const: `#[instrument]` can't observe a `const fn`: remove `const`, or the attribute",
            "usr: `usr` is no parameter; did you mean `user`?",
            "err: `err` needs a `Result`, and this function returns nothing",
        ],
    );
}

#[test]
fn the_item_survives_a_mistake() {
    let item = "#[inline] pub fn f(a: u8) -> u8 { let broken = ; a }";
    let expansion = instrument(tokens("nam = 3"), tokens(item)).to_string();
    assert!(expansion.contains(&tokens(item).to_string()), "{expansion}");
    assert_eq!(errors("nam = 3", item, instrument(tokens("nam = 3"), tokens(item))).len(), 1);
}

#[test]
fn nothing_panics() {
    let args = r#"name = "a", level = Level::INFO, target = "t", kind = server, component = "c", record(a, ?b.c.0, %self.x), record_all, skip(b), fields(x.y
        = ?1, "z" = Empty), err(Debug, level = "warn"), metrics(prefix = "p", labels(a, b = "x", c: T = 1), buckets
        = [-1, 0.5]), parent = &a.b, follows_from = [a], enabled = self.on, allow_secret(a), crate = ::a::b"#;
    let item = "#[doc = \"x\"] pub(crate) unsafe extern \"C\" fn f<'a, T: X<Y>, const N: usize>(&self, mut a: A, (b, [c, ..]): (B, [C; 3]),
        S { d, e: f @ Some(_) }: &'a mut S, ...) -> Result<impl Fn() -> A, Pin<Box<dyn Future>>> where T: Z { x::record!(b = a) }";
    survives_damage(instrument, args, item);
    let item = "fn f(&self, a: A) -> Pin<Box<dyn Future<Output = A> + 'a>> { g(); #[x] ::a::Box::pin(async move { a },) }";
    survives_damage(instrument, args, item);
}

#[test]
fn a_body_that_is_half_written_is_handed_on_for_editors() {
    for body in ["shop .", "let order = shop . orders ()", "if shop"] {
        for args in ["record(shop.id)", "nam = 3"] {
            let item = tokens(&format!("fn charge(shop: &Shop) {{ {body} }}"));
            let expansion = instrument(tokens(args), item).to_string();
            assert!(expansion.contains(&format!("{{ {body} }}")), "{expansion}");
        }
    }
}
