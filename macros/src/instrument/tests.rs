use proc_macro2::{Group, TokenStream, TokenTree};
use quote::quote;

use super::instrument;
use super::parse::{Args, ErrArgs, MetricsArgs, RetArgs};
use crate::args::Arguments;
use crate::testing::{assert_documented, assert_errors, errors, snapshot, survives_damage, tokens};

fn expansion(name: &str, args: &str, item: &str) {
    snapshot("instrument", name, spread(instrument(tokens(args), tokens(item))));
}

/// The formatter leaves a macro call's tokens alone, so the groups of `body!` are shown as statements.
///
/// Input: `body! { sync { name: "f" } … }`; output: `body! { "sync" }; let site = Spec { name: "f" }; …`.
fn spread(expansion: TokenStream) -> TokenStream {
    let mut output: Vec<TokenTree> = Vec::new();
    for token in expansion {
        let TokenTree::Group(group) = token else {
            output.push(token);
            continue;
        };
        let is_call = match output.as_slice() {
            [.., TokenTree::Ident(name), TokenTree::Punct(bang)] => name == "body" && bang.as_char() == '!',
            _ => false,
        };
        let content = if is_call { statements(group.stream()) } else { spread(group.stream()) };
        match is_call {
            true => output.extend(content),
            false => output.push(Group::new(group.delimiter(), content).into()),
        }
    }
    output.into_iter().collect()
}

