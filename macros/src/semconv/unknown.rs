//! Keys that the registry does not have, and whether to say so.
//!
//! A false alarm costs more than a slip that nobody notices. So the rule is strict with names that are OpenTelemetry's
//! without doubt, and careful with all others.

use super::OR_SILENCE;
use super::table::{self, Deprecation, Row};
use crate::naming;

/// The roots that say "OpenTelemetry" to everybody, so that a key of one's own has no place directly below them. Others of
/// its registry (`service`, `user`, `event`, `session`, `error`, `file`, …) are everyday words that anybody may use, or
/// those of vendors with keys of their own (`aws`, `gcp`, …).
pub(super) const OWN: [&str; 10] =
    ["cloudevents", "db", "faas", "feature_flag", "graphql", "http", "k8s", "messaging", "otel", "rpc"];

/// Namespaces of systems, below which each has keys of its own, also those that OpenTelemetry does not know.
const SYSTEMS: [&str; 17] = [
    "cassandra",
    "connect_rpc",
    "cosmosdb",
    "elasticsearch",
    "eventhubs",
    "gcp_pubsub",
    "grpc",
    "jdbc",
    "jsonrpc",
    "kafka",
    "mongodb",
    "mssql",
    "rabbitmq",
    "redis",
    "rocketmq",
    "servicebus",
    "sql",
];

/// What `tracing-opentelemetry` has made known: fields that say what a span is. So it is not asked whether they are keys.
const OF_TRACING: [&str; 3] = ["otel.kind", "otel.name", "otel.status_message"];

/// The warning for a key that is not in the table, if there is to be one:
///
/// - where it is the same as a known key but for dots, underscores, hyphens and cases (`service.instance_id`);
/// - where it differs from a known key in one part, by one slip in at least six letters or two in at least nine, and not
///   just by a plural (`client.adress`);
/// - where it is a namespace of the registry, and the known key is its `name` (`messaging.destination`);
/// - where it stands directly in a namespace of the registry below one of [`OWN`] (`http.path`, `db.client.size`, but not
///   `db.postgresql.size` or `messaging.kafka.topic`, as systems have namespaces of their own there).
pub(super) fn warning(key: &str) -> Option<String> {
    let (root, _) = key.split_once('.').filter(|_| !OF_TRACING.contains(&key))?;
    // Below a root where nothing is current the registry is the past's, or another's.
    let root = format!("{root}.");
    if !table::under(&root).any(|row| row.deprecation == Deprecation::No) {
        return None;
    }
    if table::named(key).is_some_and(|row| row.is_template) {
        return Some(format!("`{key}` is a family of OpenTelemetry's keys: use `{key}.<key>`{OR_SILENCE}"));
    }
    if let Some(near) = near(key, &root) {
        return Some(format!("OpenTelemetry has no `{key}`: use `{near}`{OR_SILENCE}"));
    }
    let (namespace, _) = key.rsplit_once('.')?;
    let is_systems = key.split('.').nth(1).is_some_and(|second| SYSTEMS.contains(&second));
    let is_reserved = !is_systems
        && OWN.iter().any(|own| root.strip_suffix('.') == Some(own))
        && table::under(&format!("{namespace}.")).next().is_some();
    is_reserved.then(|| {
        format!(
            "OpenTelemetry keeps `{namespace}.…` for its own keys, and `{key}` is none: begin it with a name of your own\
             {OR_SILENCE}"
        )
    })
}

/// The key that is meant, if it is plain.
fn near(key: &str, root: &str) -> Option<String> {
    let plain = plain(key);
    let of_name = format!("{key}.name");
    let is_meant = |row: &Row| row.key == of_name || self::plain(row.key) == plain || is_slip(key, row.key);
    let row = table::under(root).find(|row| !row.is_template && row.is_current() && is_meant(row))?;
    Some(row.key.to_owned())
}

/// A key without all that separates words.
fn plain(key: &str) -> String {
    key.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether two keys differ in one part, and there by so little that it is a slip.
fn is_slip(key: &str, known: &str) -> bool {
    let mut parts = key.split('.').zip(known.split('.')).filter(|(part, known)| part != known);
    let is_as_deep = key.matches('.').count() == known.matches('.').count();
    let (Some((part, known)), None, true) = (parts.next(), parts.next(), is_as_deep) else { return false };
    let is_plural = part.strip_suffix('s') == Some(known) || known.strip_suffix('s') == Some(part);
    let slips = match part.len().min(known.len()) {
        0..6 => 0,
        6..9 => 1,
        _ => 2,
    };
    !is_plural && naming::distance(part, known) <= slips
}
