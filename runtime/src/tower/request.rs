//! A request on its way: its span, and what is counted of it.

use std::time::Instant;

use http::StatusCode;
use spanwright_core::carried::Held;
use spanwright_core::clock;
use spanwright_core::context::{Context, ContextGuard};
use spanwright_core::descriptor::{Level, SpanKind, Spec};
use spanwright_core::ids::SpanId;
use spanwright_core::segment::definitions;
use spanwright_core::slots::value::{FieldWriter, Value, index};
use spanwright_core::slots::{Outcome, SlotHandle};

use super::metrics::{Asked, ClientMetrics, Failure, Method, Open, Scheme, Served, ServerMetrics};
use super::semantics;
use crate::{bridge, span};

const TARGET: &str = "spanwright::tower";
static SERVER: Spec = describe(SpanKind::Server);
static CLIENT: Spec = describe(SpanKind::Client);

const fn describe(kind: SpanKind) -> Spec {
    Spec { kind, ..Spec::of_target(TARGET) }
}

/// Whose request it is, with the labels that are known when it begins.
#[derive(Debug)]
pub(super) enum Side {
    Server { route: String },
    Client { address: String, port: String },
}

/// A request between its beginning and the end of its response. It ends as cancelled when it is dropped.
#[derive(Debug)]
pub(super) struct Request {
    context: Context,
    /// The span's slot, until it has ended.
    slot: SlotHandle,
    /// What the trace carries stays as long as the request.
    _held: Held,
    start: Instant,
    side: Side,
    open: Open,
    status: Option<StatusCode>,
    /// Whether it is being worked on, or was until a panic.
    is_underway: bool,
    is_over: bool,
}

/// The request's span is current until this is dropped.
pub(super) struct Entered {
    span_id: SpanId,
    _attached: ContextGuard,
}

impl Drop for Entered {
    fn drop(&mut self) {
        bridge::left(self.span_id);
    }
}

impl Request {
    /// Begins a request within `around`, whose first attributes `write` writes.
    pub(super) fn begin(
        around: Context,
        side: Side,
        method: &'static str,
        scheme: Scheme,
        write: impl FnOnce(&mut FieldWriter<'_>),
    ) -> Self {
        let open = Open { method: Method::named(method), scheme };
        let (spec, name) = match &side {
            Side::Server { route } if !route.is_empty() => {
                (&SERVER, format!("{} {route}", semantics::method_in_name(method)))
            }
            Side::Server { .. } => (&SERVER, semantics::method_in_name(method).to_owned()),
            Side::Client { .. } => (&CLIENT, semantics::method_in_name(method).to_owned()),
        };
        let is_wanted = !around.is_suppressed() && span::wants(TARGET, Level::INFO);
        definitions::spec(spec);
        let sampler = || span::sampler_by(&name, "", TARGET);
        let own = is_wanted.then(|| span::begin(around, spec, sampler, None)).flatten();
        let context = own.unwrap_or(around);
        let slot = own.map_or(SlotHandle::NONE, |own| own.slot);
        if slot.is_some() {
            span::write(slot, |fields| {
                fields.push(index::NAME, Value::Str(&name));
                fields.push_keyed("http.request.method", Value::Str(method));
                write(fields);
            });
        }
        let (held, start) = (Held::new(context.baggage), Instant::now());
        let request = Self {
            context,
            slot,
            _held: held,
            start,
            side,
            open,
            status: None,
            is_underway: false,
            is_over: false,
        };
        request.count_open(1);
        request
    }

    pub(super) fn enter(&self) -> Entered {
        let attached = self.context.attach();
        bridge::entered(self.context);
        Entered { span_id: self.context.span_id, _attached: attached }
    }

    /// Works on the request within its span. A panic that goes through here is the request's.
    pub(super) fn within<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let _entered = self.enter();
        let before = std::mem::replace(&mut self.is_underway, true);
        let done = work();
        self.is_underway = before;
        done
    }

    /// Whether it is served here, and not asked of others.
    pub(super) fn is_served(&self) -> bool {
        matches!(self.side, Side::Server { .. })
    }

    /// Notes the response's status.
    pub(super) fn answered(&mut self, status: StatusCode) {
        self.status = Some(status);
        self.write(|fields| {
            let code = i64::from(status.as_u16());
            fields.push_keyed("http.response.status_code", Value::I64(code));
        });
    }

    /// Ends a request that ran to its end: by its status, or by an error of this type.
    pub(super) fn end(&mut self, error: Option<&'static str>) {
        let failed = |status: &StatusCode| match self.side {
            Side::Server { .. } => status.is_server_error(),
            Side::Client { .. } => status.is_server_error() || status.is_client_error(),
        };
        let status = self.status.filter(failed);
        let error_type = error.or_else(|| status.as_ref().map(StatusCode::as_str)).map(str::to_owned);
        let outcome = if error_type.is_some() { Outcome::Error } else { Outcome::Ok };
        self.end_as(outcome, error_type.as_deref());
    }

    /// Ends a request that was given up, be it by a panic.
    pub(super) fn cancel(&mut self) {
        let outcome = if self.is_underway { Outcome::Panicked } else { Outcome::Cancelled };
        self.end_as(outcome, None);
    }

    fn end_as(&mut self, outcome: Outcome, error_type: Option<&str>) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        if let Some(error_type) = error_type {
            self.write(|fields| fields.push(index::ERROR_TYPE, Value::Str(error_type)));
        }
        {
            // So that an exemplar is this request's.
            let _entered = self.enter();
            let unnamed = if outcome == Outcome::Ok { "" } else { outcome.as_str() };
            self.count(error_type.unwrap_or(unnamed));
        }
        if self.slot.is_some() {
            span::finish(self.slot, clock::now(), outcome);
            self.slot = SlotHandle::NONE;
        }
    }

    fn write(&self, write: impl FnOnce(&mut FieldWriter<'_>)) {
        if self.slot.is_some() {
            span::write(self.slot, write);
        }
    }

    fn count_open(&self, change: i64) {
        match self.side {
            Side::Server { .. } => ServerMetrics::of_process().active.with(self.open).add(change),
            Side::Client { .. } => ClientMetrics::of_process().active.with(self.open).add(change),
        }
    }

    fn count(&self, error_type: &str) {
        self.count_open(-1);
        let Open { method, scheme } = self.open;
        let failure = Failure::named(error_type);
        let status = self.status.map(|status| status.as_str().to_owned()).unwrap_or_default();
        let took = self.start.elapsed();
        match &self.side {
            Side::Server { route } => {
                let labels = Served { method, scheme, failure, status, route: route.clone() };
                ServerMetrics::of_process().duration.with(labels).observe_duration(took);
            }
            Side::Client { address, port } => {
                let labels = Asked { method, failure, status, address: address.clone(), port: port.clone() };
                ClientMetrics::of_process().duration.with(labels).observe_duration(took);
            }
        }
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.cancel();
    }
}
