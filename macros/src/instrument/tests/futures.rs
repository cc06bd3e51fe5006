use super::{expansion, refused};
use crate::instrument::instrument;
use crate::testing::tokens;

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
fn a_future_whose_block_is_elsewhere() {
    let future = "`#[instrument]` would end the span before this future runs: write `#[instrument(future)]`, which \
        follows it, or make the function an `async fn`";
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
fn bodies_that_stay_in_place() {
    expansion("track_caller", "metrics", "#[track_caller] fn at(place: u8) -> u8 { place }");
    expansion("never", "", "fn exit() -> ! { loop {} }");
    expansion("async_never", "", "async fn serve() -> ! { loop {} }");
    expansion("variadic", "record(n)", "unsafe extern \"C\" fn sum(n: u8, args: ...) -> u8 { n }");
}

#[test]
fn what_is_awaited_is_labelled() {
    expansion(
        "await_points",
        "",
        "async fn f(&mut self, fut: F, g: G) -> Result<u8, E> {
            let first = self.load(1).await?.parse().await;
            fut.await;
            (&mut self.inner).await;
            let x = if !(g.await) { tokio::join!(a.await, b) } else { join!(a, b).0 };
            assert!(not.touched().await);
            #[cfg(any(not.this.await))]
            loop {
                ::tokio::select! { x = y => z.await }
            }
            tokio::select! { _ = a => return Ok(1) }
            match select! { _ = a => 1 } { _ => async move { self.fut.await }.await }
            async fn inner<const N: usize>(x: X) -> [u8; N] { x.await }
            struct S;
            impl S { async fn f(self) { self.await } }
            for_each(|x| async move { x.await }).await
        }",
    );
    expansion(
        "await_points_future",
        "",
        "fn f() -> impl Future<Output = u8> { before(async { x.await }); async move { x.await } }",
    );
    expansion(
        "await_points_made",
        "future",
        "fn f() -> impl Future<Output = u8> { wrap(async { x.y.await }) }",
    );
}

#[test]
fn what_has_nothing_to_await_is_as_it_was() {
    for item in [
        "async fn f() { g(); }",
        "fn f() { spawn(async { x.await }); }",
        "fn f() -> impl Stream<Item = u8> { s(async { x.await }) }",
    ] {
        let expansion = instrument(tokens(""), tokens(item)).to_string();
        assert!(!expansion.contains("__spanwright_await"), "{expansion}");
    }
}
