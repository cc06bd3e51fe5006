//! The procedural macros of [`spanwright`](https://docs.rs/spanwright), which re-exports them: depend on that, not on
//! this. Generated code names `::spanwright`, unless `crate = path` says where else the runtime is.
//!
//! A mistake in an argument is an error on its own token, with the remedy; several mistakes are several errors. The item
//! itself is kept, so that nothing else fails for want of it.

// The folder of a macro is named after it, and one of them is `main`.
#![allow(special_module_name)]
// Tests fail by panicking; macros never do.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod args;
mod attributes;
mod buckets;
mod dimension;
mod error_type;
mod errors;
mod field;
mod hygiene;
mod instrument;
mod instrument_all;
mod label;
mod labels;
mod main;
mod metrics;
mod naming;
mod record;
mod secret_names;
mod secret_read;
mod semconv;
mod signature;
mod test;
#[cfg(test)]
mod testing;

use proc_macro::TokenStream;

/// Turns a function's calls into spans and, where asked, into metrics.
///
/// ```ignore
/// use spanwright::instrument;
///
/// #[instrument(record(order_id, ?tier), err, metrics)]
/// async fn charge(order_id: u64, tier: Tier, card: Secret<Card>) -> Result<Receipt, Error> {
///     gateway().charge(order_id, card).await
/// }
/// ```
///
/// Nothing is recorded of the arguments that `record` does not name.
///
/// # Arguments
///
/// | Argument | Meaning | Default |
/// | --- | --- | --- |
/// | `name = "…"` | the span's name. `{topic}`, `{event.kind:?}` in it are parameters and their fields, with which each call's span is named; the callsite, metrics and filters keep the name with the braces. `{{` is a brace itself | the function's |
/// | `level = "…"` | `"error"`, `"warn"`, `"info"`, `"debug"` or `"trace"`, or the same as a path: `INFO`, `Level::INFO` | `"info"` |
/// | `target = "…"` | the span's target, for filters | the module's path |
/// | `kind = server` | the span's role in a trace: `server`, `client`, `producer`, `consumer` or `internal`, or the same as a string | `internal` |
/// | `component = "…"` | the part of the program that the function belongs to, for rules that choose spans by it | none |
/// | `record(a, ?b, %c.d)` | parameters, and fields of parameters, to record: as they are, by `Debug` (`?`) or by `Display` (`%`) | none |
/// | `record_all` | records every parameter by `Debug`, except `self`, those in `skip`, those whose name begins with `_`, and those that the value of a constant or a set in `fields` is made of | off |
/// | `skip(a, b)` | what `record_all` leaves out | nothing |
/// | `skip_all` | records nothing but what `record` and `fields` name, which is the default; for those who come from `tracing` | off |
/// | `fields(name = value, …)` | more attributes: `http.route = expr`, `"any name" = ?expr`, `result = Empty`, which needs no import, for one that [`record!`](#fields-that-are-filled-in-later) fills in; `{ATTR_NAME} = expr`, called as that constant says, an `Attribute` or a text; `..order`, all of a parameter whose type derives `Attributes`, or `..Order = expr` | none |
/// | `err` | an `Err` sets the span's status and is reported as an event | an `Err` sets the status only |
/// | `err(Display)` | the error's text comes from `Display` | this |
/// | `err(Debug)` | the error's text comes from `Debug` | |
/// | `err(chain)` | the error's text is that of the error and all its sources | |
/// | `err(level = "…")` | the event's level | `"error"` |
/// | `ret` | what is returned is reported as an event with the field `return`; beside `err` that is what is in the `Ok` | off |
/// | `ret(Debug)` | by `Debug` | this |
/// | `ret(Display)` | by `Display` | |
/// | `ret(level = "…")` | the event's level | the span's |
/// | `outcome = path` | a function of yours says how the call ended: it takes a reference to what was returned, and gives an `Outcome`, or a `Result<(), &'static str>` with the error's type | an `Err` is an error, all else is `ok` |
/// | `metrics` | counts calls by outcome, and measures their duration: `function_calls_total{module,function,outcome}` and `function_duration_seconds{module,function}` | off |
/// | `metrics(prefix = "…")` | the metrics' names begin with this instead of `function` | `"function"` |
/// | `metrics(labels(…))` | labels in place of `module` and `function`; needs a `prefix`. `operation = "put"` is fixed; `tier` is the parameter, `kind = tier` the same under another name, `big: bool = size > 9` any expression whose type is a `Label`; `{ATTR_TIER}: Tier = tier` is called as that attribute | `module`, `function` |
/// | `metrics(buckets = […])` | the upper bounds of the duration's buckets, in seconds, finite and increasing, or as for `#[metric(buckets = …)]`; needs a `prefix` | the runtime's |
/// | `metrics(in_flight)` | a gauge of the calls that have begun and not ended, `function_calls_in_flight` | off |
/// | `metrics = Type` | the calls are reported [into a struct of one's own](#metrics-of-ones-own), `Type::global()` | the function's own metrics |
/// | `metrics(into = …)` | the same for the struct that an expression leads to: `self.metrics`, `Arc::clone(&self.metrics)`, `METRICS` | |
/// | `metrics(labels = …)` | beside `into`, the value of the struct's labels, with the parameters in scope | `()` |
/// | `allow_secret(a)` | records `a`, or has the label `a`, although its name, or that of a variable, a field or a method that its value hands on, looks like a secret's (`password`, `token`, `api_key`, …); so does `record!` with a variable called `a`; names of facts such as `token_count` and `next_token` don't, and `password.len()` reads none | an error |
/// | `semconv = false` | does not compare the attributes with [OpenTelemetry's conventions](#opentelemetrys-conventions) | `true` |
/// | `crate = path` | where the runtime is, for re-exports | `::spanwright` |
///
/// # What is generated
///
/// The attributes, the visibility and the signature stay as they are. The body, whose tokens are not touched either, runs
/// in a closure, in an `async` block for an `async fn`, and in place under `#[track_caller]`, for `-> !` and for
/// `-> impl Trait`. Beside it stands one `static` that describes the callsite. Values are evaluated where somebody
/// listens, once.
///
/// A closure or a block takes the parameters over, so they are dropped in the order of their first use in the body, not
/// in the reverse order of their declaration; what the body does not use is dropped last. Where it matters, `drop` them.
///
/// # Fields that are filled in later
///
/// What is known only while the function runs is recorded by `spanwright::record!`, into the span of the function that it
/// is written in, whatever span is entered there: in closures, `async` blocks and loops, and also from tasks and threads
/// that the function starts, until it ends. The fields are those that `record` and `fields` declare:
///
/// ```ignore
/// #[instrument(record(order), fields(http.response.status_code = Empty, receipt = Empty))]
/// async fn charge(order: u64) -> Result<Receipt, Error> {
///     let response = gateway().charge(order).await?;
///     spanwright::record!(http.response.status_code = response.status());
///     let receipt = response.receipt().await?;
///     spanwright::record!(receipt = %receipt.id);
///     Ok(receipt)
/// }
/// ```
///
/// # OpenTelemetry's conventions
///
/// Names with dots are looked up in the registry of the OpenTelemetry Semantic Conventions, release 1.44.0:
///
/// - A value of another type than the registry's is an error, in `record!` too: `http.response.status_code = "404"`. An
///   integer is fine as a floating-point number; text, and one value, are fine in place of a list.
/// - A deprecated name is a warning that says what to use: `db.system.name` for `db.system`. Everyday words that were once
///   OpenTelemetry's (`message.id`, `pool.name`, `error.message`) are anybody's.
/// - An unknown name is a warning where it is nearly a known one (`client.adress`), or where it stands directly in one of
///   the namespaces that are OpenTelemetry's without doubt: `http`, `db`, `messaging`, `rpc`, `faas`, `k8s`, `graphql`,
///   `feature_flag`, `cloudevents` and `otel`. Below a system's own (`messaging.kafka.topic`, `db.redis.key`) all are free.
///
/// `#[allow(deprecated)]` on the function silences the warnings, `semconv = false` the errors too. Names without dots are
/// nobody's, and a path in `record(user.id)` is a field in Rust, whatever OpenTelemetry means by it.
///
/// # Functions that return a future
///
/// In a function that is not `async`, but ends with `async { … }`, `async move { … }` or `Box::pin(async move { … })`, that
/// block is what is observed: the call begins when the future is first polled, and its `Err` is the outcome. What is
/// recorded is captured by the block, so a `'static` future can't record what is borrowed. What stands before the block runs
/// when the function is called, outside of the span; a future that is returned earlier is not observed. Thereby methods
/// under `#[async_trait]` work, with `record(self.id)` and `err` like any other:
///
/// ```ignore
/// #[async_trait]
/// impl Shop for Corner {
///     #[instrument(record(self.id, order), err)]
///     async fn charge(&self, order: u64) -> Result<Receipt, Error> {
///         self.gateway.charge(order).await
///     }
/// }
/// ```
///
/// # Metrics of methods
///
/// The label `function` is the function's bare name, as `module` is the module's path: `Order::load` and `User::load` in
/// one module are one series, unless a `prefix` or `labels(…)` tell them apart.
///
/// # Metrics of one's own
///
/// `metrics = Type` and `metrics(into = …)` report into a struct with `#[derive(Metrics)]`, under its names: into the fields
/// that have a role.
///
/// | Role | Field | Counts |
/// | --- | --- | --- |
/// | `calls` | `Counter<L>`, or `Counter<ByOutcome<L>>` with a label `outcome` | every call that has ended |
/// | `errors` | `Counter<L>` | those that ended in an error or a panic |
/// | `cancelled` | `Counter<L>` | futures that were dropped before they had finished |
/// | `duration` | `Histogram<L>` | how long calls took, in the histogram's unit |
/// | `in_flight` | `UpDownCounter<L>` | calls that have begun and not ended |
///
/// ```ignore
/// #[derive(Metrics)]
/// #[metrics(prefix = "persist")]
/// struct S3Metrics {
///     /// Requests that were sent.
///     #[metric(role = calls)]
///     s3_requests_total: Counter<Operation>,
///     /// How long they took.
///     #[metric(role = duration)]
///     s3_latency_seconds: Histogram<Operation>,
/// }
///
/// impl Store {
///     #[instrument(err, metrics(into = self.metrics, labels = Operation::Put))]
///     async fn put(&self, key: &str) -> Result<(), Error> {
///         self.client.put(key).await
///     }
/// }
/// ```
///
/// What `into` and `labels` are is evaluated when a call begins, once, and only where metrics are on. A place is borrowed
/// until the call has ended, so in a method with `&mut self` or `self`, and of a parameter that the body takes over,
/// keep the metrics in an `Arc` and write `into = Arc::clone(&self.metrics)`. Exemplars are of the call's own span.
///
/// # Outcomes
///
/// A call ends in one of four outcomes: `ok`, `error` (an `Err`), `panicked`, or `cancelled` (a future that was dropped).
/// What a `#[track_caller]` function or one with `-> impl Trait` returns can't be looked at: it ends as `ok` or `panicked`.
///
/// # Errors
///
/// An unknown or duplicate argument, a value of the wrong form, a name in `record` or `skip` that is no parameter, a name
/// that is recorded twice, a value of another type than its name has in OpenTelemetry's conventions, a secret's name, `err` without a `Result`, invalid or reserved metric names, and a label whose
/// type is generic. A `const fn`, a function without a body and an item that is no function can't be instrumented, nor
/// can a function that returns a future which is not made by a block at its end: its span would end before the future
/// runs.
#[proc_macro_attribute]
pub fn instrument(args: TokenStream, item: TokenStream) -> TokenStream {
    instrument::instrument(args.into(), item.into()).into()
}

