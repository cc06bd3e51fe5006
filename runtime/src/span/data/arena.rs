//! Attributes and texts of a batch, each kind in one vector.

/// A text: of the program's own, or in the batch's arena.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Text {
    /// Known at compile time, or kept for good.
    Static(&'static str),
    /// In the arena, from its first byte on.
    Here {
        /// The first byte.
        at: u32,
        /// How many bytes.
        length: u32,
    },
}

impl Default for Text {
    fn default() -> Self {
        Self::Static("")
    }
}

/// An attribute's value, as the arena has it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value {
    Bool(bool),
    I64(i64),
    F64(f64),
    Str(Text),
}

/// Some of a batch's attributes, events or links.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Range {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Range {
    pub(crate) fn of<T>(self, all: &[T]) -> &[T] {
        all.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// The attributes and texts of a batch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arena {
    attributes: Vec<(Text, Value)>,
    text: String,
}

impl Arena {
    /// Forgets all; the memory is kept.
    #[cfg(feature = "recorder")]
    pub(crate) fn clear(&mut self) {
        self.attributes.clear();
        self.text.clear();
    }

    /// An empty one, with room for as much as is in this one.
    pub(crate) fn with_room_of(other: &Self) -> Self {
        Self {
            attributes: Vec::with_capacity(other.attributes.len()),
            text: String::with_capacity(other.text.len()),
        }
    }

    /// The memory that it has.
    pub(crate) fn bytes(&self) -> usize {
        self.attributes.capacity() * size_of::<(Text, Value)>() + self.text.capacity()
    }

    /// Copies a text in.
    pub(crate) fn text(&mut self, text: &str) -> Text {
        let at = self.text.len() as u32;
        self.text.push_str(text);
        Text::Here { at, length: text.len() as u32 }
    }

    /// A text of the arena.
    pub(crate) fn resolve(&self, text: Text) -> &str {
        match text {
            Text::Static(text) => text,
            Text::Here { at, length } => {
                self.text.get(at as usize..(at + length) as usize).unwrap_or_default()
            }
        }
    }

    /// Where the next attribute goes: the start of a range.
    pub(crate) fn mark(&self) -> u32 {
        self.attributes.len() as u32
    }

    /// The attributes from `start` on.
    pub(crate) fn since(&self, start: u32) -> Range {
        Range { start, end: self.mark() }
    }

    /// Adds an attribute whose key the range does not have yet.
    pub(crate) fn push(&mut self, key: Text, value: Value) {
        self.attributes.push((key, value));
    }

    /// Replaces the attribute with the same key from `start` on; whether there is one.
    pub(crate) fn replace(&mut self, start: u32, key: Text, value: Value) -> bool {
        let wanted = self.resolve(key);
        let of_range = self.attributes.iter().skip(start as usize);
        match of_range.clone().position(|(key, _)| self.resolve(*key) == wanted) {
            Some(at) => {
                self.attributes[start as usize + at].1 = value;
                true
            }
            None => false,
        }
    }

    pub(crate) fn attributes(&self, range: Range) -> Attributes<'_> {
        Attributes { arena: self, rest: range.of(&self.attributes).iter() }
    }
}

/// The value of an attribute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AttributeRef<'a> {
    /// A boolean.
    Bool(bool),
    /// An integer.
    I64(i64),
    /// A floating-point number.
    F64(f64),
    /// Text.
    Str(&'a str),
}

/// Keys and values of attributes, in the order of their recording; no key stands twice.
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    arena: &'a Arena,
    rest: std::slice::Iter<'a, (Text, Value)>,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, AttributeRef<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (key, value) = self.rest.next()?;
        let value = match *value {
            Value::Bool(value) => AttributeRef::Bool(value),
            Value::I64(value) => AttributeRef::I64(value),
            Value::F64(value) => AttributeRef::F64(value),
            Value::Str(text) => AttributeRef::Str(self.arena.resolve(text)),
        };
        Some((self.arena.resolve(*key), value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rest.size_hint()
    }
}

impl ExactSizeIterator for Attributes<'_> {}
