use super::table::{self, Deprecation, Row};
use super::{Finding, ValueType, check, expected};
use crate::naming;

const TYPES: [ValueType; 4] = [ValueType::Bool, ValueType::Int, ValueType::Double, ValueType::Str];

fn rows() -> Vec<Row> {
    table::under("").collect()
}

/// A key of a row: a template's with its free part.
fn key(row: &Row) -> String {
    if row.is_template { format!("{}.content-type", row.key) } else { row.key.to_owned() }
}

fn warning(key: &str) -> Option<String> {
    match check(key, None) {
        Some(Finding::Warning(message)) => Some(message),
        Some(Finding::Error(message)) => panic!("{message}"),
        None => None,
    }
}

#[test]
fn the_table_is_sorted_and_plain() {
    let text = include_str!("../../semconv/attributes.tsv");
    assert!(text.is_ascii() && text.ends_with('\n'));
    let keys: Vec<&str> =
        text.lines().skip(1).map(|line| line.split('\t').next().unwrap_or_default()).collect();
    assert!(keys.is_sorted_by(|one, next| one < next));
    assert_eq!(keys.len(), 940);
    assert_eq!(table::version(), "1.44.0");
    assert!(text.lines().all(|line| line.split('\t').count() == 4));
}

#[test]
fn every_key_is_found() {
    assert_eq!(rows().len(), 940);
    for row in rows() {
        assert_eq!(table::named(row.key), Some(row));
        assert_eq!(table::find(&key(&row)), Some(row));
    }
    for unknown in ["", ".", "a", "zzz.zzz", "http.", ".http", "http.route.", "http.request.header.", "ä.ö"]
    {
        assert_eq!(table::find(unknown), None, "{unknown}");
    }
}

#[test]
fn every_key_takes_its_own_type_and_no_other() {
    for row in rows().iter().filter(|row| row.is_current()) {
        let key = key(row);
        for ty in TYPES {
            let fits = row.value.is_none_or(|own| {
                own == ty
                    || (own == ValueType::Double && ty == ValueType::Int)
                    || (row.is_array && ty == ValueType::Str)
            });
            match check(&key, Some(ty)) {
                None => assert!(fits, "{key} takes {ty:?}"),
                Some(Finding::Error(message)) => assert!(!fits && message.contains(&key), "{message}"),
                Some(Finding::Warning(message)) => panic!("{message}"),
            }
        }
        assert_eq!(check(&key, None), None);
        assert_eq!(expected(&key), row.value.filter(|_| !row.is_array));
    }
}

#[test]
fn every_deprecated_key_names_what_is_used_instead() {
    const SILENT: [&str; 15] = [
        "container.cpu.state",
        "error.message",
        "event.name",
        "message.compressed_size",
        "message.id",
        "message.type",
        "message.uncompressed_size",
        "pool.name",
        "process.cpu.state",
        "process.paging.fault_type",
        "system.cpu.logical_number",
        "system.cpu.state",
        "system.network.state",
        "system.process.status",
        "system.processes.status",
    ];
    for row in rows().iter().filter(|row| !row.is_current() && row.key.contains('.')) {
        let key = key(row);
        // They are everybody's words.
        if SILENT.contains(&&*key) {
            assert_eq!(check(&key, None), None, "{key}");
            continue;
        }
        // The type of what should not be there is no second mistake.
        let Some(Finding::Warning(message)) = check(&key, Some(ValueType::Bool)) else { panic!("{key}") };
        assert!(message.starts_with(&format!("`{key}` is deprecated in OpenTelemetry 1.44.0")), "{message}");
        assert_eq!(expected(&key), None);
        let Deprecation::Replaced(successors) = row.deprecation else {
            assert!(message.contains("no successor"), "{message}");
            continue;
        };
        for successor in successors.split(' ') {
            assert!(message.contains(&format!("`{successor}`")), "{message}");
            // They are there, and are not deprecated themselves. A template's is a template.
            let known = table::find(successor).or_else(|| table::named(successor));
            assert!(known.is_some_and(|known| known.is_current()), "{key}: {successor}");
        }
    }
}

#[test]
fn the_examples_of_the_documentation_hold() {
    assert_eq!(
        warning("db.system").as_deref(),
        Some(
            "`db.system` is deprecated in OpenTelemetry 1.44.0: use `db.system.name`, or write `semconv = false`"
        )
    );
    assert_eq!(
        check("http.response.status_code", Some(ValueType::Str)),
        Some(Finding::Error(
            "`http.response.status_code` is an integer in OpenTelemetry's conventions, and this is text: \
             record an integer, or write `semconv = false`"
                .to_owned()
        ))
    );
}

#[test]
fn slips_name_the_key_that_is_meant() {
    for (slip, meant) in [
        ("http.response.status_coed", "http.response.status_code"),
        ("http.response.statuscode", "http.response.status_code"),
        ("http.response.statusCode", "http.response.status_code"),
        ("service.instance_id", "service.instance.id"),
        ("client.adress", "client.address"),
        ("messaging.destination", "messaging.destination.name"),
        ("exception.stack_trace", "exception.stacktrace"),
        ("deployment.enviroment.name", "deployment.environment.name"),
    ] {
        assert!(warning(slip).is_some_and(|message| message.contains(&format!("use `{meant}`"))), "{slip}");
    }
    let template = warning("http.request.header");
    assert!(template.is_some_and(|message| message.contains("`http.request.header.<key>`")));
}

