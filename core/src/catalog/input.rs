//! Where descriptions are read from.

/// No text is longer, in bytes. So who looks for records among bytes that are none does not look for a text's end for long.
const LONGEST: usize = 1 << 16;

/// Bytes, from the front. What is no value is `None`, and what is behind that is not read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input<'b>(&'b [u8]);

impl<'b> Input<'b> {
    /// These bytes.
    pub(super) const fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    /// How many bytes there are left.
    pub(super) const fn left(&self) -> usize {
        self.0.len()
    }

    /// So many bytes.
    pub(super) fn bytes(&mut self, count: usize) -> Option<&'b [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    /// A text.
    pub(super) fn text(&mut self) -> Option<&'b str> {
        let length = self.0.iter().take(LONGEST).position(|byte| *byte == 0)?;
        let text = std::str::from_utf8(&self.0[..length]).ok()?;
        self.0 = &self.0[length + 1..];
        Some(text)
    }

    /// A number, as it is written: without a sign and without zeros in front.
    pub(super) fn number(&mut self) -> Option<u64> {
        let text = self.text()?;
        let is_plain = text == "0" || text.starts_with(|first| matches!(first, '1'..='9'));
        text.parse().ok().filter(|_| is_plain)
    }

    /// A list, whose values `read` reads. There is no room made for what a damaged number says: each value is of some bytes.
    pub(super) fn list<T>(&mut self, read: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.number()?;
        let mut all = Vec::new();
        for _ in 0..count {
            all.push(read(self)?);
        }
        Some(all)
    }
}
