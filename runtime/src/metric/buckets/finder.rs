//! From a value to the number of its bucket, without a search.

/// Finds the bucket of a value.
#[derive(Debug)]
pub(crate) enum Finder {
    /// Among upper bounds.
    Explicit(Box<Explicit>),
    /// Among so many upper bounds that they are searched.
    Many(Box<[f64]>),
    /// Among a native histogram's.
    Native(Native),
}

impl Finder {
    /// Among upper bounds, which are finite and ascending.
    pub(super) fn explicit(bounds: &[f64]) -> Self {
        Explicit::new(bounds)
            .map_or_else(|| Self::Many(bounds.into()), |explicit| Self::Explicit(Box::new(explicit)))
    }

    /// The bucket's number. What is not a number has none that is right.
    #[inline(always)]
    pub(crate) fn find(&self, value: f64) -> u32 {
        match self {
            Self::Explicit(explicit) => explicit.find(value),
            Self::Many(bounds) => search(bounds, value),
            Self::Native(native) => native.find(value),
        }
    }
}

#[inline(never)]
fn search(bounds: &[f64], value: f64) -> u32 {
    bounds.partition_point(|bound| *bound < value) as u32
}

/// A table that leads from a float's upper bits to the first bound that may be above it. With two bits of the significand,
/// they split each power of two into four, so that with bounds in steps of 1, 2.5 and 5 one comparison is left. Both tables
/// have a place for each number of 8 bits, so that no index is checked.
#[derive(Debug)]
pub(crate) struct Explicit {
    /// How many bounds lie below each cell of the grid.
    starts: [u8; 256],
    /// Ascending, and infinity from there on.
    bounds: [f64; 256],
    /// The number of the grid's first cell.
    lowest: i64,
    /// How many bits of a float the grid does not go by.
    shift: u32,
}

impl Explicit {
    /// Nothing for more than 255 bounds.
    fn new(bounds: &[f64]) -> Option<Self> {
        let first = bounds.iter().copied().find(|bound| *bound > 0.0).unwrap_or(1.0);
        let last = bounds.last().copied().unwrap_or(first).max(first);
        let grid = |value: f64, shift: u32| value.to_bits() as i64 >> shift;
        // As fine as there are places, and one beyond the last bound.
        let shift = (50..63).find(|shift| grid(last, *shift) - grid(first, *shift) < 254)?;
        let lowest = grid(first, shift);
        let below = |cell: i64| {
            let edge = f64::from_bits(((lowest + cell) as u64) << shift);
            // Past the greatest number all bounds are below.
            let is_number = edge.is_finite() && edge > 0.0;
            if is_number { bounds.partition_point(|bound| *bound < edge) } else { bounds.len() }
        };
        let mut all = [f64::INFINITY; 256];
        let places = all.get_mut(..bounds.len()).filter(|places| places.len() < 256)?;
        places.copy_from_slice(bounds);
        // What lies below the first cell is looked for from the first bound on.
        let starts = std::array::from_fn(|cell| if cell == 0 { 0 } else { below(cell as i64) as u8 });
        Some(Self { starts, bounds: all, lowest, shift })
    }

    #[inline(always)]
    fn find(&self, value: f64) -> u32 {
        let cell = (value.to_bits() as i64 >> self.shift) - self.lowest;
        let mut at = self.starts[cell.clamp(0, 255) as usize];
        // Nothing is above infinity.
        while self.bounds[at as usize] < value {
            at = at.wrapping_add(1);
        }
        at.into()
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

    #[inline(never)]
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
        (number - self.first + 1).min(self.buckets) as u32
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
            let explicit = Explicit::new(&bounds).unwrap();
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
    fn more_bounds_than_the_table_has_places_for_are_searched() {
        let bounds: Vec<f64> = (1..=400).map(f64::from).collect();
        assert!(Explicit::new(&bounds).is_none() && Explicit::new(&bounds[..256]).is_none());
        assert!(Explicit::new(&bounds[..255]).is_some());
        let finder = Finder::explicit(&bounds);
        assert_eq!((finder.find(0.5), finder.find(399.5), finder.find(401.0)), (0, 399, 400));
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
