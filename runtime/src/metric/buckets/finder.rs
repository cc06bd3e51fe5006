//! From a value to the number of its bucket, without a search.

/// Finds the bucket of a value.
#[derive(Debug)]
pub(crate) enum Finder {
    /// Among upper bounds.
    Explicit(Explicit),
    /// Among a native histogram's.
    Native(Native),
}

impl Finder {
    /// The bucket's number. What is not a number has none that is right.
    #[inline(always)]
    pub(crate) fn find(&self, value: f64) -> u32 {
        match self {
            Self::Explicit(explicit) => explicit.find(value),
            Self::Native(native) => native.find(value),
        }
    }
}

/// A table that leads from a float's upper bits to the first bound that may be above it. The upper bits, two of them of
/// the significand, split each power of two into four, so that with bounds in steps of 1, 2.5 and 5 one comparison is left.
#[derive(Debug)]
pub(crate) struct Explicit {
    /// Ascending, and infinity.
    bounds: Box<[f64]>,
    /// How many bounds lie below each cell of the grid.
    starts: Box<[u16]>,
    /// The number of the grid's first cell.
    lowest: i64,
}

/// Bits of a float below those that the grid goes by.
const GRID: u32 = 50;

fn grid(value: f64) -> i64 {
    value.to_bits() as i64 >> GRID
}

impl Explicit {
    /// Over bounds that are finite and ascending.
    pub(super) fn new(bounds: &[f64]) -> Self {
        let positive = bounds.iter().copied().find(|bound| *bound > 0.0);
        let lowest = grid(positive.unwrap_or(1.0));
        let highest = bounds.last().map_or(lowest, |last| grid(last.max(f64::MIN_POSITIVE)).max(lowest));
        let below = |cell: i64| {
            let edge = f64::from_bits((cell as u64) << GRID);
            bounds.partition_point(|bound| *bound < edge) as u16
        };
        // What lies below the first cell is looked for from the first bound on.
        let starts = std::iter::once(0).chain((lowest + 1..=highest + 1).map(below));
        let bounds = bounds.iter().copied().chain([f64::INFINITY]);
        Self { bounds: bounds.collect(), starts: starts.collect(), lowest }
    }

    #[inline(always)]
    fn find(&self, value: f64) -> u32 {
        let last = self.starts.len() as i64 - 1;
        let cell = (grid(value) - self.lowest).clamp(0, last);
        let mut at = self.starts[cell as usize] as usize;
        // Nothing is above the infinite one.
        while self.bounds.get(at).is_some_and(|bound| *bound < value) {
            at += 1;
        }
        at as u32
    }
}

/// The bucket that a native histogram's boundaries give, counted from a first one; below it is the zero bucket, number 0.
#[derive(Debug)]
pub(crate) struct Native {
    /// What a value is multiplied with: 10⁻⁹ makes seconds of nanoseconds.
    factor: f64,
    /// Not above this is zero.
    threshold: f64,
    /// The number of the first bucket, as [`NativeHistogram`](crate::registry::NativeHistogram) counts.
    first: i64,
    /// How many there are beside the zero bucket.
    buckets: i64,
    /// The significands of the boundaries within a power of two, and more that nothing is above.
    boundaries: Box<[u64]>,
    /// How many boundaries lie below each part of a power of two.
    starts: Box<[u8]>,
    schema: u32,
}

const SIGNIFICAND: u32 = 52;

impl Native {
    /// Buckets from `first` on, `buckets` of them.
    pub(super) fn new(schema: u32, first: i32, buckets: u32, threshold: f64, factor: f64) -> Self {
        let count = 1_u32 << schema;
        let significand = |value: f64| value.to_bits() & ((1 << SIGNIFICAND) - 1);
        let boundaries: Vec<u64> =
            (0..count).map(|at| significand((f64::from(at) / f64::from(count)).exp2())).collect();
        let below = |part: u32| {
            let edge = u64::from(part) << (SIGNIFICAND - schema);
            boundaries.partition_point(|boundary| *boundary < edge) as u8
        };
        let starts = (0..count).map(below).collect();
        let boundaries = boundaries.iter().copied().chain([u64::MAX; 2]).collect();
        Self { factor, threshold, first: first.into(), buckets: buckets.into(), boundaries, starts, schema }
    }

    #[inline]
    fn find(&self, value: f64) -> u32 {
        let value = value * self.factor;
        if value <= self.threshold {
            return 0;
        }
        let bits = value.to_bits();
        let significand = bits & ((1 << SIGNIFICAND) - 1);
        let start = self.starts[(significand >> (SIGNIFICAND - self.schema)) as usize] as usize;
        // A part has two boundaries at most.
        let above = |at: usize| i64::from(self.boundaries.get(at).is_some_and(|bound| *bound < significand));
        let within = start as i64 + above(start) + above(start + 1);
        let exponent = (bits >> SIGNIFICAND) as i64 - 1_023;
        let number = (exponent << self.schema) + within;
        (number - self.first + 1).clamp(1, self.buckets) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn searched(bounds: &[f64], value: f64) -> u32 {
        bounds.partition_point(|bound| *bound < value) as u32
    }

    fn any_number() -> impl Strategy<Value = f64> {
        prop_oneof![any::<f64>(), -10.0..10.0, Just(0.0), Just(f64::INFINITY), Just(f64::NEG_INFINITY)]
    }

    proptest! {
        #[test]
        fn explicit_bounds_are_found_as_by_a_search(
            mut bounds in vec(prop_oneof![-1e3..1e3, any::<f64>()], 1..40),
            values in vec(any_number(), 1..40),
        ) {
            bounds.retain(|bound: &f64| bound.is_finite());
            bounds.sort_by(f64::total_cmp);
            bounds.dedup();
            let explicit = Explicit::new(&bounds);
            for value in values.into_iter().filter(|value| !value.is_nan()).chain(bounds.iter().copied()) {
                prop_assert_eq!(explicit.find(value), searched(&bounds, value), "{}", value);
            }
        }

        #[test]
        fn native_buckets_hold_what_is_between_their_bounds(value in any_number(), schema in 0..4_u32) {
            let first = -20 << schema;
            let native = Native::new(schema, first, 40 << schema, (-20.0_f64 - (-(schema as f64)).exp2()).exp2(), 1.0);
            prop_assume!(!value.is_nan());
            let bound = |number: u32| (f64::from(first + number as i32 - 1) * (-(schema as f64)).exp2()).exp2();
            let found = native.find(value);
            if found == 0 {
                prop_assert!(value <= native.threshold);
            } else {
                prop_assert!(value <= bound(found) || found == 40 << schema, "{} {}", value, bound(found));
                prop_assert!(value > bound(found - 1), "{} {}", value, bound(found - 1));
            }
        }
    }

    #[test]
    fn a_boundary_belongs_to_the_bucket_below_it() {
        let native = Native::new(3, -239, 504, (-30.0_f64).exp2(), 1.0);
        for number in -239..=264 {
            let bound = (f64::from(number) / 8.0).exp2();
            assert_eq!(native.find(bound), (number + 240) as u32, "{number}");
            assert_eq!(native.find(bound.next_up()), (number + 241).min(264 + 240) as u32, "{number}");
        }
        assert_eq!((native.find(1e-12), native.find(0.0), native.find(-1.0)), (0, 0, 0));
        assert_eq!((native.find(1e30), native.find(f64::INFINITY)), (504, 504));
    }
}
