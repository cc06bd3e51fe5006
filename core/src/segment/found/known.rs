//! What addresses of another process stand for, made anew from its definitions.

use std::collections::HashMap;

use super::super::definitions::{self, PLACE, SPEC, TEXT, USER};
use super::super::layout::WORD;
use crate::chunks::{Kind, RECORD_WORDS};
use crate::descriptor::Spec;
use crate::events::UserSpec;
use crate::sync::{Mutex, lock};

/// What this process has made of definitions.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// By kind and key.
    pub(super) definitions: HashMap<(u8, u64), Vec<u8>>,
    specs: HashMap<u64, &'static Spec>,
    users: HashMap<u64, &'static UserSpec>,
    texts: HashMap<u64, &'static str>,
    /// How many were looked for in vain.
    pub(super) undefined: u64,
}

/// What was made of definitions in this process, by kind and content.
static MADE: Mutex<Option<AllMade>> = Mutex::new(None);

type AllMade = HashMap<(u8, Vec<u8>), Made>;

#[derive(Clone, Copy)]
enum Made {
    Spec(&'static Spec),
    User(&'static UserSpec),
    Text(&'static str),
}

static UNKNOWN: Spec = Spec { name: "unknown", ..Spec::of_target("unknown") };
static UNKNOWN_EVENT: UserSpec = UserSpec { name: "unknown", fields: &[] };

impl Known {
    /// From the words of an area; whether all of them made sense.
    pub(super) fn read(words: &[u64]) -> (Self, bool) {
        let mut known = Self::default();
        let mut rest = words;
        while let [first, key, after @ ..] = rest {
            let (kind, length) = (*first as u8, (*first >> 32) as usize);
            let Some((value, after)) = after.split_at_checked(length.div_ceil(WORD)).filter(|_| kind != 0)
            else {
                return (known, false);
            };
            let mut bytes: Vec<u8> = value.iter().flat_map(|word| word.to_le_bytes()).collect();
            bytes.truncate(length);
            known.definitions.insert((kind, *key), bytes);
            rest = after;
        }
        (known, true)
    }

    /// Puts addresses of this process in the place of its own; nothing of the record is left to be followed that was not put
    /// there. The address of its place, where it has one.
    pub(super) fn relocate(&mut self, record: &mut [u64]) -> Option<u64> {
        let (kind, body) = (record[0] as u8, &mut record[RECORD_WORDS..]);
        match (Kind::of(kind)?, body) {
            (Kind::Span | Kind::Event, [spec, ..]) => *spec = std::ptr::from_ref(self.spec(*spec)) as u64,
            (Kind::User, [spec, ..]) => *spec = std::ptr::from_ref(self.user(*spec)) as u64,
            (Kind::TaskSpawn, [_, _, place, name, length, ..]) => {
                let text = self.text(*name, *length);
                (*name, *length) = (text.as_ptr() as u64, text.len() as u64);
                return Some(std::mem::take(place));
            }
            (
                Kind::Span | Kind::Event | Kind::User | Kind::TaskSpawn // Too short to be anything.
                | Kind::Writer | Kind::Poll | Kind::Park | Kind::Wake | Kind::TaskEnd | Kind::BlockingRun
                | Kind::QueueDepth | Kind::Thread, // There is no address in these.
                _,
            ) => {}
        }
        None
    }

    pub(super) fn spec(&mut self, address: u64) -> &'static Spec {
        let Self { definitions, specs, undefined, .. } = self;
        specs.entry(address).or_insert_with(|| match made(definitions, SPEC, address) {
            Some(Made::Spec(spec)) => spec,
            _ => {
                *undefined += 1;
                &UNKNOWN
            }
        })
    }

    fn user(&mut self, address: u64) -> &'static UserSpec {
        let Self { definitions, users, undefined, .. } = self;
        users.entry(address).or_insert_with(|| match made(definitions, USER, address) {
            Some(Made::User(spec)) => spec,
            _ => {
                *undefined += 1;
                &UNKNOWN_EVENT
            }
        })
    }

    /// A text, of which the record may name a part.
    fn text(&mut self, address: u64, length: u64) -> &'static str {
        let Self { definitions, texts, undefined, .. } = self;
        let text = texts.entry(address).or_insert_with(|| match made(definitions, TEXT, address) {
            Some(Made::Text(text)) => text,
            _ => {
                *undefined += 1;
                ""
            }
        });
        text.get(..usize::try_from(length).unwrap_or(usize::MAX).min(text.len())).unwrap_or_default()
    }

    /// The place of this address, as `file:line:column`.
    pub(super) fn place(&self, address: u64) -> Option<&str> {
        std::str::from_utf8(self.definitions.get(&(PLACE, address))?).ok()
    }
}

/// What this process has made of a definition, or makes now.
fn made(definitions: &HashMap<(u8, u64), Vec<u8>>, kind: u8, key: u64) -> Option<Made> {
    let bytes = definitions.get(&(kind, key))?;
    let mut all = lock(&MADE);
    let all = all.get_or_insert_default();
    let content = (kind, bytes.clone());
    if let Some(made) = all.get(&content) {
        return Some(*made);
    }
    let made = match kind {
        SPEC => Made::Spec(definitions::read_spec(bytes)?),
        USER => Made::User(definitions::read_user(bytes)?),
        _ => Made::Text(definitions::leak(bytes)),
    };
    all.insert(content, made);
    Some(made)
}