/// Puts [`#[instrument]`](macro@instrument) on each function of an `impl`, of a trait's `impl`, or of an inline module and
/// what is in it.
///
/// ```ignore
/// #[spanwright::instrument_all(pub, level = "debug", name_prefix = "shop.cart", err)]
/// impl Cart {
///     pub fn add(&mut self, item: Item) -> Result<(), Full> { … } // shop.cart.add, at level debug, with `err`
///
///     #[instrument(level = "info", record(reason))]
///     pub fn clear(&mut self, reason: &str) { … } // at level info
///
///     #[instrument(skip)]
///     pub fn len(&self) -> usize { … } // not observed
///
///     fn grow(&mut self) { … } // not `pub`, and so not observed
/// }
/// ```
///
/// What a function says itself, in an `#[instrument(…)]` of its own, wins over what is said for all, argument by argument
/// (its `fields(…)` replace those of all);
/// `#[instrument(skip)]` leaves it out. Left out too are functions that are `const` or have no body, `#[test]`s, what is in
/// `#[cfg(test)]`, and what a macro makes.
///
/// # Arguments
///
/// Those of `#[instrument]` that all functions can have in common, and two of its own:
///
/// | Argument | Meaning | Default |
/// | --- | --- | --- |
/// | `pub` | only functions that are `pub`, `pub(crate)` and the like, and those with an `#[instrument(…)]` | all |
/// | `name_prefix = "…"` | the spans' names are this, a dot, and the function's name | the function's name |
/// | `level = "…"` | as for `#[instrument]` | |
/// | `target = "…"` | | |
/// | `kind = …` | | |
/// | `component = "…"` | | |
/// | `record_all` | | |
/// | `fields(…)` | | |
/// | `err`, `err(…)` | for those functions whose return type has a name that ends in `Result` | |
/// | `metrics`, `metrics(…)` | | |
/// | `crate = path` | | `::spanwright` |
///
/// # What is generated
///
/// The item as it is, with `#[instrument(…)]` on its functions. An attribute below this one, `#[async_trait]` say, sees it
/// there.
///
/// # Errors
///
/// An item without functions, a module in a file of its own, an unknown or duplicate argument, what is about one function
/// only (`name`, `record`, `skip`), and all that is an error of `#[instrument]`.
#[proc_macro_attribute]
pub fn instrument_all(args: TokenStream, item: TokenStream) -> TokenStream {
    instrument_all::instrument_all(args.into(), item.into()).into()
}