fn statements(call: TokenStream) -> TokenStream {
    let content: Vec<TokenTree> = call.into_iter().collect();
    let [mode, groups @ ..] = content.as_slice() else { panic!("no mode") };
    let groups: Vec<TokenStream> = groups
        .iter()
        .map(|group| match group {
            TokenTree::Group(group) => group.stream(),
            other => panic!("a token between the groups: {other}"),
        })
        .collect();
    let [site, labels, record, outcome, ret, body] = groups.as_slice() else {
        panic!("{} groups", groups.len())
    };
    let mode = mode.to_string();
    quote! {
        { #mode };
        let site = Spec { #site };
        let labels = { #labels };
        let record = { #record };
        let outcome = { #outcome };
        let body = || -> #ret { #body };
    }
}

#[track_caller]
fn refused(args: &str, item: &str, expected: &[&str]) {
    assert_errors(instrument, args, item, expected);
}

const CHARGE: &str = "fn charge(order: u64, tier: Tier, user: &User) -> Result<(), Error> { Ok(()) }";

#[test]
fn a_plain_function() {
    expansion(
        "plain",
        "",
        "/// Adds\n/// up.\n///\n/// More.\n#[inline] pub fn add(a: u8, b: u8) -> u8 { a + b }",
    );
}

#[test]
fn an_async_method_with_everything() {
    let args = r#"name = "shop.charge", level = "debug", target = "shop", kind = client, component = "billing", record(order, ?tier, %user.name),
        fields(http.route = "/charge", "odd-name" = ?order + 1, result = Empty), err(Debug, level = WARN),
        metrics(prefix = "shop", labels(operation = "charge", tier, big: bool = order > 9), buckets = [0.1, 2], in_flight)"#;
    let item = "async fn charge(&mut self, order: u64, tier: &Tier, user: User) -> Result<&mut Self, Error> { body(self) }";
    expansion("everything", args, item);
}

#[test]
fn fields_and_labels_by_constants_and_sets() {
    let args = "fields(a = 1, {ATTR_NAME} = ?name, ..order, {attributes::ATTR_LATE} = Empty, ..Event<'_> = make(order)),
        metrics(prefix = \"shop\", labels({ATTR_TIER}: Tier = tier, {ATTR_KIND} = \"put\"))";
    let item = "fn charge<'a>(order: &'a Order<'a>, name: &str) { record!({ATTR_LATE} = 1) }";
    expansion("constants", args, item);
}

#[test]
fn bodies_that_stay_in_place() {
    expansion("track_caller", "metrics", "#[track_caller] fn at(place: u8) -> u8 { place }");
    expansion("never", "", "fn exit() -> ! { loop {} }");
    expansion("async_never", "", "async fn serve() -> ! { loop {} }");
}

#[test]
fn calls_are_reported_into_metrics_of_ones_own() {
    let put = "async fn put(&self, key: &str) -> Result<(), Error> { self.client.put(key).await }";
    expansion("reported_global", "metrics = crate::S3Metrics", put);
    let into = "metrics(into = self.metrics, labels = Labels { operation: Put, key })";
    expansion("reported_into", into, put);
    let recorded = "fn put(&mut self) { record!(size = 3); }";
    expansion(
        "reported_recorded",
        "fields(size = Empty), metrics(into = Arc::clone(&self.metrics), labels = Put)",
        recorded,
    );
}

#[test]
fn a_place_is_borrowed_and_a_value_is_kept() {
    for (into, target) in [
        ("METRICS", "report_at (& (METRICS) ,"),
        ("(self.metrics)", "report_at (& ((self . metrics)) ,"),
        ("all[0]", "report_at (& (all [0]) ,"),
        ("*metrics", "report_at (& (* metrics) ,"),
        ("&self.metrics", "report_at (& self . metrics ,"),
        ("S3::global()", "report_to (S3 :: global () ,"),
        ("Arc::clone(&self.metrics)", "report_to (Arc :: clone (& self . metrics) ,"),
    ] {
        let expansion =
            instrument(tokens(&format!("metrics(into = {into})")), tokens("fn f() {}")).to_string();
        assert!(expansion.contains(target), "{into}: {expansion}");
    }
}

#[test]
fn the_metrics_that_are_reported_into_have_their_own_names() {
    for (args, expected) in [
        (
            "metrics(into = m(), prefix = \"a\")",
            "prefix: `prefix` does not go with `into`; the struct has the names: write `#[metrics(prefix = …)]` there",
        ),
        (
            "metrics(into = m(), buckets = [1])",
            "buckets: `buckets` does not go with `into`; the struct has the buckets: write `#[metric(buckets = …)]` there",
        ),
        (
            "metrics(into = m(), in_flight)",
            "in_flight: `in_flight` does not go with `into`; the struct has the metrics: write `#[metric(role = in_flight)]` there",
        ),
        (
            "metrics(into = m(), labels(tier))",
            "labels: beside `into` the labels are a value of the struct's labels: write `labels = …`",
        ),
        (
            "metrics(labels = tier)",
            "labels: `labels = …` needs an `into`: write `metrics(into = …, labels = …)`, or `metrics(prefix = \"…\", labels(…))` for labels of the function's own metrics",
        ),
        ("metrics = m()", "m: this is no type: write `metrics = Type`, or `metrics(into = …)`"),
        ("metrics = 3", "3: this is no type: write `metrics = Type`, or `metrics(into = …)`"),
        ("metrics =", "metrics: `metrics` takes a list or a type: write `metrics(…)` or `metrics = Type`"),
    ] {
        refused(args, CHARGE, &[expected]);
    }
}

#[test]
fn impl_trait_is_inferred() {
    let item = "fn f<'a>(&'a self) -> Result<(impl Fn(u8) -> Vec<u8> + 'a, u8), Box<dyn Error>> { g() }";
    expansion("impl_trait", "", item);
}

#[test]
fn an_impl_trait_stays_in_place() {
    let expansion =
        instrument(tokens(""), tokens("fn f() -> impl Fn(&str) -> &str { |text| text }")).to_string();
    assert!(expansion.contains("body ! { guard "), "{expansion}");
}

#[test]
fn an_impl_trait_in_a_tuple_stays_in_place_too() {
    for (ty, mode) in [
        ("(u8, (impl FnMut(u8), u8))", "guard"),
        ("[impl FnOnce(); 2]", "guard"),
        // The bounds give a closure no signature there, and of a `Result` the outcome would not be seen.
        ("Option<impl Fn(u8) -> u8>", "sync"),
        ("Result<impl Fn(u8) -> u8, E>", "sync"),
    ] {
        let expansion = instrument(tokens(""), tokens(&format!("fn f() -> {ty} {{ g() }}"))).to_string();
        assert!(expansion.contains(&format!("body ! {{ {mode} ")), "{ty}: {expansion}");
    }
}

#[test]
fn only_the_block_of_a_returned_future_is_rewritten() {
    expansion(
        "boxed_future",
        "record(id)",
        "fn f<'a>(&'a self, id: u8) -> Pin<Box<dyn Future<Output = Result<u8, E>> + Send + 'a>> {
            if id == 0 { return Box::pin(ready(Ok(0))); }
            let name = side_effect();
            Box::pin(async move { name?.len() })
        }",
    );
    expansion(
        "returned_future",
        "err",
        "fn f() -> impl Future<Output = Result<(), E>> + use<> { async { g() } }",
    );
    expansion(
        "future_of_unknown_output",
        "",
        "fn call(&mut self) -> Self::Future { Box::pin(async move { 3 }) }",
    );
}

#[test]
fn a_returned_future_is_found_at_the_end_of_its_body() {
    for body in [
        "async {}",
        "async move {}",
        "g(); async {}",
        "if a { b(); } async {}",
        "#[allow(x)] async {}",
        "pin(async {})",
        "Box::pin(async move {},)",
        "::std::boxed::Box::pin(async {})",
        "let a = b; std::boxed::Box::pin(async {})",
        "match a { _ => {} } Box::pin(async {})",
    ] {
        let item = format!("fn f() -> BoxFuture<'static, ()> {{ {body} }}");
        let expansion = instrument(tokens(""), tokens(&item)).to_string();
        assert!(expansion.contains("body ! { (future (async"), "{body}: {expansion}");
        let before = expansion.split("before_future").next().unwrap_or_default();
        assert!(!before.contains("async") && !before.contains("allow"), "{body}: {expansion}");
    }
}

#[test]
fn record_all_leaves_out_what_is_skipped() {
    expansion(
        "record_all",
        "record_all, skip(b), record(%c)",
        "fn f(&self, a: u8, b: u8, (c, _d): (u8, u8), r#type: &str, &e: &usize, f: Vec<u8>) {}",
    );
}

#[test]
fn what_tracing_takes() {
    let args = r#""charge", target = names::TARGET, level = 2, fields({"odd-name"} = 1, {name()} = 2)"#;
    expansion("from_tracing", args, "#[deny(unused)] fn f() { #![allow(unused)] let a = 1; }");
}

#[test]
fn what_is_returned_is_looked_at_behind_an_impl() {
    expansion("returned_impl_trait", "ret", "fn f() -> impl Copy { 1 }");
}

#[test]
fn a_body_with_record_gets_a_way_to_its_span() {
    expansion(
        "recorded",
        "record(id), fields(http.route = Empty)",
        "fn f(id: u8) -> u8 { #![allow(x)] if id > 7 { ::spanwright::record!(http.route = id); } id }",
    );
    expansion(
        "recorded_future",
        "crate = crate::reexported",
        "fn f() -> BoxFuture<'static, ()> { side_effect(); Box::pin(async move { || record! { a = 7 } }) }",
    );
}

#[test]
fn record_is_found_in_what_is_observed_and_nowhere_else() {
    for (item, is_found) in [
        ("fn f() { record!(a = 1); }", true),
        ("async fn f() { g(|| { x::record!(a = 1) }) }", true),
        ("fn f() -> BoxFuture<'static, ()> { record!(a = 1); Box::pin(async { }) }", false),
        ("fn f() { record(a != 1); record = !a; records!(a); \"record!(a)\" }", false),
        ("#[record!(a)] fn f() { g(record) }", false),
    ] {
        let expansion = instrument(tokens("fields(a = Empty)"), tokens(item)).to_string();
        assert_eq!(expansion.contains("(recorded __span "), is_found, "{item}: {expansion}");
    }
}

#[test]
fn kinds_and_components() {
    for kind in ["server", "\"server\"", "Server", "SpanKind::Server"] {
        let args = format!("kind = {kind}, component = \"billing\"");
        let expansion = instrument(tokens(&args), tokens(CHARGE)).to_string();
        assert!(expansion.contains("SpanKind :: Server , component : \"billing\""), "{expansion}");
    }
    refused("kind = sever", CHARGE, &["sever: unknown kind `sever`; did you mean `server`?"]);
    refused(
        "kind = \"queue\"",
        CHARGE,
        &[
            "\"queue\": unknown kind `queue`; the kinds are `internal`, `server`, `client`, `producer` and `consumer`",
        ],
    );
    refused("kind = 3", CHARGE, &["3: `kind` takes a kind: write `kind = server`"]);
    refused("kind", CHARGE, &["kind: `kind` needs a value: write `kind = server`"]);
    refused("component = \"\"", CHARGE, &["\"\": `component` is empty; write a text, or leave it out"]);
    refused("component = x", CHARGE, &["x: `component` takes a string: write `component = \"…\"`"]);
}

#[test]
fn another_path_to_the_runtime() {
    expansion("crate_path", "crate = crate::reexported, err(chain)", "fn f() -> Result<(), Error> { g() }");
}

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
    refused("name = 3", CHARGE, &["3: `name` takes a string: write `name = \"…\"`"]);
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
fn levels() {
    refused(r#"level = "inf""#, CHARGE, &[r#""inf": unknown level `inf`; did you mean `info`?"#]);
    refused(
        "level = LOUD",
        CHARGE,
        &["LOUD: unknown level `LOUD`; the levels are `error`, `warn`, `info`, `debug` and `trace`"],
    );
    let number = "levels are from 1, `trace`, to 5, `error`: write `level = \"info\"`";
    refused("level = 6", CHARGE, &[&format!("6: {number}")]);
    refused("level = 0", CHARGE, &[&format!("0: {number}")]);
    refused("level = -1", CHARGE, &[&format!("-1: {number}")]);
}

#[test]
fn what_is_recorded_is_a_parameter() {
    refused("record(usr)", CHARGE, &["usr: `usr` is no parameter; did you mean `user`?"]);
    refused("record(self.id)", "fn f() {}", &["self: `self` is no parameter; this function has none"]);
    let other = "`record` takes parameters and their fields; for any other value write `fields(name = …)`";
    refused("record(user.name())", CHARGE, &[&format!("(: {other}")]);
    refused("record(order + 1)", CHARGE, &[&format!("+: {other}")]);
    refused("record(&order)", CHARGE, &[&format!("&: {other}")]);
    refused("skip(usr)", CHARGE, &["usr: `usr` is no parameter; did you mean `user`?"]);
    refused(
        "record(order), fields(order = 3)",
        CHARGE,
        &["order), fields(order: `order` is recorded twice; keep one, or rename one in `fields(…)`"],
    );
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
fn fields_have_values() {
    refused("fields(order)", CHARGE, &["order: `order` is a parameter: write `record(order)`"]);
    refused("fields(?user.name)", CHARGE, &["user.name: `user` is a parameter: write `record(?user.name)`"]);
    refused(
        "fields(http.route)",
        CHARGE,
        &[
            "http.route: `http.route` has no value: write `http.route = value`, or `http.route = Empty` to fill it in later",
        ],
    );
    refused("fields(route =)", CHARGE, &["route: `route` has no value: write `route = value`"]);
    refused("fields(route: 3)", CHARGE, &[":: expected `=`: write `route = value`"]);
    refused(
        "fields(%route = order)",
        CHARGE,
        &["route: the sign goes in front of the value: write `route = %…`"],
    );
    refused(r#"fields("" = 3)"#, CHARGE, &[r#""": a name must not be empty"#]);
}

#[test]
fn secrets_are_said_explicitly() {
    let item = "fn login(password: &str, token: u8) {}";
    refused(
        "record(password)",
        item,
        &[
            "password: `password` looks like a secret: leave it out, or, if it is none, add `allow_secret(password)`",
        ],
    );
    refused(
        "fields(http.authorization = token)",
        item,
        &[
            "http: `http.authorization` looks like a secret: leave it out, or, if it is none, add `allow_secret(http.authorization)`",
        ],
    );
    refused(
        "record_all, skip(password)",
        item,
        &["token: `token` looks like a secret: leave it out, or, if it is none, add `allow_secret(token)`"],
    );
    refused("record(token), allow_secret(token)", item, &[]);
    refused("allow_secret(token)", item, &["token: `token` is not recorded; remove it from `allow_secret`"]);
}

#[test]
fn err_needs_a_result() {
    refused("err", "fn f() {}", &["err: `err` needs a `Result`, and this function returns nothing"]);
    refused(
        "err",
        "fn f() -> ! { loop {} }",
        &["err: `err` needs a `Result`, and this function never returns"],
    );
    refused(
        "err",
        "#[track_caller] fn f() -> R { g() }",
        &[
            "err: `err` needs the body in a closure, and `#[track_caller]` needs it in place: remove one of them",
        ],
    );
}

#[test]
fn metrics_have_valid_names() {
    refused(
        "metrics(prefx = \"shop\")",
        CHARGE,
        &["prefx: unknown argument `prefx`; did you mean `prefix`?"],
    );
    refused(
        "metrics(labels(tier))",
        CHARGE,
        &["labels: `labels` needs a `prefix`: write `metrics(prefix = \"…\", labels(…))`"],
    );
    refused(
        "metrics(prefix = \"my-shop\")",
        CHARGE,
        &["\"my-shop\": `my-shop` is no prefix: use letters, digits and `_`, and no digit in front"],
    );
    for (label, message) in [
        ("le", "the label `le` is reserved; choose another name"),
        ("outcome", "the label `outcome` is reserved; choose another name"),
        ("__x", "the label `__x` is reserved: Prometheus keeps names that begin with `__`"),
        ("größe", "`größe` is no label name: use letters, digits and `_`, and no digit in front"),
    ] {
        let args = format!("metrics(prefix = \"shop\", labels({label} = \"x\"))");
        refused(&args, CHARGE, &[&format!("{label}: {message}")]);
    }
}

#[test]
fn labels_have_types() {
    let labels = |labels: &str| format!("metrics(prefix = \"shop\", labels({labels}))");
    refused(
        &labels("a = tier.kind()"),
        CHARGE,
        &["tier.kind(): state the label's type: `a: Type = tier . kind ()`"],
    );
    refused(&labels("kind"), CHARGE, &["kind: state the label's type: `kind: Type = kind`"]);
    refused(&labels("tier: Tier"), CHARGE, &["tier: `tier` has no value: write `tier: Type = value`"]);
    refused(&labels("tier, tier = \"a\""), CHARGE, &["tier, tier: duplicate label `tier`; write it once"]);
    let generic = "fn f<'a, T: Label>(a: T, b: Kind<'a>, c: impl Label) {}";
    let fixed = "a label's series are fixed at compile time, so its type can't mention";
    refused(&labels("a"), generic, &[&format!("T: {fixed} `T`")]);
    refused(&labels("b"), generic, &[&format!("a: {fixed} `'a`")]);
    refused(&labels("c"), generic, &[&format!("impl: {fixed} `impl`")]);
    refused(&labels("d: Self = a"), generic, &[&format!("Self: {fixed} `Self`")]);
}

#[test]
fn buckets_increase() {
    let buckets = |list: &str| format!("metrics(buckets = {list})");
    refused(&buckets("[]"), CHARGE, &["[]: `buckets` is empty; write at least one bound"]);
    refused(&buckets("[1, 0.5]"), CHARGE, &["0.5: buckets must increase, and `0.5` follows `1`"]);
    refused(&buckets("[x]"), CHARGE, &["x: a bucket's bound is a finite number, such as `0.5`"]);
    refused(&buckets("[1e999]"), CHARGE, &["1e999: a bucket's bound is a finite number, such as `0.5`"]);
    refused(
        &buckets("3"),
        CHARGE,
        &[
            "3: `buckets` takes a list of numbers, `exponential(…)`, `linear(…)` or `native`: write `buckets = [0.1, 0.5, 1.0]`",
        ],
    );
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
fn a_future_whose_block_is_elsewhere() {
    let future = "`#[instrument]` would end the span before this future runs: make the function an `async fn`, in a \
        trait with `#[async_trait]`, or let it end with `async move { … }` or `Box::pin(async move { … })`";
    for ty in ["impl core::future::Future<Output = u8> + Send", "Pin<Box<dyn Future<Output = u8> + '_>>"] {
        refused("", &format!("fn f() -> {ty} {{ g() }}"), &[&format!("Future: {future}")]);
    }
    for body in [
        "g()",
        "",
        "async {};",
        "return async {}",
        "|| async {}",
        "Box::pin(async {}).boxed()",
        "a.pin(async {})",
        "pin!(async {})",
        "return Box::pin(async {})",
        "x = Box::pin(async {})",
        "Box::pin(f(async {}))",
        "Box::pin(async {}, 1)",
        "Box::new(async {})",
        "pin(g())",
        "if a { b } else { Box::pin(async {}) }",
    ] {
        let item = format!("fn f() -> BoxFuture<'static, ()> {{ {body} }}");
        refused("", &item, &[&format!("BoxFuture: {future}")]);
    }
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
fn a_mistake_leaves_record_alone() {
    let item = "fn f(a: u8) -> u8 { #![allow(x)] record!(a = a); let broken = ; a }";
    let expansion = instrument(tokens("nam = 3"), tokens(item)).to_string();
    assert!(
        expansion.contains("macro_rules ! __the_instrumented_function_around_this_record"),
        "{expansion}"
    );
    assert!(expansion.contains("record ! (a = a) ; let broken = ; a }"), "{expansion}");
}

#[test]
fn nothing_panics() {
    let args = r#"name = "a", level = Level::INFO, target = "t", kind = server, component = "c", record(a, ?b.c.0, %self.x), record_all, skip(b), fields(x.y
        = ?1, "z" = Empty), err(Debug, level = "warn"), metrics(prefix = "p", labels(a, b = "x", c: T = 1), buckets
        = [-1, 0.5]), allow_secret(a), crate = ::a::b"#;
    let item = "#[doc = \"x\"] pub(crate) unsafe extern \"C\" fn f<'a, T: X<Y>, const N: usize>(&self, mut a: A, (b, [c, ..]): (B, [C; 3]),
        S { d, e: f @ Some(_) }: &'a mut S, ...) -> Result<impl Fn() -> A, Pin<Box<dyn Future>>> where T: Z { x::record!(b = a) }";
    survives_damage(instrument, args, item);
    let item = "fn f(&self, a: A) -> Pin<Box<dyn Future<Output = A> + 'a>> { g(); #[x] ::a::Box::pin(async move { a },) }";
    survives_damage(instrument, args, item);
}

#[test]
fn names_of_opentelemetry() {
    let item = "fn answer(status: u16, user: &User) -> u16 { status }";
    let fields =
        "db.system = \"sqlite\", http.response.status_code = status, http.route = route(), shop.x = x()";
    expansion("conventions", &format!("record(user.id), fields({fields})"), item);
    let quiet = format!("semconv = false, record(user.id), fields({fields}, server.port = \"80\")");
    expansion("conventions_off", &quiet, item);
    let future =
        "fn answer() -> Pin<Box<dyn Future<Output = u16>>> { let a = 1; Box::pin(async move { a }) }";
    expansion("conventions_future", "fields(db.system = Empty)", future);
}

#[test]
fn an_outcome_by_a_function_of_ones_own() {
    expansion(
        "classified",
        "outcome = response::outcome, err(Debug)",
        "fn get() -> Result<Response, Error> { get() }",
    );
    let refused = |item: &str, expected: &str| assert_errors(instrument, "outcome = a", item, &[expected]);
    refused(
        "fn f() -> ! { loop {} }",
        "outcome: `outcome` looks at what the function returns, and this one never does: remove it",
    );
    refused(
        "#[track_caller] fn f() {}",
        "outcome: `outcome` needs the body in a closure, which neither `#[track_caller]` nor C-variadic arguments allow: remove it",
    );
}

#[test]
fn what_is_returned_is_reported() {
    expansion("returned", "ret(level = \"debug\")", "fn get() -> u8 { 1 }");
    expansion("returned_beside_err", "ret(Display), err", "async fn get() -> Result<u8, Error> { Ok(1) }");
    let refused = |args: &str, item: &str, expected: &str| assert_errors(instrument, args, item, &[expected]);
    refused(
        "ret",
        "fn f() -> ! { loop {} }",
        "ret: `ret` looks at what the function returns, and this one never does: remove it",
    );
    refused(
        "ret(Debug, Display)",
        "fn f() -> u8 { 1 }",
        "Debug, Display: `Display` and `Debug` exclude each other; keep one",
    );
}

#[test]
fn a_name_made_of_parameters() {
    expansion(
        "formatted_name",
        "name = \"publish {{{event.kind:?}}} to {topic}\", record(topic)",
        "fn publish(topic: &str, event: &Event) {}",
    );
    let refused = |args: &str, item: &str, expected: &str| assert_errors(instrument, args, item, &[expected]);
    refused(
        "name = \"get {di}\"",
        "fn get(id: u64) {}",
        "\"get {di}\": `{di}` in the name is no parameter; did you mean `{id}`? if not, write `{{di}}` for the braces themselves",
    );
    refused(
        "name = \"get {self.id}\"",
        "fn get(id: u64) {}",
        "\"get {self.id}\": `{self.id}` in the name is no parameter; write `{{self.id}}` for the braces themselves",
    );
    refused(
        "name = \"get {id\"",
        "fn get(id: u64) {}",
        "\"get {id\": the name has a brace without its other one: write `{{` and `}}` for braces themselves",
    );
    refused(
        "name = \"get {id + 1}\"",
        "fn get(id: u64) {}",
        "\"get {id + 1}\": `{id + 1}` is no parameter, nor a field of one: write `{{` and `}}` for braces themselves",
    );
    refused(
        "name = \"get {user.token}\"",
        "fn get(user: User) {}",
        "\"get {user.token}\": `token` looks like a secret: leave it out, or, if it is none, add `allow_secret(token)`",
    );
}

#[test]
fn every_argument_is_documented() {
    assert_documented("instrument", Args::NAMES);
    let nested =
        |of: &str, names: &[&str]| names.iter().map(|name| format!("{of}({name}")).collect::<Vec<_>>();
    let rows =
        [nested("err", ErrArgs::NAMES), nested("ret", RetArgs::NAMES), nested("metrics", MetricsArgs::NAMES)];
    for row in rows.concat() {
        assert_documented("instrument", &[row.as_str()]);
    }
}
