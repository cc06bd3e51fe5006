use super::{CHARGE, expansion, refused};
use crate::instrument::instrument;
use crate::testing::tokens;

#[test]
fn fields_and_labels_by_constants_and_sets() {
    let args = "fields(a = 1, {ATTR_NAME} = ?name, ..order, {attributes::ATTR_LATE} = Empty, ..Event<'_> = make(order)),
        metrics(prefix = \"shop\", labels({ATTR_TIER}: Tier = tier, {ATTR_KIND} = \"put\"))";
    let item = "fn charge<'a>(order: &'a Order<'a>, name: &str) { record!({ATTR_LATE} = 1) }";
    expansion("constants", args, item);
}

#[test]
fn record_all_leaves_out_what_is_skipped() {
    expansion(
        "record_all",
        "record_all, skip(b), record(%c)",
        "fn f(&self, a: u8, b: u8, (c, _d): (u8, u8), r#type: &str, &e: &usize, f: Vec<u8>, #[cfg(unix)] g: u8, #[cfg(unix)] (h, i): (u8, u8)) {}",
    );
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
        assert_eq!(expansion.contains("[__span]"), is_found, "{item}: {expansion}");
    }
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