/// Starts telemetry before the program's `main`, and flushes it at its end, on a panic and on a signal.
///
/// ```ignore
/// #[spanwright::main(prefix = "SHOP", service_name = "shop")]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     serve().await
/// }
/// ```
///
/// # Arguments
///
/// | Argument | Meaning | Default |
/// | --- | --- | --- |
/// | `prefix = "…"` | the prefix of this program's environment variables, `SHOP_LOG_FORMAT` for `"SHOP"` | the runtime's |
/// | `service_name = "…"` | the service's name in all telemetry | the binary's |
/// | `flavor = "…"` | `"multi_thread"` or `"current_thread"`: the Tokio runtime of an `async fn` | `"multi_thread"` |
/// | `worker_threads = N` | the number of threads of a `"multi_thread"` runtime | one for each core |
/// | `signals = false` | leaves SIGTERM and SIGINT alone | `true`: they flush, and end the program |
/// | `subscriber = false` | sets no global `tracing` subscriber | `true` |
/// | `crate = path` | where the runtime is, for re-exports | `::spanwright` |
///
/// # Signals
///
/// **SIGTERM and SIGINT (Ctrl-C) are handled**, on Unix, unless `signals = false`: `/ready` is turned off, spans are flushed,
/// and the program ends by the signal. A program that shuts down by itself takes `spanwright::shutdown_token()`, which
/// then fires in place of all that. A program that already handles Ctrl-C in its own way, by `tokio::signal::ctrl_c()`
/// say, either takes the token instead or says `signals = false`; otherwise a signal ends it before it has finished.
///
/// # A subscriber of the program's own
///
/// There is one global `tracing` subscriber, and telemetry sets it, for log lines and for other crates' spans. A program
/// with a `tracing_subscriber` of its own says `subscriber = false` and adds `spanwright::layer()` to that:
///
/// ```ignore
/// #[spanwright::main(subscriber = false)]
/// async fn main() {
///     tracing_subscriber::registry().with(tracing_subscriber::fmt::layer()).with(spanwright::layer()).init();
///     serve().await
/// }
/// ```
///
/// # The end
///
/// When an `async fn` has returned, tasks that still run are dropped at their next `await`. Blocking tasks
/// (`spawn_blocking`) can't be: they are waited for, at most for the shutdown timeout, and then abandoned. Telemetry is
/// flushed last.
///
/// # What is generated
///
/// A function of the same name and type, not `async`, that hands its body to the runtime.
///
/// # Errors
///
/// An unknown or duplicate argument, a value of the wrong form, parameters, and `flavor` or `worker_threads` on a function
/// that is not `async`.
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    main::main(args.into(), item.into()).into()
}

