//! Texts that are said once and named by a number from then on.

use std::collections::HashMap;

use super::super::super::protobuf::Message;

/// Once there are so many all are forgotten, and said again where they are needed.
const MOST: usize = 1 << 15;
/// Messages of `InternedData` have the number first and the text second.
const IID: u32 = 1;
const TEXT: u32 = 2;

/// What a text is; each has numbers of its own. They are the fields of `InternedData`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Table {
    Category = 1,
    Name = 2,
    Annotation = 3,
}

#[derive(Debug, Default)]
pub(super) struct Interned {
    tables: [HashMap<String, u64>; 3],
    new: Message,
    /// Whether the reader knows that it begins anew.
    is_told: bool,
}

impl Interned {
    /// The number of a text, which is said in the next packet where it is new.
    pub(super) fn id(&mut self, table: Table, text: &str) -> u64 {
        let known = &mut self.tables[table as usize - 1];
        if let Some(id) = known.get(text) {
            return *id;
        }
        let id = known.len() as u64 + 1;
        known.insert(text.to_owned(), id);
        self.new.message(table as u32, |out| {
            out.uint(IID, id);
            out.text(TEXT, text);
        });
        id
    }

    /// Before a packet is begun: forgets all where there are too many.
    pub(super) fn make_room(&mut self) {
        if self.tables.iter().any(|table| table.len() >= MOST) {
            self.tables.iter_mut().for_each(HashMap::clear);
            self.is_told = false;
        }
    }

    /// Whether the reader is to forget all before this packet.
    pub(super) fn take_cleared(&mut self) -> bool {
        !std::mem::replace(&mut self.is_told, true)
    }

    /// What is said in the next packet.
    pub(super) fn new_ones(&mut self) -> &mut Message {
        &mut self.new
    }
}
