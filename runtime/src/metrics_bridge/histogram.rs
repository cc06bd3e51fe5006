//! A histogram that many threads write to, and whose sum and buckets belong together when read.
//!
//! There are two halves, as in [Go's client](https://github.com/prometheus/client_golang/blob/v1.20.0/prometheus/histogram.go).
//! Writers use the hot one. A reader makes the other one hot, waits for writers who are in the half that was hot, and
//! takes what it has: nobody writes there any more. Then it adds that to the hot half.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::values::add;
use crate::registry::Histogram;

/// The bit of [`Distribution::begun`] that says which half is hot.
const HALF: u64 = 1 << 63;

pub(super) struct Distribution {
    bounds: Arc<[f64]>,
    /// How many observations were begun, and which half is hot. Changing the half releases the emptied half to those who
    /// begin there, who acquire it.
    begun: AtomicU64,
    halves: [Half; 2],
    /// One reader at a time.
    reader: Mutex<()>,
}

struct Half {
    /// How many observations are in it in full. Released by who has made one, acquired by the reader.
    ended: AtomicU64,
    /// The bits of an `f64`. Ordered by `ended`, as the buckets are.
    sum: AtomicU64,
    buckets: Box<[AtomicU64]>,
}

impl Half {
    fn new(buckets: usize) -> Self {
        let buckets = (0..buckets).map(|_| AtomicU64::new(0)).collect();
        Self { ended: AtomicU64::new(0), sum: AtomicU64::new(0.0_f64.to_bits()), buckets }
    }
}

impl Distribution {
    pub(super) fn new(bounds: Arc<[f64]>) -> Self {
        let half = || Half::new(bounds.len() + 1);
        Self { begun: AtomicU64::new(0), halves: [half(), half()], reader: Mutex::new(()), bounds }
    }

    /// Counts `value` that many times. What is not a number is ignored.
    pub(super) fn observe(&self, value: f64, times: u64) {
        if value.is_nan() || times == 0 {
            return;
        }
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        let half = &self.halves[usize::from(self.begun.fetch_add(times, Ordering::Acquire) & HALF != 0)];
        half.buckets[bucket].fetch_add(times, Ordering::Relaxed);
        add(&half.sum, value * times as f64);
        half.ended.fetch_add(times, Ordering::Release);
    }

    /// What was observed, each observation in full or not at all.
    pub(super) fn snapshot(&self) -> Histogram {
        let _only = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        // Adding the highest bit changes it, and what is carried is lost.
        let begun = self.begun.fetch_add(HALF, Ordering::AcqRel);
        let was_hot = usize::from(begun & HALF != 0);
        let (cold, hot) = (&self.halves[was_hot], &self.halves[1 - was_hot]);
        let count = begun & !HALF;
        // A writer is in there for some nanoseconds, unless it has lost its processor.
        while cold.ended.load(Ordering::Acquire) != count {
            std::thread::yield_now();
        }
        let buckets: Vec<u64> = cold.buckets.iter().map(|bucket| bucket.swap(0, Ordering::Relaxed)).collect();
        let sum = f64::from_bits(cold.sum.swap(0.0_f64.to_bits(), Ordering::Relaxed));
        cold.ended.store(0, Ordering::Relaxed);
        for (bucket, count) in hot.buckets.iter().zip(&buckets) {
            bucket.fetch_add(*count, Ordering::Relaxed);
        }
        add(&hot.sum, sum);
        hot.ended.fetch_add(count, Ordering::Relaxed);
        Histogram { bounds: Arc::clone(&self.bounds), buckets, sum }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_in_the_bucket_of_their_upper_bound() {
        let histogram = Distribution::new(Arc::new([1.0, 2.0]));
        for value in [0.5, 1.0, 1.5, 2.5, f64::NAN, f64::INFINITY] {
            histogram.observe(value, 1);
        }
        histogram.observe(-3.0, 2);
        histogram.observe(9.0, 0);
        let read = histogram.snapshot();
        assert_eq!((read.buckets, read.sum), (vec![4, 1, 2], f64::INFINITY));
    }

    #[test]
    fn sum_and_buckets_belong_together_while_others_write() {
        let histogram = Distribution::new(Arc::new([1.0]));
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        for _ in 0..100_000 {
                            histogram.observe(1.0, 1);
                            histogram.observe(2.0, 3);
                        }
                    })
                })
                .collect();
            let mut last = 0;
            while writers.iter().any(|writer| !writer.is_finished()) {
                let read = histogram.snapshot();
                assert_eq!(read.sum, (read.buckets[0] + 2 * read.buckets[1]) as f64);
                assert!(read.count() >= last, "nothing is lost");
                last = read.count();
            }
        });
        assert_eq!(histogram.snapshot().buckets, [400_000, 1_200_000]);
        assert_eq!(histogram.snapshot().buckets, [400_000, 1_200_000], "reading takes nothing away");
    }
}