/// Makes a function a test with telemetry of its own: spans, events and metrics of this test, and of no other that runs beside
/// it.
///
/// ```ignore
/// use spanwright::testing::Captured;
///
/// #[spanwright::test]
/// async fn an_order_can_be_refused(telemetry: Captured) {
///     place(0).await.unwrap_err();
///     telemetry.span("place").has("order", 0).failed();
///     telemetry.metric("shop_orders_total", &[]).is(1.0);
/// }
/// ```
///
/// The parameter may be left out. An `async fn` runs on a Tokio runtime of its own, on the test's thread unless
/// `worker_threads` says otherwise; what it spawns is part of the test.
///
/// # Arguments
///
/// | Argument | Meaning | Default |
/// | --- | --- | --- |
/// | `worker_threads = N` | the runtime of an `async fn` has so many threads | the test's own |
/// | `crate = path` | where the runtime is, for re-exports | `::spanwright` |
///
/// # What is generated
///
/// A function with `#[test]`, of the same name and return type, without parameters, not `async`.
///
/// # Errors
///
/// More than one parameter, generics, another attribute that makes a test, `worker_threads` on a function that is not `async`,
/// and an unknown or duplicate argument.
#[proc_macro_attribute]
pub fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    test::test(args.into(), item.into()).into()
}

