//! The longest of many.

/// Keeps the longest, and counts the others.
#[derive(Clone, Debug)]
pub(crate) struct Longest<T> {
    most: usize,
    kept: Vec<(u64, T)>,
    pub(crate) count: u64,
    pub(crate) sum: u64,
}

impl<T> Default for Longest<T> {
    fn default() -> Self {
        Self::new(0)
    }
}

impl<T> Longest<T> {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, kept: Vec::new(), count: 0, sum: 0 }
    }

    /// Of equals the first stays first.
    pub(crate) fn add(&mut self, length: u64, make: impl FnOnce() -> T) {
        self.count += 1;
        self.sum = self.sum.saturating_add(length);
        let place = self.kept.partition_point(|(kept, _)| *kept >= length);
        if place < self.most {
            self.kept.insert(place, (length, make()));
            self.kept.truncate(self.most);
        }
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &(u64, T)> {
        self.kept.iter()
    }

    /// Those that are kept, to be changed.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut (u64, T)> {
        self.kept.iter_mut()
    }

    /// The longest.
    pub(crate) fn first(&self) -> Option<&(u64, T)> {
        self.kept.first()
    }

    /// How many are not kept.
    pub(crate) fn more(&self) -> u64 {
        self.count - self.kept.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_stay_and_the_first_of_equals_comes_first() {
        let mut longest = Longest::new(3);
        [(5, 'a'), (9, 'b'), (5, 'c'), (1, 'd'), (9, 'e')]
            .into_iter()
            .for_each(|(length, name)| longest.add(length, || name));
        assert_eq!(longest.iter().copied().collect::<Vec<_>>(), [(9, 'b'), (9, 'e'), (5, 'a')]);
        assert_eq!((longest.count, longest.sum, longest.more()), (5, 29, 2));
    }
}