#[test]
fn reserved_namespaces_are_for_known_keys() {
    for key in ["http.path", "db.rows", "messaging.consumer.lag", "otel.my_flag", "rpc.request.priority"] {
        assert!(warning(key).is_some_and(|message| message.contains("a name of your own")), "{key}");
    }
    // Systems have namespaces of their own there.
    for key in [
        "db.postgresql.role",
        "db.redis.key",
        "messaging.nats.subject",
        "messaging.kafka.topic",
        "messaging.rabbitmq.exchange",
        "rpc.grpc.deadline",
        "http.cache.age",
        "network.zone",
        "dns.server",
    ] {
        assert_eq!(warning(key), None, "{key}");
    }
}

#[test]
fn names_of_the_users_own_are_theirs() {
    for key in [
        "key",
        "session_id",
        "otel.name",
        "otel.kind",
        "otel.status_message",
        "state",
        "db_system",
        "http_route",
        "shop.order.id",
        "eventsource.aggregate.id",
        "user.plan",
        "user.role",
        "user.ip",
        "user.uid",
        "session.user",
        "event.id",
        "event.kind",
        "event.type",
        "error.code",
        "error.message",
        "event.name",
        "message.id",
        "message.type",
        "pool.name",
        "error.kind",
        "service.tier",
        "service.names",
        "service.versions",
        "gen_ai.request.temperatur",
        "code.owner",
        "test.name",
        "file.id",
        "file.kind",
        "host.rack",
        "device.ip",
        "app.tenant",
        "app.stage",
        "process.phase",
        "thread.kind",
        "log.source",
        "message.body",
        "pool.size",
        "net.bytes",
        "peer.id",
        "client.id",
        "server.region",
        "source.id",
        "destination.bucket",
        "container.kind",
        "deployment.stage",
        "cloud.cost",
        "aws.table",
        "gen_ai.new_key",
        "mcp.something",
        "order.http.route",
        "HTTP.route",
        "odd name",
        "a..b",
        "http..x.y",
        ".",
    ] {
        assert_eq!(warning(key), None, "{key}");
        for ty in TYPES {
            assert_eq!(check(key, Some(ty)), None, "{key}");
        }
    }
}

/// Words that programs are made of, in every pair and with every everyday root: what is not in the table says nothing.
#[test]
fn everyday_names_under_everyday_roots_are_silent() {
    const ROOTS: [&str; 23] = [
        "app",
        "client",
        "code",
        "container",
        "deployment",
        "destination",
        "device",
        "error",
        "event",
        "file",
        "host",
        "log",
        "message",
        "order",
        "peer",
        "process",
        "profile",
        "server",
        "service",
        "session",
        "source",
        "test",
        "user",
    ];
    const WORDS: [&str; 40] = [
        "id",
        "ids",
        "key",
        "kind",
        "type",
        "name",
        "names",
        "count",
        "size",
        "total",
        "status",
        "state",
        "stage",
        "role",
        "group_id",
        "tenant",
        "owner",
        "index",
        "level",
        "priority",
        "reason",
        "result",
        "source",
        "target",
        "version",
        "created_at",
        "duration",
        "retry",
        "attempt",
        "amount",
        "currency",
        "email",
        "phone",
        "country",
        "city",
        "address",
        "url",
        "label",
        "tag",
        "tags",
    ];
    let mut loud = Vec::new();
    for root in ROOTS {
        for word in WORDS {
            let single = format!("{root}.{word}");
            let double = WORDS.iter().map(|second| format!("{single}.{second}"));
            let unknown = double.chain([single.clone()]).filter(|key| table::find(key).is_none());
            loud.extend(unknown.filter_map(|key| warning(&key)));
        }
    }
    // And rightly so: three of 37,720.
    let said =
        ["`container.label` is a family", "no `file.group_id`: use `file.group.id`", "no `file.owner`:"];
    assert_eq!(loud.len(), said.len(), "{loud:#?}");
    assert!(said.iter().all(|said| loud.iter().any(|message| message.contains(said))), "{loud:#?}");
}

/// Keys of random letters, a linear congruential generator's, under every root of the registry.
#[test]
fn arbitrary_names_are_silent_outside_of_reserved_namespaces() {
    let mut state = 1_u64;
    let mut letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + (state >> 33) as u8 % 26)
    };
    let mut roots: Vec<&str> = rows().iter().filter_map(|row| row.key.split('.').next()).collect();
    roots.dedup();
    for root in roots.into_iter().filter(|root| !super::unknown::OWN.contains(root)) {
        for length in 1..40 {
            let word: String = (0..length).map(|_| letter()).collect();
            let key = format!("{root}.{word}");
            assert!(table::find(&key).is_some() || warning(&key).is_none(), "{key}");
        }
    }
}

/// The registry's keys are no secrets, whatever they are called; one has passwords in its values.
#[test]
fn keys_of_the_registry_are_no_secrets() {
    let rows = rows();
    let secret: Vec<&str> = rows.iter().map(|row| row.key).filter(|key| naming::is_secret(key)).collect();
    assert_eq!(secret, ["db.connection_string"]);
}
