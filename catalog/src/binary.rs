//! The catalogue of a binary, without running it.
//!
//! Whatever is annotated is described in the binary by records, as [`spanwright_core::catalog`] says. They are looked for in
//! the whole file, so that it does not matter whether it is an ELF, a Mach-O, a PE or a wasm file.

mod attributes;
mod metrics;
mod spans;

use std::collections::HashSet;

use spanwright_core::catalog::{self, Content, Metrics, NoRecord};

use crate::{Attribute, Catalog, Metric, Span, Unreadable};
use metrics::Families;

/// Records, of which a catalogue is made.
///
/// ```
/// use spanwright_catalog::binary::Records;
///
/// let mut records = Records::default();
/// assert!(!records.add(b"no record"));
/// assert!(records.into_catalog().spans.is_empty());
/// ```
#[derive(Debug, Default)]
pub struct Records<'b> {
    spans: Vec<Span>,
    calls: Vec<metrics::OfCalls>,
    structs: Vec<Metrics<'b>>,
    attributes: Vec<Attribute>,
}

impl<'b> Records<'b> {
    /// Adds the record that `bytes` are; whether they are one.
    pub fn add(&mut self, bytes: &'b [u8]) -> bool {
        let Ok((content, _)) = catalog::read(bytes) else { return false };
        self.add_content(content);
        true
    }

    fn add_content(&mut self, content: Content<'b>) {
        match content {
            Content::Span(spec) => {
                self.calls.extend(metrics::of_calls(&spec));
                self.spans.push(spans::span(&spec));
            }
            Content::Metrics(of_struct) => self.structs.push(of_struct),
            Content::Attributes(all) => self.attributes.extend(all.iter().map(attributes::attribute)),
            // Of another version of `core`, which there is not.
            _ => {}
        }
    }

    /// What they describe. It does not depend on their order.
    #[must_use]
    pub fn into_catalog(mut self) -> Catalog {
        let mut families = Families::default();
        self.calls.sort_by(|one, other| one.order().cmp(&other.order()));
        self.calls.dedup();
        for calls in self.calls {
            calls.families().into_iter().for_each(|family| families.add(family));
        }
        // What is a part of another struct has its names there, unless it has instances of its own.
        let parts: HashSet<_> = self.structs.iter().flat_map(metrics::parts).collect();
        self.structs.retain(|of_struct| !of_struct.is_instance || !metrics::is_among(of_struct, &parts));
        let (mut own, mut derived): (Vec<Metric>, Vec<_>) = (Vec::new(), Vec::new());
        for of_struct in &self.structs {
            own.extend(metrics::all(of_struct));
            derived.extend(metrics::derived(of_struct));
        }
        own.sort_by(|one, other| metrics::order(one).cmp(&metrics::order(other)));
        own.into_iter().for_each(|metric| families.add(metric));
        derived.sort_by(|one, other| (&one.name, &one.place.module).cmp(&(&other.name, &other.place.module)));
        derived.dedup_by(|later, first| later.name == first.name);
        self.attributes.sort_by(|one, other| attributes::order(one).cmp(&attributes::order(other)));
        let (spans, attributes) = (self.spans, self.attributes);
        let metrics = families.into_metrics();
        Catalog { spans, metrics, derived, attributes, ..Catalog::new() }.sorted()
    }
}

impl Catalog {
    /// The catalogue of a binary, which is not run: `bytes` are its file's.
    ///
    /// What is not known before it runs is not in it: which service it is, and metrics that are made while it runs.
    ///
    /// # Errors
    ///
    /// A file in which nothing is described, and one that a newer version describes.
    pub fn from_binary(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut records = Records::default();
        let (mut any, mut newer) = (false, None);
        let magic = catalog::magic();
        let finder = memchr::memmem::Finder::new(&magic);
        let mut rest = bytes;
        while let Some(at) = finder.find(rest) {
            rest = &rest[at..];
            let length = match catalog::read(rest) {
                Ok((content, length)) => {
                    records.add_content(content);
                    any = true;
                    length
                }
                Err(problem) => {
                    if let NoRecord::Newer(found) = problem {
                        newer = Some(found);
                    }
                    // Whatever this is, another record may begin right behind it.
                    magic.len()
                }
            };
            rest = &rest[length..];
        }
        match (any, newer) {
            (true, _) => Ok(records.into_catalog()),
            (false, Some(found)) => Err(Unreadable::NewerRecords { found }),
            (false, None) => Err(Unreadable::NoRecords),
        }
    }
}

#[cfg(test)]
mod tests;
