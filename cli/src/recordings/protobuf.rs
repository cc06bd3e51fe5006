//! Protobuf's wire format, as far as it is written here.
//!
//! Source: [protobuf's encoding](https://protobuf.dev/programming-guides/encoding/).

/// A message that is being written. Fields that hold their type's default are written too: the caller leaves them out.
#[derive(Debug, Default)]
pub(crate) struct Message(Vec<u8>);

const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const BYTES: u32 = 2;

impl Message {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// `uint64`, `uint32`, `bool`, or an enum that is not negative.
    pub(crate) fn uint(&mut self, field: u32, value: u64) {
        self.tag(field, VARINT);
        varint(&mut self.0, value);
    }

    /// `int64`, `int32`.
    pub(crate) fn int(&mut self, field: u32, value: i64) {
        self.uint(field, value as u64);
    }

    pub(crate) fn fixed64(&mut self, field: u32, value: u64) {
        self.tag(field, FIXED64);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn double(&mut self, field: u32, value: f64) {
        self.fixed64(field, value.to_bits());
    }

    pub(crate) fn bytes(&mut self, field: u32, value: &[u8]) {
        self.tag(field, BYTES);
        varint(&mut self.0, value.len() as u64);
        self.0.extend_from_slice(value);
    }

    pub(crate) fn text(&mut self, field: u32, value: &str) {
        self.bytes(field, value.as_bytes());
    }

    /// Several integers in one field.
    pub(crate) fn packed(&mut self, field: u32, values: impl IntoIterator<Item = u64>) {
        self.message(field, |out| values.into_iter().for_each(|value| varint(&mut out.0, value)));
    }

    /// A message within this one.
    pub(crate) fn message(&mut self, field: u32, content: impl FnOnce(&mut Self)) {
        self.tag(field, BYTES);
        let at = self.0.len();
        // Most are shorter than 128 bytes.
        self.0.push(0);
        content(self);
        let length = self.0.len() - at - 1;
        let mut written = Vec::with_capacity(10);
        varint(&mut written, length as u64);
        self.0.splice(at..=at, written);
    }

    fn tag(&mut self, field: u32, wire: u32) {
        varint(&mut self.0, u64::from(field << 3 | wire));
    }
}

/// Seven bits a byte, the lowest first; all but the last have the top bit set.
pub(crate) fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of protobuf's own documentation.
    #[test]
    fn messages_are_as_documented() {
        let mut message = Message::default();
        message.uint(1, 150);
        message.text(2, "testing");
        message.message(3, |inner| inner.uint(1, 150));
        message.packed(6, [3, 270, 86_942]);
        message.int(1, -2);
        let expected = b"\x08\x96\x01\x12\x07testing\x1a\x03\x08\x96\x01\x32\x06\x03\x8e\x02\x9e\xa7\x05\
            \x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01";
        assert_eq!(message.as_bytes(), expected);
    }

    #[test]
    fn a_long_message_has_a_long_length() {
        let mut message = Message::default();
        message.message(1, |inner| inner.bytes(1, &[7; 300]));
        assert_eq!(&message.as_bytes()[..7], b"\x0a\xaf\x02\x0a\xac\x02\x07");
        assert_eq!(message.as_bytes().len(), 306);
    }
}
