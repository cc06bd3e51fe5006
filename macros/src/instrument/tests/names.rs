use super::{CHARGE, expansion, refused};
use crate::instrument::instrument;
use crate::testing::{assert_errors, tokens};

#[test]
fn a_name_made_of_parameters() {
    expansion(
        "formatted_name",
        "name = \"publish {{{event.kind:?}}} to {topic}\", record(topic)",
        "fn publish(topic: &str, event: &Event) {}",
    );
    expansion(
        "raw_name",
        "name = \"{type} {r#type} {r#topic} {gen} {event.match} {event.0}\"",
        "fn publish(topic: &str, r#type: u8, r#gen: u8, event: &Event) {}",
    );
    expansion("route_name", "name = \"GET /orders/{id}\"", "fn order(id: u64) {}");
    expansion(
        "route_and_parameter",
        "name = \"{method} /orders/{id} as {format}\"",
        "fn order(method: Method, id: u64, format: Format) {}",
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
    for keyword in ["type", "crate", "super", "r#match", "_", "event.self"] {
        let message = match keyword {
            "type" | "r#match" => format!(
                "`{{{keyword}}}` in the name is no parameter; write `{{{{{keyword}}}}}` for the braces themselves"
            ),
            _ => format!(
                "`{{{keyword}}}` is no parameter, nor a field of one: write `{{{{` and `}}}}` for braces themselves"
            ),
        };
        let name = format!("\"get {{{keyword}}}\"");
        refused(&format!("name = {name}"), "fn get(event: u64) {}", &format!("{name}: {message}"));
    }
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
    for (name, what) in [
        ("a..b", "a part of the component's name is empty"),
        (".a", "a part of the component's name is empty"),
        ("a.", "a part of the component's name is empty"),
        (".", "a part of the component's name is empty"),
        ("a=b", "there is `=` in the component's name, which ends a name in the configuration"),
        ("a..b, c", "there is `,` in the component's name, which separates components in the configuration"),
        ("a ", "there is white space around the component's name, which the configuration leaves out"),
    ] {
        let message = format!("\"{name}\": {what}: write parts with dots between them, like `persist.s3`");
        refused(&format!("component = \"{name}\""), CHARGE, &[&message]);
    }
    let inner = instrument(tokens("component = \"a b.c\""), tokens(CHARGE)).to_string();
    assert!(!inner.contains("compile_error"), "the configuration can write it: {inner}");
    refused("component = x", CHARGE, &["x: `component` takes a string: write `component = \"…\"`"]);
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
fn another_path_to_the_runtime() {
    expansion("crate_path", "crate = crate::reexported, err(chain)", "fn f() -> Result<(), Error> { g() }");
}

#[test]
fn names_by_constants() {
    expansion(
        "constant_name",
        "name = names::PUBLISH, target = Bus::<u8>::TARGET",
        "fn publish(topic: &str) {}",
    );
    let item = "fn f<T: Named>(&self, topic: &str) {}";
    let known = "is not known where the callsite is described: write the type's own name";
    refused("name = Self::NAME", item, &[&format!("Self: `Self` {known}")]);
    refused("target = T::NAME", item, &[&format!("T: `T` {known}")]);
    refused(
        "name = topic",
        item,
        &["topic: `topic` is a parameter: write `name = \"{topic}\"`, or the path of a constant"],
    );
    for call in ["publish()", "concat!(\"a\")", "NAME.text"] {
        let culprit = call.split(['(', '!', '.']).next().unwrap_or_default();
        refused(
            &format!("name = {call}"),
            item,
            &[&format!(
                "{culprit}: `name` is known before the program runs: write `name = \"…\"`, or the path of a `const` that has the text"
            )],
        );
    }
    refused("target = 3", item, &["3: `target` takes a string or a constant's path: write `target = \"…\"`"]);
    refused("target = \"\"", item, &["\"\": `target` is empty; write a text, or leave it out"]);
}

#[test]
fn what_tracing_takes() {
    let args = r#""charge", target = names::TARGET, level = 2, fields({"odd-name"} = 1, {name()} = 2)"#;
    expansion("from_tracing", args, "#[deny(unused)] fn f() { #![allow(unused)] let a = 1; }");
}
