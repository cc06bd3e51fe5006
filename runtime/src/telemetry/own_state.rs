//! How full the telemetry's own memory is: the ring, the queues, the values of metrics. What they drop is counted elsewhere, as it happens.

use std::collections::BTreeMap;

use spanwright_core::{cells, chunks};

use crate::registry::{Family, Kind, LabelSet, Source, Value};
use crate::span::PipelineHandle;

/// The values' memory, and a pipeline's ring and queues.
#[derive(Debug)]
pub(super) struct OwnState(pub(super) PipelineHandle);

impl Source for OwnState {
    fn collect(&self, families: &mut Vec<Family>) {
        let mut add =
            |name: &'static str, help: &'static str, unit: &'static str, series: Vec<(LabelSet, f64)>| {
                let family =
                    Family { help: help.into(), unit: unit.into(), ..Family::new(name, Kind::Gauge) };
                let with = |family: Family, (labels, value)| family.with(labels, Value::Gauge(value));
                families.push(series.into_iter().fold(family, with));
            };
        let one = |bytes: usize| vec![(LabelSet::default(), bytes as f64)];
        let (limit, used) = chunks::ring().usage();
        let help = "Memory of the ring buffer that spans and events are in, or that a thread keeps for its next ones.";
        add("spanwright_ring_used_bytes", help, "bytes", one(used));
        add("spanwright_ring_limit_bytes", "How large the ring buffer may become.", "bytes", one(limit));

        let page = f64::from(cells::PAGE_CELLS) * 8.0;
        let pages = |count: u32| vec![(LabelSet::default(), f64::from(count) * page)];
        let help = "Memory of metrics' values that is of one thread each.";
        add("spanwright_metrics_used_bytes", help, "bytes", pages(cells::own_pages()));
        let help = "Beyond it, threads share the memory of metrics' values.";
        add("spanwright_metrics_limit_bytes", help, "bytes", pages(cells::own_pages_limit()));

        // A program's own exporters may have one name.
        let mut queues = BTreeMap::<_, (u64, usize)>::new();
        self.0.for_each_queue(|signal, exporter, pending, limit| {
            let (all_pending, all_limits) = queues.entry((signal, exporter)).or_default();
            *all_pending += pending;
            *all_limits += limit;
        });
        let series = |value: &dyn Fn(&(u64, usize)) -> f64| {
            let all = queues.iter().map(|((signal, exporter), queue)| {
                (LabelSet::from([("signal", *signal), ("exporter", *exporter)]), value(queue))
            });
            all.collect::<Vec<_>>()
        };
        let waiting = series(&|(pending, _)| *pending as f64);
        add(
            "spanwright_export_queue_items",
            "What waits for an exporter, or is being exported.",
            "",
            waiting,
        );
        let limits = series(&|(_, limit)| *limit as f64);
        let help = "How much may wait for an exporter, with the batch that is being exported.";
        add("spanwright_export_queue_limit_items", help, "", limits);
    }
}
