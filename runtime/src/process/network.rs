//! The network interfaces of the process' namespace: `/proc/self/net/dev`.

use std::fs;

use super::Families;
use crate::registry::{LabelSet, Text, Value};

/// The most interfaces that have series. Hosts of containers have thousands. The others have none, not even one for all of them:
/// it would fall whenever one of them goes, or takes the place of one that goes, and a counter that falls has started anew.
const MAX_INTERFACES: usize = 64;

/// What is counted of an interface: the metric, its help, its unit, and the column.
const COLUMNS: [(&str, &str, &str, usize); 6] = [
    (
        "network_namespace_receive_bytes_total",
        "Bytes that interfaces of the network namespace received.",
        "bytes",
        0,
    ),
    (
        "network_namespace_receive_packets_total",
        "Packets that interfaces of the network namespace received.",
        "",
        1,
    ),
    (
        "network_namespace_receive_errors_total",
        "Packets that interfaces of the network namespace received broken.",
        "",
        2,
    ),
    (
        "network_namespace_transmit_bytes_total",
        "Bytes that interfaces of the network namespace sent.",
        "bytes",
        8,
    ),
    (
        "network_namespace_transmit_packets_total",
        "Packets that interfaces of the network namespace sent.",
        "",
        9,
    ),
    (
        "network_namespace_transmit_errors_total",
        "Packets that interfaces of the network namespace could not send.",
        "",
        10,
    ),
];

pub(super) fn collect(out: &mut Families<'_>) {
    let Ok(table) = fs::read_to_string("/proc/self/net/dev") else { return };
    let interfaces = parse(&table);
    for (at, (name, help, unit, _)) in COLUMNS.into_iter().enumerate() {
        let series = interfaces.iter().map(|(interface, values)| {
            (LabelSet::from([("interface", interface.clone())]), Value::Counter(values[at]))
        });
        // Interfaces count since they were made, which is not known.
        out.counter(name, help, unit, None, series);
    }
}

/// The first interfaces with the values of the columns. Lines without a colon are headings.
fn parse(table: &str) -> Vec<(Text, [u64; COLUMNS.len()])> {
    let lines = table.lines().filter_map(|line| line.split_once(':'));
    let interface = |(name, columns): (&str, &str)| {
        let columns: Vec<u64> =
            columns.split_ascii_whitespace().map(|column| column.parse().unwrap_or_default()).collect();
        let values = COLUMNS.map(|(_, _, _, column)| columns.get(column).copied().unwrap_or_default());
        (name.trim().to_owned().into(), values)
    };
    lines.take(MAX_INTERFACES).map(interface).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADINGS: &str = "Inter-|   Receive                            |  Transmit\n \
        face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n";

    #[test]
    fn columns_are_those_of_their_names() {
        let table = format!("{HEADINGS}    lo:  1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
        assert_eq!(parse(&table), [("lo".into(), [1, 2, 3, 9, 10, 11])]);
        // Large numbers leave no space behind the colon.
        assert_eq!(parse("eth0:4720004197 2\n")[0].1[0], 4_720_004_197);
    }

    #[test]
    fn no_series_falls_when_an_interface_goes() {
        let lines: Vec<String> =
            (0..MAX_INTERFACES + 3).map(|at| format!("veth{at}: {at} 1 1 0 0 0 0 0 2 2 2\n")).collect();
        let before = parse(&lines.concat());
        assert_eq!(before.len(), MAX_INTERFACES);
        for gone in 0..lines.len() {
            let after = parse(&[&lines[..gone], &lines[gone + 1..]].concat().concat());
            assert_eq!(after.len(), MAX_INTERFACES);
            for (interface, values) in &after {
                let was = before.iter().find(|(other, _)| other == interface);
                assert!(was.is_none_or(|(_, was)| was == values), "{interface}");
            }
        }
    }
}
