//! The table of keys: the one place that says what can be configured, by which variables, and what is otherwise
//! so. The settings, their reading, the messages and the documentation come from it.

use super::environment::Environment;
use super::kind::{
    Address, BaseEndpoint, Count, Endpoint, Exporters, Filter, Format, Kind, Millis, Port, Protocol, Ratio,
    Samplers, StandardSwitch, Switch, Text,
};
use super::pairs::{Attributes, HeaderList};
use super::problem::{Instead, Problem, ShownValue};

/// A row of the table.
#[derive(Debug)]
pub(super) struct Key {
    /// What it means. Only the documentation's test reads it.
    #[cfg(test)]
    pub(super) doc: &'static str,
    /// The variable after the prefix and its `_`, where there is one. It wins over the others.
    pub(super) suffix: Option<&'static str>,
    /// Variables that others have agreed on, the most specific one first.
    pub(super) standard: &'static [&'static str],
    /// What it may be.
    #[cfg(test)]
    pub(super) expects: &'static str,
    /// What holds where nothing is set.
    pub(super) default: &'static str,
}

/// Declares keys. A row is: documentation, field, kind, suffix of the prefixed variable or nothing, standard
/// variables, the default in words.
macro_rules! keys {
    ($(
        $(#[doc = $doc:literal])+
        $field:ident: $kind:ty, [$($suffix:literal)?], [$($standard:literal),*], $default:literal;
    )*) => {
        /// All keys, in the order of the documentation.
        pub(super) static KEYS: &[Key] = &[$(Key {
            #[cfg(test)]
            doc: concat!($($doc),+),
            suffix: keys!(@suffix $($suffix)?),
            standard: &[$($standard),*],
            #[cfg(test)]
            expects: <$kind as Kind>::EXPECTS,
            default: $default,
        }),*];

        /// What one source of configuration says: code, or the environment.
        #[derive(Clone, Debug, Default)]
        pub(crate) struct Settings {
            $($(#[doc = $doc])+ pub(crate) $field: Option<<$kind as Kind>::Value>,)*
        }

        impl Settings {
            /// What the environment says. `code` is what stands below it, for the messages.
            pub(super) fn read(reader: &mut Reader<'_>, code: &Self) -> Self {
                let mut keys = KEYS.iter();
                Self {
                    // Rows and fields are of the same order, being of the same macro.
                    $($field: keys.next().and_then(|key| reader.read::<$kind>(key, code.$field.is_some())),)*
                }
            }

            /// These settings, and where they say nothing, those below.
            pub(super) fn over(self, below: Self) -> Self {
                Self { $($field: self.$field.or(below.$field),)* }
            }
        }
    };
    (@suffix) => { None };
    (@suffix $suffix:literal) => { Some($suffix) };
}

keys! {
    /// The service's name: `service.name` of the resource.
    service_name: Text, ["SERVICE_NAME"], ["OTEL_SERVICE_NAME"], "`unknown_service:` and the program's name";
    /// More attributes of the resource; they add to those set in code.
    resource_attributes: Attributes, [], ["OTEL_RESOURCE_ATTRIBUTES"], "none";
    /// Records and exports no spans. Logs, metrics and health go on.
    sdk_disabled: StandardSwitch, [], ["OTEL_SDK_DISABLED"], "`false`";
    /// Whether spans are recorded and exported.
    tracing_enabled: Switch, ["TRACING_ENABLED"], [], "`true`";
    /// Which spans are recorded, by target and level.
    trace_filter: Filter, ["TRACE_FILTER"], [], "`info`, and what the filter of the logs lets through beyond it";
    /// The share of traces that is recorded, where there is no parent to decide it.
    sample_rate: Ratio, ["TRACE_SAMPLE_RATE"], [], "the sampler's";
    /// How traces are sampled, where there is no parent to decide it.
    sampler: Samplers, [], ["OTEL_TRACES_SAMPLER"], "`parentbased_always_on`";
    /// The share of the ratio samplers.
    sampler_arg: Ratio, [], ["OTEL_TRACES_SAMPLER_ARG"], "`1.0`";
    /// Where spans are exported to.
    traces_exporter: Exporters, [], ["OTEL_TRACES_EXPORTER"], "`otlp` where an endpoint is set, `none` elsewhere";
    /// The URL that spans are sent to, as it is.
    otlp_traces_endpoint: Endpoint, [], ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"], "the base and `/v1/traces`";
    /// The base of the URL that spans are sent to; `/v1/traces` is appended.
    otlp_endpoint: BaseEndpoint, [], ["OTEL_EXPORTER_OTLP_ENDPOINT"],
        "`http://localhost:4318` where the exporter is set to `otlp`";
    /// Headers of the requests that carry spans. Their values never appear in a message.
    otlp_headers: HeaderList, [], ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"], "none";
    /// How long a request may take, repetitions included.
    otlp_timeout: Millis, [], ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"], "`10000`";
    /// How spans are sent.
    otlp_protocol: Protocol, [], ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"],
        "`http/protobuf`";
    /// The longest time that a finished span waits for its batch to fill.
    batch_delay: Millis, [], ["OTEL_BSP_SCHEDULE_DELAY"], "`5000`";
    /// How many finished spans may wait; more are dropped and counted.
    batch_queue: Count, [], ["OTEL_BSP_MAX_QUEUE_SIZE"], "`2048`";
    /// The most spans in a batch.
    batch_size: Count, [], ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"], "`512`, or the queue where that is shorter";
    /// How long the export of a batch may take.
    batch_timeout: Millis, [], ["OTEL_BSP_EXPORT_TIMEOUT"], "`30000`";
    /// Which events are logged, by target and level.
    log_filter: Filter, ["LOG"], ["RUST_LOG"], "`info`";
    /// How log lines look.
    log_format: Format, ["LOG_FORMAT"], [], "`pretty` on a terminal, `json` elsewhere";
    /// Whether there is an admin server: `/metrics`, `/health`, `/ready` and `/live`.
    metrics_enabled: Switch, ["METRICS_ENABLED"], [], "`true`";
    /// Where the admin server listens.
    metrics_addr: Address, ["METRICS_ADDR"], [], "`127.0.0.1:9090`";
    /// The admin server's port; it wins over the address's. `0` lets the system choose.
    metrics_port: Port, ["METRICS_PORT"], [], "the address's";
    /// Whether the program must not start without its telemetry.
    required: Switch, ["REQUIRED"], [], "`false`";
    /// How long the end of the program may wait for what is not exported yet.
    shutdown_timeout: Millis, ["SHUTDOWN_TIMEOUT"], [], "`5000`";
}

/// Reads variables and collects what is wrong with them.
pub(super) struct Reader<'a> {
    pub(super) environment: &'a Environment,
    pub(super) prefix: &'a str,
    pub(super) problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    /// The value of the first variable that has a good one.
    fn read<K: Kind>(&mut self, key: &Key, set_in_code: bool) -> Option<K::Value> {
        let prefixed = key.suffix.map(|suffix| format!("{}_{suffix}", self.prefix));
        let variables = prefixed.into_iter().chain(key.standard.iter().map(|name| (*name).to_owned()));
        let mut bad = Vec::new();
        let mut found = None;
        for variable in variables {
            match self.read_variable::<K>(&variable) {
                None => {}
                Some(Err(wrong)) => bad.push((variable, wrong)),
                Some(Ok(value)) => {
                    found = Some((variable, value));
                    break;
                }
            }
        }
        let instead = match &found {
            Some((variable, _)) => Instead::Variable(variable.clone()),
            None if set_in_code => Instead::Code,
            None => Instead::Default(key.default),
        };
        for (variable, wrong) in bad {
            let instead = instead.clone();
            self.problems.push(match wrong {
                Wrong::NotUnicode => Problem::NotUnicode { variable, instead },
                Wrong::Value { value, reason } => {
                    Problem::BadValue { variable, value, expects: K::EXPECTS, reason, instead }
                }
            });
        }
        found.map(|(_, value)| value)
    }

    fn read_variable<K: Kind>(&mut self, variable: &str) -> Option<Result<K::Value, Wrong>> {
        let Some(text) = self.environment.get(variable)?.to_str() else {
            return Some(Err(Wrong::NotUnicode));
        };
        if text.trim().is_empty() {
            return None;
        }
        let shown = || if K::SECRET { ShownValue::SECRET } else { ShownValue::new(text) };
        let value = K::parse(text);
        if let (Ok(_), Some(remark)) = (&value, K::remark(text)) {
            self.problems.push(Problem::Remark { variable: variable.to_owned(), value: shown(), remark });
        }
        Some(value.map_err(|reason| Wrong::Value { value: shown(), reason: reason.into_owned() }))
    }
}

/// What is wrong with one variable.
enum Wrong {
    NotUnicode,
    Value { value: ShownValue, reason: String },
}
