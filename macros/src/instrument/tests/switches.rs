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
        refused(&format!("{key} = order.find().await"), CHARGE, &[awaited]);
    }
}
