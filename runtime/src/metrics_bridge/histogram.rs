//! A histogram that many threads write to, and whose sum and buckets belong together when read.
//!
//! There are two halves, as in [Go's client](https://github.com/prometheus/client_golang/blob/v1.20.0/prometheus/histogram.go).
//! Writers use the hot one. A reader makes the other one hot, waits for writers who are in the half that was hot, and
//! takes what it has: nobody writes there any more. It adds that to what readers have taken before.
//!
//! Invariants:
//! - a writer neither locks nor waits;
//! - a reader waits for a bounded time, since a writer may have lost its processor, or be gone: a forked process has none of
//!   its parent's other threads. What such a writer still adds is taken the next time but one, so that nothing is lost.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::values::add;
use crate::registry::Histogram;

/// The bit of [`Distribution::begun`] that says which half is hot.
const HALF: u64 = 1 << 63;
/// How long a reader waits for writers, who need some nanoseconds where they have a processor.
const PATIENCE: Duration = Duration::from_millis(50);
/// The most that one call counts: with more, a few calls would make a count go round.
const MOST_AT_ONCE: u64 = u32::MAX as u64;

pub(super) struct Distribution {
    bounds: Arc<[f64]>,
    /// How many calls were begun, and which half is hot. Changing the half releases the emptied half to those who begin
    /// there, who acquire it.
    begun: AtomicU64,
    halves: [Half; 2],
    /// One reader at a time.
    taken: Mutex<Taken>,
}

struct Half {
    /// How many calls have ended in it, ever. Released by who has made one, acquired by the reader.
    ended: AtomicU64,
    /// The bits of an `f64`. Ordered by `ended`, as the buckets are.
    sum: AtomicU64,
    buckets: Box<[AtomicU64]>,
}

/// What readers have taken out of both halves.
struct Taken {
    buckets: Box<[u64]>,
    sum: f64,
    /// How many calls were begun when the last reader came.
    begun: u64,
    /// How many calls were begun in each half, ever, except those since then.
    begun_in: [u64; 2],
}

impl Half {
    fn new(buckets: usize) -> Self {
        let buckets = (0..buckets).map(|_| AtomicU64::new(0)).collect();
        Self { ended: AtomicU64::new(0), sum: AtomicU64::new(0.0_f64.to_bits()), buckets }
    }

    /// Waits until so many calls have ended, or as long as patience lasts.
    fn wait_for(&self, calls: u64, patience: Duration) {
        let mut since = None;
        while self.ended.load(Ordering::Acquire) != calls {
            if since.get_or_insert_with(Instant::now).elapsed() >= patience {
                return;
            }
            std::thread::yield_now();
        }
    }
}

impl Distribution {
    pub(super) fn new(bounds: Arc<[f64]>) -> Self {
        let buckets = bounds.len() + 1;
        let taken = Taken { buckets: vec![0; buckets].into(), sum: 0.0, begun: 0, begun_in: [0; 2] };
        let halves = [Half::new(buckets), Half::new(buckets)];
        Self { begun: AtomicU64::new(0), halves, taken: Mutex::new(taken), bounds }
    }

    /// Counts `value` that many times, or [`MOST_AT_ONCE`]. What is not a number is ignored.
    pub(super) fn observe(&self, value: f64, times: u64) {
        if value.is_nan() || times == 0 {
            return;
        }
        let times = times.min(MOST_AT_ONCE);
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        let half = self.begin();
        half.buckets[bucket].fetch_add(times, Ordering::Relaxed);
        add(&half.sum, value * times as f64);
        half.ended.fetch_add(1, Ordering::Release);
    }

    /// The half to write to, until the caller says that it has ended.
    fn begin(&self) -> &Half {
        &self.halves[usize::from(self.begun.fetch_add(1, Ordering::Acquire) & HALF != 0)]
    }

    /// What was observed, each call in full or not at all, unless its thread has stopped in the middle.
    pub(super) fn snapshot(&self) -> Histogram {
        self.snapshot_within(PATIENCE)
    }

    fn snapshot_within(&self, patience: Duration) -> Histogram {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        // Adding the highest bit changes it, and what is carried is lost.
        let begun = self.begun.fetch_add(HALF, Ordering::AcqRel);
        let was_hot = usize::from(begun & HALF != 0);
        let begun = begun & !HALF;
        taken.begun_in[was_hot] += begun - taken.begun;
        taken.begun = begun;
        let cold = &self.halves[was_hot];
        cold.wait_for(taken.begun_in[was_hot], patience);
        for (sum, bucket) in taken.buckets.iter_mut().zip(&cold.buckets) {
            *sum = sum.saturating_add(bucket.swap(0, Ordering::Relaxed));
        }
        taken.sum += f64::from_bits(cold.sum.swap(0.0_f64.to_bits(), Ordering::Relaxed));
        Histogram { bounds: Arc::clone(&self.bounds), buckets: taken.buckets.to_vec(), sum: taken.sum }
    }
}

#[cfg(test)]
impl Distribution {
    /// Makes readers wait for as long as this is held.
    pub(super) fn hold_readers(&self) -> impl Drop + '_ {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
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
                // However busy the machine is.
                let read = histogram.snapshot_within(Duration::from_secs(60));
                assert_eq!(read.sum, (read.buckets[0] + 2 * read.buckets[1]) as f64);
                assert!(read.count() >= last, "nothing is lost");
                last = read.count();
            }
        });
        assert_eq!(histogram.snapshot().buckets, [400_000, 1_200_000]);
        assert_eq!(histogram.snapshot().buckets, [400_000, 1_200_000], "reading takes nothing away");
    }

    #[test]
    fn as_many_at_once_as_there_can_be_do_not_stop_readers() {
        let histogram = Distribution::new(Arc::new([1.0]));
        for _ in 0..3 {
            histogram.observe(1.0, u64::MAX);
            histogram.observe(2.0, 1);
            histogram.snapshot();
        }
        assert_eq!(histogram.snapshot().buckets, [3 * MOST_AT_ONCE, 3]);
    }

    #[test]
    fn a_writer_that_has_stopped_delays_readers_for_a_bounded_time_and_loses_nothing() {
        let histogram = Distribution::new(Arc::new([1.0]));
        histogram.observe(1.0, 1);
        let half = histogram.begin();
        half.buckets[0].fetch_add(1, Ordering::Relaxed);
        for _ in 0..4 {
            histogram.observe(2.0, 1);
            histogram.snapshot_within(Duration::from_millis(1));
        }
        let read = histogram.snapshot_within(Duration::from_millis(1));
        assert_eq!((read.buckets, read.sum), (vec![2, 4], 9.0), "its sum is to come");
        add(&half.sum, 1.0);
        half.ended.fetch_add(1, Ordering::Release);
        let patience = Duration::from_secs(600);
        histogram.snapshot_within(patience);
        let read = histogram.snapshot_within(patience);
        assert_eq!((read.buckets, read.sum), (vec![2, 4], 10.0), "nobody is waited for any more");
    }
}
