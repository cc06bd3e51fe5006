//! Keeps what overlaps on a thread apart: slices of one track must not cross.

/// Of more than so many that overlap each gets a lane of its own.
const MOST: usize = 256;

/// When the last slice of each lane ended.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    ends: Vec<u64>,
    /// Lanes for one slice each.
    single: u32,
}

impl Lanes {
    /// The lane for a slice; slices come in the order of their ends. True where the lane is new.
    pub(super) fn place(&mut self, start: u64, end: u64) -> (u32, bool) {
        if let Some(lane) = self.ends.iter().position(|last| *last <= start) {
            self.ends[lane] = end;
            return (lane as u32, false);
        }
        if self.ends.len() < MOST {
            self.ends.push(end);
            return (self.ends.len() as u32 - 1, true);
        }
        self.single = self.single.wrapping_add(1);
        (MOST as u32 + self.single, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_of_a_lane_never_cross() {
        let mut lanes = Lanes::default();
        assert_eq!(lanes.place(0, 10), (0, true));
        assert_eq!(lanes.place(10, 10), (0, false));
        assert_eq!(lanes.place(10, 20), (0, false));
        // Around all of them.
        assert_eq!(lanes.place(0, 30), (1, true));
        assert_eq!(lanes.place(25, 35), (0, false));
        assert_eq!(lanes.place(29, 36), (2, true));
        for number in 0..1000 {
            let (lane, is_new) = lanes.place(1, 40 + number);
            assert!(is_new && lane > 2);
        }
        assert_eq!(lanes.ends.len(), MOST);
    }
}
