use super::{CHARGE, expansion, refused};
use crate::instrument::instrument;
use crate::testing::tokens;

#[test]
fn calls_are_switched_and_placed_by_themselves() {
    let put = "async fn put(&self, request: Request) { self.client.put(request).await }";
    expansion("switched", "enabled = self, parent = &request.context", put);
    expansion(
        "linked",
        "follows_from = causes, parent = None",
        "fn f(causes: &[Context]) { record!(a = 1) }",
    );
    expansion("switched_report", "enabled = self.on, metrics = S3", put);
    let boxed = "fn put(&self) -> Pin<Box<dyn Future<Output = ()>>> { Box::pin(async move {}) }";
    expansion(
        "switched_future",
        "component = \"s3\", parent = self.cx(), metrics(into = self.metrics)",
        boxed,
    );
}

#[test]
fn a_component_alone_changes_nothing_of_what_is_expanded() {
    let bare = instrument(tokens("metrics"), tokens(CHARGE)).to_string();
    let switched = instrument(tokens("metrics, component = \"c\""), tokens(CHARGE)).to_string();
    let named = switched.replace("component : \"c\"", "component : \"\"");
    assert_eq!(named.replace(r"\0c\0", r"\0\0"), bare);
}

#[test]
fn switches_are_values() {
    for key in ["parent", "follows_from", "enabled"] {
        let message = format!("{key}: `{key}` needs a value: write `{key} = …`");
        refused(key, CHARGE, &[&message]);
        refused(&format!("{key} ="), CHARGE, &[&message]);
        let awaited = "await: this is evaluated before the call begins, where nothing can be awaited: await it in the caller, and \
             hand it over as a parameter";
        for value in [
            "order.find().await",
            "&order.find().await",
            "find(a, [order.find().await])",
            "on || order.is_open().await",
            "(|a| a)(b, c.await)",
            "poll(async move |a, (b | b)| a.await, 1, order.await)",
            "poll(async { order.await }).await",
            "format!(\"{}\", x.await).len() > 1",
        ] {
            refused(&format!("{key} = {value}"), CHARGE, &[awaited]);
        }
    }
}

#[test]
fn what_is_a_future_of_its_own_may_await() {
    for value in [
        "poll(async { order.await })",
        "poll(async move { order.await }, 1)",
        "poll(async move || order.await)",
        "poll(1, async |a, b| b.await, 2)",
        "poll(async || order.await)",
        "a.r#await",
    ] {
        expand(&format!("enabled = {value}"));
    }
}

fn expand(args: &str) {
    let expanded = instrument(tokens(args), tokens(CHARGE)).to_string();
    assert!(!expanded.contains("compile_error"), "{args}: {expanded}");
}

#[test]
fn what_a_span_follows_from_stays_with_the_body_where_it_is_a_place() {
    for (causes, given) in [
        ("causes", "& (causes)"),
        ("self.causes", "& (self . causes)"),
        ("(request.0.causes)", "& ((request . 0 . causes))"),
        ("&causes", "& causes"),
        ("batches[0].causes", "& (batches [0] . causes)"),
        ("*self.causes", "& (* self . causes)"),
        ("causes.iter()", "causes . iter ()"),
        ("{ causes }", "{ causes }"),
        ("find().causes", "find () . causes"),
    ] {
        let args = format!("follows_from = {causes}");
        let expanded = instrument(tokens(&args), tokens(CHARGE)).to_string();
        assert!(expanded.contains(&format!(". follows_from ({given})")), "{expanded}");
    }
}
