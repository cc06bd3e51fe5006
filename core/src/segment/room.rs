//! Memory for chunks, slots and lanes: really allocated, before anybody has it.

use std::io;
use std::ptr::NonNull;

use super::layout::{Area, CHUNK, LANE, SLOTS, STEP};
use super::{Segment, system};
use crate::chunks::Chunk;
use crate::lanes::Lane;
use crate::slots;
use crate::sync::{Ordering, lock};

/// What is allocated.
#[derive(Debug)]
pub(super) struct Allocated {
    /// Bytes from the file's start that definitions have.
    pub(super) definitions: usize,
    /// Bytes of chunks.
    chunks: usize,
    /// Which segments of slots.
    slots: [bool; slots::SEGMENTS],
    /// Bytes of lanes.
    lanes: usize,
}

impl Allocated {
    pub(super) const fn new() -> Self {
        Self { definitions: 0, chunks: 0, slots: [false; slots::SEGMENTS], lanes: 0 }
    }
}

impl Segment {
    /// Has the file's blocks really allocated.
    pub(super) fn allocate(&self, offset: usize, bytes: usize) -> io::Result<()> {
        system::allocate(&self.file, offset, bytes)?;
        self.taken.fetch_add(bytes as u64, Ordering::Relaxed);
        Ok(())
    }

    /// Gives an area's memory back to the system, where nobody is to touch it any more.
    pub(super) fn release(&self, area: Area) {
        let (offset, room) = self.place(area);
        if system::release(&self.file, offset, room).is_ok() {
            self.taken.fetch_sub(room as u64, Ordering::Relaxed);
        }
    }

    /// Allocates a step for an area, while the system is not known to have no room for it.
    pub(super) fn grow(&self, area: Area, offset: usize) -> bool {
        let full = self.full[area as usize].load(Ordering::Relaxed);
        let step = if matches!(area, Area::Slots) { SLOTS } else { STEP };
        let grown = !full && self.allocate(offset, step).is_ok();
        if !grown {
            self.refuse(area);
        }
        grown
    }

    /// Notes that there was no room.
    fn refuse(&self, area: Area) {
        self.full[area as usize].store(true, Ordering::Relaxed);
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// So many bytes more of an area that is used from its start on; `until` is how far it is allocated.
    fn next(&self, area: Area, bytes: usize, until: &mut usize) -> Option<NonNull<u8>> {
        let (offset, room) = self.place(area);
        let used = self.word(area.used_word());
        let at = used.load(Ordering::Relaxed) as usize;
        if at + bytes > room {
            self.refuse(area);
            return None;
        }
        if at + bytes > *until {
            if !self.grow(area, offset + *until) {
                return None;
            }
            *until += STEP;
        }
        used.store((at + bytes) as u64, Ordering::Release);
        // SAFETY: the place is in the mapping.
        Some(unsafe { self.base.add(offset + at) })
    }

    /// Memory for one more chunk, which is made of atomics, for which zeros are as good as any.
    pub(crate) fn chunk(&self) -> Option<NonNull<Chunk>> {
        self.next(Area::Chunks, CHUNK, &mut lock(&self.allocated).chunks).map(NonNull::cast)
    }

    /// One more lane, nobody's.
    pub(crate) fn lane(&'static self) -> Option<&'static Lane> {
        let lane = self.next(Area::Lanes, LANE, &mut lock(&self.allocated).lanes)?;
        // SAFETY: the place is mapped for good, allocated, and aligned as lanes are; they are made of atomics, for which zeros are
        // as good as any.
        Some(unsafe { lane.cast::<Lane>().as_ref() })
    }

    /// Whether there may be memory for one more chunk.
    pub(crate) fn has_room(&self) -> bool {
        let used = self.word(Area::Chunks.used_word()).load(Ordering::Relaxed) as usize;
        !self.full[Area::Chunks as usize].load(Ordering::Relaxed)
            && used + CHUNK <= self.place(Area::Chunks).1
    }

    /// Whether the chunk, or the lane, lies here.
    pub(crate) fn contains<T>(&self, memory: &T) -> bool {
        let (start, at) = (self.base.as_ptr() as usize, std::ptr::from_ref(memory) as usize);
        (start..start + self.bytes).contains(&at)
    }

    /// Memory for the slots' segment of that index: always the same.
    pub(crate) fn slots(&self, index: usize) -> Option<NonNull<slots::Segment>> {
        let (offset, room) = self.place(Area::Slots);
        let (at, end) = (index * SLOTS, (index + 1) * SLOTS);
        let mut allocated = lock(&self.allocated);
        let known = allocated.slots.get_mut(index).filter(|_| end <= room)?;
        if !*known && !self.grow(Area::Slots, offset + at) {
            return None;
        }
        *known = true;
        self.word(Area::Slots.used_word()).fetch_max(end as u64, Ordering::Release);
        // SAFETY: as in `chunk`.
        Some(unsafe { self.base.add(offset + at) }.cast())
    }
}
