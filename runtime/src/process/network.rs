//! The network interfaces of the process' namespace: `/proc/self/net/dev`.

use std::fs;

use super::Families;
use crate::registry::{LabelSet, Text, Value};

/// The most interfaces with series of their own; the others are one, `other`. Hosts of containers have thousands.
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

/// Interfaces with the values of the columns. Lines without a colon are headings.
fn parse(table: &str) -> Vec<(Text, [u64; COLUMNS.len()])> {
    let mut interfaces: Vec<(Text, [u64; COLUMNS.len()])> = Vec::new();
    for (name, columns) in table.lines().filter_map(|line| line.split_once(':')) {
        let columns: Vec<u64> =
            columns.split_ascii_whitespace().map(|column| column.parse().unwrap_or_default()).collect();
        let values = COLUMNS.map(|(_, _, _, column)| columns.get(column).copied().unwrap_or_default());
        if let Some((_, others)) = interfaces.get_mut(MAX_INTERFACES) {
            others.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        } else {
            let is_last = interfaces.len() == MAX_INTERFACES;
            let name = if is_last { Text::from("other") } else { name.trim().to_owned().into() };
            interfaces.push((name, values));
        }
    }
    interfaces
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
    fn interfaces_beyond_the_bound_are_one() {
        let table: String =
            (0..MAX_INTERFACES + 3).map(|at| format!("veth{at}: 1 1 1 0 0 0 0 0 2 2 2\n")).collect();
        let interfaces = parse(&table);
        assert_eq!(interfaces.len(), MAX_INTERFACES + 1);
        assert_eq!(interfaces[MAX_INTERFACES], ("other".into(), [3, 3, 3, 6, 6, 6]));
    }
}
