#![deny(warnings)]

use spanwright::{Label, Secret, instrument};

#[derive(Clone, Copy, Label)]
enum Tier {
    Free,
    Paid,
}

#[instrument()]
fn no_arguments() {}

#[instrument(level = INFO, level_is_no_argument_of_ours)]
#[cfg(any())]
fn not_compiled() {}

#[instrument(level = Level::INFO,)]
fn trailing_comma() {}

#[instrument(level = "ERROR", target = "shop::orders", name = "an order, placed")]
fn strings() {}

#[instrument(kind = server, component = "orders")]
fn kind() {}

#[instrument(enabled = id > 7, parent = None, follows_from = Some(spanwright::Context::current()))]
fn switched(id: u64) {}

#[instrument(parent = core::option::Option::None, enabled = spanwright::Enabled::SPANS)]
fn switched_by_paths() {}

#[instrument(parent = &(cx, 7).0, follows_from = [&cx, &cx].iter(), enabled = { let on = true; on })]
fn placed(cx: spanwright::Context) {}

#[instrument(kind = "CLIENT")]
fn kind_in_quotes() {}

#[instrument(kind = spanwright::span::SpanKind::Producer)]
fn kind_as_a_path() {}

#[instrument(skip_all)]
fn skip_all(_card: Secret<String>) {}

#[instrument(skip(card), record_all)]
fn skip_one(id: u64, card: Secret<String>) {
    drop(card);
}

#[instrument(record(token, self_signed), allow_secret(token))]
fn allowed(token: u8, self_signed: bool) {}

#[instrument(record(), fields(), skip())]
fn empty_lists(_id: u64) {}

#[instrument(fields("a name with spaces" = 7, http.route = "/", r#type = ?"x", user.id = %7, later = Empty, also = tracing::field::Empty))]
fn fields() {}

#[instrument(record(a, b, c, d, e, f, g, h, i))]
#[allow(clippy::too_many_arguments)]
fn every_type(
    a: Option<&str>,
    b: Box<str>,
    c: std::borrow::Cow<'_, str>,
    d: char,
    e: &mut f64,
    f: std::sync::Arc<String>,
    g: isize,
    h: &&&u8,
    i: std::fmt::Arguments<'_>,
) {
}

#[instrument(err())]
fn err_with_nothing() -> Result<(), String> {
    Ok(())
}

#[instrument(err(chain, level = Level::WARN))]
fn err_chain() -> std::io::Result<()> {
    Ok(())
}

type Outcome<T> = Result<T, String>;

#[instrument(err)]
fn err_behind_an_alias() -> Outcome<u8> {
    Ok(7)
}

#[instrument(metrics())]
fn metrics_with_nothing() {}

#[instrument(metrics(prefix = "shop", labels(tier, same = tier, fixed = "x", big: bool = id > 7, own: Tier = Tier::Paid), buckets = [-1, 0, 0.5, 1e3], in_flight))]
fn metrics(tier: &Tier, id: u64) {}

#[instrument(metrics(prefix = "shop2", labels(tier)))]
fn metrics_by_value(tier: Tier) -> Tier {
    tier
}

fn main() {
    no_arguments();
    trailing_comma();
    strings();
    skip_all(Secret::new(String::new()));
    skip_one(7, Secret::new(String::new()));
    allowed(7, true);
    empty_lists(7);
    fields();
    every_type(None, "".into(), "".into(), 'a', &mut 0.5, String::new().into(), 7, &&&7, format_args!(""));
    err_with_nothing().unwrap();
    err_chain().unwrap();
    err_behind_an_alias().unwrap();
    metrics_with_nothing();
    metrics(&Tier::Free, 7);
    metrics_by_value(Tier::Free);
}
