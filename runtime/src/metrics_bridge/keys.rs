//! From a key to its series.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, PoisonError, RwLock};

use metrics::Key;

use super::families::{Bounds, Families, Kinds};
use super::values::Held;
use crate::registry::Family;

/// Threads that register at the same time seldom meet.
const SHARDS: usize = 16;

/// All metrics of one kind.
pub(super) struct Keys<V> {
    /// By the hash that keys bring along. Several keys may be one series: labels in another order, names that become one.
    shards: [RwLock<Shard<V>>; SHARDS],
    families: Families<V>,
}

type Shard<V> = HashMap<u64, Known<V>, BuildHasherDefault<AsItIs>>;

/// The keys with one hash.
struct Known<V> {
    first: (Key, Arc<V>),
    others: Vec<(Key, Arc<V>)>,
}

impl<V> Default for Keys<V> {
    fn default() -> Self {
        Self { shards: Default::default(), families: Families::default() }
    }
}

impl<V: Held> Keys<V> {
    /// The series of a key; nothing where there is no room even for its family.
    #[inline]
    pub(super) fn get(
        &self,
        key: &Key,
        bounds: &Bounds,
        kinds: &Kinds,
        make: impl FnOnce(&str) -> V,
    ) -> Option<Arc<V>> {
        let hash = key.get_hash();
        // The map looks at the lowest and the highest bits.
        let shard = &self.shards[(hash >> 32) as usize % SHARDS];
        {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(value) = shard.get(&hash).and_then(|known| known.get(key)) {
                return Some(Arc::clone(value));
            }
        }
        let (value, is_its_own) = self.families.get(key, bounds, kinds, make)?;
        if is_its_own && bounds.take_key() {
            let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
            let new = (key.to_retained(), Arc::clone(&value));
            match shard.get_mut(&hash) {
                None => drop(shard.insert(hash, Known { first: new, others: Vec::new() })),
                // Another thread may have been here.
                Some(known) if known.get(key).is_some() => bounds.give_key_back(),
                Some(known) => known.others.push(new),
            }
        }
        Some(value)
    }

    /// Appends the families.
    pub(super) fn collect(&self, families: &mut Vec<Family>) {
        self.families.collect(families);
    }
}

impl<V> Known<V> {
    #[inline]
    fn get(&self, key: &Key) -> Option<&Arc<V>> {
        if self.first.0 == *key {
            return Some(&self.first.1);
        }
        self.others.iter().find(|(other, _)| other == key).map(|(_, value)| value)
    }
}

/// Takes a number that is a hash already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Keys of the map are numbers, so this is not used.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_with_one_hash_are_different_keys() {
        let key = |shard: &'static str| Key::from_parts("k", &[("shard", shard)]);
        let known = Known {
            first: (key("one"), Arc::new(1)),
            others: vec![(key("two"), Arc::new(2)), (key("three"), Arc::new(3))],
        };
        let value = |shard| known.get(&key(shard)).map(|value| **value);
        assert_eq!(
            [value("one"), value("two"), value("three"), value("four")],
            [Some(1), Some(2), Some(3), None]
        );
    }
}