/// Says what an error is called in telemetry, and which of its variants are to be expected.
///
/// ```ignore
/// #[derive(Debug, thiserror::Error, spanwright::ErrorType)]
/// enum Failed {
///     #[error("the gateway did not answer")]
///     Timeout, // error.type = "timeout"
///     #[error("there is no order {0}")]
///     #[error_type(expected)]
///     NotFound(u64), // "not_found", and no failure of the service
///     #[error(transparent)]
///     #[error_type(transparent)]
///     Database(#[from] DatabaseError), // as that one says
/// }
/// ```
///
/// Of a function with `#[instrument]` that returns such an error, the span's `error.type` is that name, in place of the type's
/// path. An error that is to be expected ends the call as `ok`: it sets no status and does not count against an
/// objective; its `error.type` is recorded.
///
/// On the item, `#[error_type(…)]`:
///
/// | Argument | Meaning | Default |
/// | --- | --- | --- |
/// | `rename = "…"` | a struct's name | the type's, in the case |
/// | `rename_all = "…"` | how names are spelt: the cases of [`Label`](macro@Label) | `"snake_case"` |
/// | `expected` | the error, or every variant of it, is to be expected | it is a failure |
/// | `crate = path` | where the runtime is, for re-exports | `::spanwright` |
///
/// On a variant, `#[error_type(…)]`:
///
/// | Argument | Meaning | Default |
/// | --- | --- | --- |
/// | `rename = "…"` | this variant's name | the variant's, in the enum's case |
/// | `expected` | this variant is to be expected | it is a failure |
/// | `transparent` | the variant is what the error in its only field is, which is an `ErrorType` too | it is itself |
///
/// # Errors
///
/// A union, `rename` on an enum, `transparent` beside another argument or on a variant that has not one field.
#[proc_macro_derive(ErrorType, attributes(error_type))]
pub fn derive_error_type(item: TokenStream) -> TokenStream {
    error_type::derive(item.into()).into()
}

