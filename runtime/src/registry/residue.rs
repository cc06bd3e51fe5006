//! What metrics have counted that are gone.

use std::collections::{HashMap, HashSet};

use spanwright_core::cells::StoreId;

use super::instrument::Instrument;
use super::snapshot::{LabelSet, Series, Text};
use crate::metric::OVERFLOW;

/// What metrics with the same labels of their registry's have counted that are gone, by the store that they counted in.
///
/// Of each text label it keeps as many texts as one metric may have, however many metrics come and go. The others are added
/// to the overflow: a series may end there, and its sum stays.
#[derive(Default)]
pub(super) struct Residue(Vec<(StoreId, Counted)>);

/// What was counted in one store.
#[derive(Default)]
struct Counted {
    series: Vec<Series>,
    /// Where the series with such labels is.
    places: HashMap<LabelSet, usize>,
    /// The texts of each text label.
    texts: HashMap<&'static str, HashSet<Text>>,
}

impl Residue {
    /// Adds what a metric has counted in a store; how many series found no place of their own.
    pub(super) fn add(&mut self, store: StoreId, of: &Instrument, series: Vec<Series>) -> u64 {
        if series.is_empty() {
            return 0;
        }
        let at = self.0.iter().position(|(other, _)| *other == store).unwrap_or_else(|| {
            self.0.push((store, Counted::default()));
            self.0.len() - 1
        });
        let counted = &mut self.0[at].1;
        series.into_iter().map(|one| u64::from(counted.add(of, one))).sum()
    }

    /// What was counted in a store.
    pub(super) fn of(&self, store: StoreId) -> Vec<Series> {
        let counted = self.0.iter().find(|(other, _)| *other == store);
        counted.map_or_else(Vec::new, |(_, counted)| counted.series.clone())
    }
}

impl Counted {
    /// Adds a series; whether it has found no place of its own. All series of a family have their labels in one order.
    fn add(&mut self, of: &Instrument, one: Series) -> bool {
        let mut labels = one.labels.clone();
        let mut is_over = false;
        for (name, max) in of.text_labels() {
            let Some(text) = labels.get(name).filter(|text| *text != OVERFLOW) else { continue };
            let texts = self.texts.entry(name).or_default();
            if texts.contains(text) {
                continue;
            }
            if texts.len() < max as usize {
                texts.insert(text.to_owned().into());
            } else {
                labels = labels.with_value(name, OVERFLOW);
                is_over = true;
            }
        }
        let one = Series { labels: labels.clone(), exemplars: Vec::new(), ..one };
        match self.places.get(&labels) {
            // It fits: metrics of one name have the same buckets.
            Some(at) => _ = self.series[*at].add(one),
            None => {
                self.places.insert(labels, self.series.len());
                self.series.push(one);
            }
        }
        is_over
    }
}
