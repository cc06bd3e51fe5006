use super::{expansion, refused};
use crate::instrument::instrument;
use crate::testing::tokens;

#[test]
fn futures_and_streams_that_are_returned() {
    let opaque = "fn get(id: u64) -> impl Future<Output = Result<impl Fn(), Error>> + Send { later(id) }";
    expansion("future", "future, record(id), err", opaque);
    let boxed = "fn all(&self) -> Pin<Box<dyn Stream<Item = Result<u8, Error>> + Send + '_>> { record!(n = 1); stream! { yield Ok(7); }.boxed() }";
    expansion("stream", "fields(n = Empty), metrics(into = Arc::clone(&self.metrics))", boxed);
    expansion("future_named", "future", "fn call(&mut self) -> Self::Future { self.inner.call().boxed() }");
}

#[test]
fn what_is_followed_is_decided_by_the_type_and_by_what_is_asked() {
    let mode = |args: &str, item: &str| {
        let expansion = instrument(tokens(args), tokens(item)).to_string();
        let (_, mode) = expansion.split_once("followed_")?;
        mode.split_once(' ').map(|(mode, _)| mode.to_owned())
    };
    assert_eq!(mode("", "fn f() -> impl Stream<Item = u8> + Send + use<> { s }").as_deref(), Some("stream"));
    assert_eq!(mode("", "fn f() -> impl futures::Stream { s }").as_deref(), Some("stream"));
    assert_eq!(mode("", "fn f() -> Pin<Box<dyn Stream<Item = u8>>> { s }").as_deref(), Some("stream_in_box"));
    assert_eq!(mode("", "fn f() -> BoxStream<'static, u8> { s }").as_deref(), Some("stream_as"));
    assert_eq!(mode("stream", "fn f() -> Items { s }").as_deref(), Some("stream_as"));
    assert_eq!(mode("future", "fn f() -> BoxFuture<'static, u8> { s }").as_deref(), Some("future_as"));
    assert_eq!(mode("future", "fn f() -> impl Future { async { 7 } }").as_deref(), Some("future"));
    // What else is promised can't be kept.
    for other in [
        "fn f() -> impl Stream<Item = u8> + Sink<u8> { s }",
        "fn f() -> Box<dyn Stream<Item = u8> + Unpin> { s }",
        "fn f() -> Result<BoxStream<'static, u8>, Error> { s }",
        "async fn f() -> BoxStream<'static, u8> { s }",
        "#[track_caller] fn f() -> impl Stream<Item = u8> { s }",
        "fn f() -> TcpStream { s }",
    ] {
        assert_eq!(mode("", other), None, "{other}");
    }
}

#[test]
fn what_can_not_be_followed() {
    let future = "fn f() -> impl Future { async {} }";
    refused(
        "future, stream",
        future,
        &["future, stream: `future` and `stream` exclude each other; keep one"],
    );
    refused("future = true", future, &["=: `future` takes no value: write `future`"]);
    refused("future", "async fn f() {}", &["future: an `async fn` is followed as it is: remove `future`"]);
    refused(
        "stream",
        "async fn f() -> Items { s }",
        &[
            "stream: `stream` follows what a function returns, and an `async fn` returns a future: remove `stream` or `async`",
        ],
    );
    refused(
        "future",
        "fn f() {}",
        &[
            "future: `future` follows the future that a function returns, and this one returns nothing: remove it",
        ],
    );
    refused(
        "stream",
        "fn f() -> ! { loop {} }",
        &[
            "stream: `stream` follows the stream that a function returns, and this one returns nothing: remove it",
        ],
    );
    refused(
        "future",
        "#[track_caller] fn f() -> BoxFuture<'static, u8> { g() }",
        &[
            "future: `future` needs the body in a closure, and `#[track_caller]` needs it in place: remove one of them",
        ],
    );
    refused(
        "stream",
        "unsafe extern \"C\" fn f(n: u8, _: ...) -> BoxStream<'static, u8> { g() }",
        &[
            "stream: `stream` needs the body in a closure, which C-variadic arguments can't enter: remove `stream`",
        ],
    );
    refused(
        "ret",
        "fn f() -> BoxStream<'static, u8> { g() }",
        &["ret: a stream returns nothing at its end, and its items are no one value: remove `ret`"],
    );
}