/// Makes a struct a set of attributes: a typed constant for each field, and a way to record them all.
///
/// ```ignore
/// #[derive(spanwright::Attributes)]
/// #[attributes(prefix = "eventsource")]
/// pub struct AggregateAttributes<'a> {
///     /// Unique identifier for the aggregate instance (UUID string)
///     #[attribute(key = "aggregate.id", example = "550e8400-e29b-41d4-a716-446655440000")]
///     aggregate_id: &'a str,
///     /// Database system identifier
///     #[attribute(key_exact = "db.system", example = ["postgresql", "sqlite"])]
///     db_system: Option<&'a str>,
///     /// Who did it
///     #[attribute(key = "actor.id", redact = hash)]
///     actor_id: String,
///     #[attribute(flatten)]
///     event: EventAttributes<'a>,
/// }
///
/// #[instrument(fields(..aggregate, {ATTR_BATCH_SIZE} = events.len()))]
/// fn append(aggregate: &AggregateAttributes<'_>, events: &[Event]) {}
/// ```
///
/// On the struct, `#[attributes(…)]`:
///
/// | Argument | Meaning | Default |
/// | --- | --- | --- |
/// | `prefix = "…"` | the keys begin with this and a dot | none |
/// | `semconv = false` | OpenTelemetry's registry is not asked about the keys | `true` |
/// | `crate = path` | where the runtime is, for re-exports | `::spanwright` |
///
/// On a field, `#[attribute(…)]`:
///
/// | Argument | Meaning | Default |
/// | --- | --- | --- |
/// | `key = "…"` | the attribute's key, after the prefix | the field's name |
/// | `key_exact = "…"` | the attribute's key, without the prefix | |
/// | `constant = ATTR_NAME` | the name of the constant | `ATTR_` and the field's name in capitals |
/// | `example = "…"` | a value that it may have, of its type: text, a number, `true`; or several: `["a", "b"]` | none |
/// | `redact = hash` | what is recorded in place of the value: its `hash`, a `mask`, or nothing (`drop`) | the value |
/// | `display` | the value's `Display` is recorded, as text | what has a value of its own |
/// | `debug` | the value's `Debug` is recorded, as text | |
/// | `flatten` | the field is a set of attributes, whose attributes are this one's | |
/// | `prefix = "…"` | with `flatten`: their keys stand behind this and a dot, and `record!` does not find them by their constants | none |
/// | `skip` | the field is no attribute | |
/// | `skip_if_none` | says that nothing is recorded of `None`, as it is anyway; an error where the field is no `Option` | |
/// | `allow_secret` | the value is recorded although its name looks like that of a secret (`password`, `token`, `api_key`, …) | an error |
/// | `semconv = false` | OpenTelemetry's registry is not asked about the key | the struct's |
///
/// # Types
///
/// The fields are booleans, numbers and text (`String`, `&str`, `Cow<str>`, `Arc<str>`, …), and references, boxes and options
/// of those. A constant is an `Attribute<bool>`, `Attribute<i64>` for all integers, `Attribute<f64>` or `Attribute<str>`; that of
/// any other type, with `display` or `debug`, is an `Attribute<str>`.
///
/// # Redaction
///
/// It concerns all that is recorded by the constant or by the struct: our spans and the `tracing` spans beside them. `hash`
/// is an HMAC-SHA256 of the text, cut to 16 hexadecimal digits; its key is a random one of the process, unless
/// `<PREFIX>_REDACTION_KEY` says another. `mask` is eight stars, and the last four characters of a text that has at least
/// twelve.
///
/// # What is generated
///
/// The constants, beside the struct and as visible as it is, each with the field's documentation as its help; and an
/// implementation of `Attributes`.
///
/// # Errors
///
/// An enum or a union, fields without names, no fields, type parameters (lifetimes are fine), keys that are none, two
/// attributes with the same key or constant, an example of another type, a `hash` or a `mask` of what is no text, names that
/// look like secrets, and what OpenTelemetry's registry contradicts.
#[proc_macro_derive(Attributes, attributes(attributes, attribute))]
pub fn derive_attributes(item: TokenStream) -> TokenStream {
    attributes::derive(item.into()).into()
}

/// Makes an enum without data a label: its variants are the values, known at compile time.
///
/// ```ignore
/// #[derive(spanwright::Label)]
/// #[label(rename_all = "kebab-case")]
/// enum Status {
///     Ok,
///     NotFound,
///     #[label(rename = "teapot")]
///     ImATeapot,
/// }
/// ```
///
/// On the enum, `#[label(…)]`:
///
/// | Argument | Meaning | Default |
/// | --- | --- | --- |
/// | `name = "…"` | the label's name where the enum is the only label of a metric | the attribute's, or the type's in `snake_case` |
/// | `attribute = ATTR_NAME` | the attribute that it stands for then: its key is what OpenTelemetry sees | none |
/// | `allow_secret` | the label's name looks like that of a secret (`token`, `api_key`, …), and is none | an error |
/// | `rename_all = "…"` | how values are spelt: `snake_case`, `kebab-case`, `SCREAMING_SNAKE_CASE`, `lowercase`, `UPPERCASE`, `camelCase` or `PascalCase` | `"snake_case"` |
/// | `crate = path` | where the runtime is, for re-exports | `::spanwright` |
///
/// On a variant, `#[label(…)]`:
///
/// | Argument | Meaning | Default |
/// | --- | --- | --- |
/// | `rename = "…"` | this value's text | the variant's name, in the enum's case |
///
/// # What is generated
///
/// Implementations of `Label`, and of `Labels` as a set of this one label.
///
/// # Errors
///
/// A struct or a union, variants with data, no variants, generics, two variants with the same text, a name that
/// Prometheus does not accept or keeps for itself (`le`, `quantile`, `__…`), a name that looks like a secret's, and an
/// attribute whose values are no text or are redacted.
#[proc_macro_derive(Label, attributes(label))]
pub fn derive_label(item: TokenStream) -> TokenStream {
    label::derive(item.into()).into()
}

