//! Where records are written to, by the compiler.

use std::ptr;

/// Takes texts, or only counts their bytes: so what says how long a record is can't differ from what writes it.
///
/// The compiler runs it, which calls functions at a microsecond or more each. So a text is copied at once, and little is a
/// function of its own.
#[derive(Debug)]
pub(super) struct Sink<'s> {
    to: Option<&'s mut [u8]>,
    written: usize,
}

impl<'s> Sink<'s> {
    /// Counts.
    pub(super) const fn counting() -> Self {
        Self { to: None, written: 0 }
    }

    /// Fills these bytes.
    pub(super) const fn over(bytes: &'s mut [u8]) -> Self {
        Self { to: Some(bytes), written: 0 }
    }

    /// How many bytes there were.
    pub(super) const fn written(&self) -> usize {
        self.written
    }

    /// The end.
    ///
    /// # Panics
    /// Where there are bytes left to fill.
    pub(super) const fn finish(self) {
        if let Some(to) = self.to {
            assert!(self.written == to.len(), "a record is as long as was said");
        }
    }

    /// Part of a text.
    ///
    /// # Panics
    /// Where there is no room for it.
    pub(super) const fn part(&mut self, part: &str) {
        let part = part.as_bytes();
        let count = part.len();
        if let Some(to) = &mut self.to {
            assert!(count <= to.len() - self.written, "a record is as long as was said");
            // SAFETY: there are as many bytes behind what is written, by the assertion; they are borrowed from nobody else.
            unsafe { ptr::copy_nonoverlapping(part.as_ptr(), to.as_mut_ptr().add(self.written), count) };
        }
        self.written += count;
    }

    /// The end of a text.
    pub(super) const fn end(&mut self) {
        if let Some(to) = &mut self.to {
            to[self.written] = 0;
        }
        self.written += 1;
    }

    /// A text.
    pub(super) const fn text(&mut self, text: &str) {
        self.part(text);
        self.end();
    }

    /// A number, as a text.
    pub(super) const fn number(&mut self, mut number: u64) {
        let mut digits = [b'0'; 20];
        let mut first = digits.len() - 1;
        while number > 9 {
            digits[first] = b'0' + (number % 10) as u8;
            number /= 10;
            first -= 1;
        }
        digits[first] = b'0' + number as u8;
        let (_, digits) = digits.split_at(first);
        // SAFETY: they are ASCII.
        self.part(unsafe { std::str::from_utf8_unchecked(digits) });
        self.end();
    }
}