/// Makes a struct a set of labels, one for each field.
///
/// ```ignore
/// #[derive(spanwright::Labels)]
/// struct Request<'a> {
///     method: Method,
///     cached: bool,
///     #[label(max = 100)]
///     tenant: &'a str,
/// }
/// ```
///
/// On the struct, `#[labels(…)]`:
///
/// | Argument | Meaning | Default |
/// | --- | --- | --- |
/// | `budget = N` | the number of combinations that the labels may have; the build stops where they have more | 1024 |
/// | `crate = path` | where the runtime is, for re-exports | `::spanwright` |
///
/// On a field, whose type is a `Label` unless `max` is given, `#[label(…)]`:
///
/// | Argument | Meaning | Default |
/// | --- | --- | --- |
/// | `name = "…"` | the label's name | the attribute's, or the field's |
/// | `attribute = ATTR_NAME` | the attribute that it stands for: its key is what OpenTelemetry sees | none |
/// | `skip` | the field is no label | |
/// | `allow_secret` | the label's name looks like that of a secret (`token`, `api_key`, …), and is none | an error |
/// | `max = N` | the field is free text (`AsRef<str>`) with at most this many values of up to 256 bytes; all others share one overflow series, `other` | |
///
/// # What is generated
///
/// An implementation of `Labels`, and a constant that checks the budget, in which a text counts `max + 1`.
///
/// # Errors
///
/// An enum or a union, fields without names, no fields, type parameters (lifetimes are fine), text without `max`, two
/// labels with the same name, a name that Prometheus does not accept or keeps for itself, a name that looks like a
/// secret's, and an attribute of another type or whose values are redacted.
#[proc_macro_derive(Labels, attributes(labels, label))]
pub fn derive_labels(item: TokenStream) -> TokenStream {
    labels::derive(item.into()).into()
}

/// Makes a struct of metrics register itself.
///
/// ```ignore
/// #[derive(spanwright::Metrics)]
/// #[metrics(prefix = "shop")]
/// struct Shop {
///     /// Orders that were placed.
///     orders_total: Counter<Tier>,
///     /// How long an order took.
///     #[metric(buckets = [0.1, 0.5, 2.5])]
///     latency_seconds: Histogram,
/// }
///
/// Shop::global().orders_total.with(Tier::Gold).inc();
/// ```
///
/// On the struct, `#[metrics(…)]`:
///
/// | Argument | Meaning | Default |
/// | --- | --- | --- |
/// | `prefix = "…"` | the metrics' names begin with this and a `_` | none |
/// | `global = false` | no `global()`, and nothing in the default registry: for what lives in instances only | `true`, without generics |
/// | `crate = path` | where the runtime is, for re-exports | `::spanwright` |
///
/// On a field, `#[metric(…)]`:
///
/// | Argument | Meaning | Default |
/// | --- | --- | --- |
/// | `name = "…"` | the metric's name, after the prefix | the field's |
/// | `unit = "…"` | the unit, in which the name must end, before `_total` | from the name, where it ends in `seconds`, `bytes`, `ratio`, `meters`, `grams`, `joules`, `volts`, `amperes` or `celsius` |
/// | `help = "…"` | what the metric says | the doc comment, on one line |
/// | `buckets = […]` | the upper bounds of a histogram's buckets, finite and increasing; `exponential(0.001, 2, 10)`: ten, from 0.001, each twice the one before; `linear(0, 10, 5)`: five, from 0, each 10 above the one before; or `native` for a native (exponential) histogram | the runtime's |
/// | `name_exact = "…"` | the whole name, somebody else's: nothing goes in front, and no rule about `_total` and the unit holds | |
/// | `otel_name = "…"` | what OTLP calls it | the name |
/// | `role = …` | what it says of the calls of a function with `#[instrument(metrics = path)]`: `calls`, `errors`, `cancelled`, `duration` or `in_flight` | none |
/// | `panel(…)` | how a dashboard shows it | by its kind |
/// | `threshold(…)` | from where on values are bad | none |
/// | `alert(…)` | when to tell somebody; any number of times | never |
/// | `flatten` | the field is a struct with `#[derive(Metrics)]`, whose metrics belong to this one, under their own names | |
/// | `prefix = "…"` | with `flatten`: their names begin with this and a `_` | none |
/// | `skip` | the field is no metric, and made by `Default` | |
///
/// # Names of others
///
/// A `name_exact` with dots (or with `-` or `/`) is OpenTelemetry's: OTLP keeps it, with the unit as
/// [UCUM](https://ucum.org) has it (`unit = "ms"`, `"By"`, `"{event}"`; our words do too), and Prometheus gets the
/// [standard translation](https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/):
/// `kafka.eventbus.handler.duration` in `ms` is `kafka_eventbus_handler_duration_milliseconds`, and a counter's name ends in
/// `_total`. Without dots the name is Prometheus': a counter without `_total` is a `counter` in text 0.0.4, of unknown type in
/// OpenMetrics, which allows no such counter, and a monotonic sum in OTLP.
///
/// # Dashboards and alerts
///
/// They are kept as constants, in `MetricDescriptor`. In `panel(…)`:
///
/// | Argument | Meaning | Default |
/// | --- | --- | --- |
/// | `title = "…"` | its title | the help |
/// | `row = "…"` | the row that it stands in | none |
/// | `kind = …` | `timeseries`, `stat`, `gauge`, `heatmap` (of a histogram) or `table` | by the metric's kind |
/// | `hidden` | dashboards leave it out | |
///
/// What panels, thresholds and alerts compare is a counter's rate per second, the value of a gauge or an up-down counter, or a
/// quantile of a histogram. In `threshold(…)`, at least one of:
///
/// | Argument | Meaning | Default |
/// | --- | --- | --- |
/// | `warning = 0.8` | where it becomes worrying | none |
/// | `critical = 0.95` | where it becomes serious; where it is the lower of the two, low values are the bad ones: `threshold(warning = 0.2, critical = 0.1)` | none |
///
/// In `alert(…)`, `when` or `expr`, and:
///
/// | Argument | Meaning | Default |
/// | --- | --- | --- |
/// | `when = "> 1000"` | the comparison: `>`, `>=`, `<`, `<=`, `==` or `!=`, and a number in the metric's unit | |
/// | `expr = "…"` | PromQL, in which `$metric` stands for the metric's name | |
/// | `for = "5m"` | how long that has to be so | once is enough |
/// | `severity = "…"` | `"info"`, `"warning"` or `"critical"` | `"warning"` |
/// | `name = "…"` | its name | the metric's: `ShopOrdersTotal` |
/// | `summary = "…"` | what to tell | nothing |
/// | `quantile = 0.99` | which quantile of a histogram `when` is about | 0.95 |
///
/// # What is generated
///
/// An implementation of `Metrics`: a constant that describes each metric, and `register(&registry)`, which makes an
/// instance of its own. Fields with a role also make one of `CallMetrics`. Without generics also `global()`, the process-wide instance, which is registered when telemetry
/// is installed (on platforms that `linkme` does not know, at its first use), so that metrics of up to 64 series are there, at
/// zero, before their first use.
///
/// # Errors
///
/// An enum, a union, fields without names, no metrics, a metric without help, two metrics with the same name, a name that
/// Prometheus or OpenTelemetry does not accept, a unit that the name contradicts, buckets that do not increase, a role that
/// two metrics have, a duration that is no time, annotations of a field that is no metric, and alerts that Prometheus would
/// not take. Where only the compiler knows the type, a constant checks it: a counter ends in `_total` and nothing else does,
/// only a histogram has buckets, a heatmap and quantiles, and no flattened metric has the name of another one.
#[proc_macro_derive(Metrics, attributes(metrics, metric))]
pub fn derive_metrics(item: TokenStream) -> TokenStream {
    metrics::derive(item.into()).into()
}

/// What the runtime's `record!` comes to.
#[doc(hidden)]
#[proc_macro]
pub fn record(call: TokenStream) -> TokenStream {
    record::record(call.into()).into()
}
