//! Labels as indexes: a combination of label values is one number, known without a hash or a lock where all values
//! are known at compile time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use spanwright_core::descriptor::{Dimension, Values};
use spanwright_core::texts::Texts;

/// A label whose values are all known at compile time. Made by `#[derive(Label)]` on an enum without fields.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a label",
    label = "not a label",
    note = "a label is an enum with `#[derive(spanwright::Label)]`, or `bool`",
    note = "free text goes into a `#[derive(spanwright::Labels)]` struct, as a field with `#[label(max = N)]`",
    note = "a `Secret` is never a label: leave it out"
)]
pub trait Label {
    /// The values, in the order of [`Label::index`].
    const VALUES: &'static [&'static str];

    /// This value's place in [`Label::VALUES`].
    fn index(&self) -> u32;
}

#[diagnostic::do_not_recommend]
impl Label for bool {
    const VALUES: &'static [&'static str] = &["false", "true"];

    #[inline]
    fn index(&self) -> u32 {
        u32::from(*self)
    }
}

/// The labels of a metric: made by `#[derive(Labels)]` on a struct, or by `#[derive(Label)]` for a single one.
/// `()` is none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of labels",
    label = "not a set of labels",
    note = "use an enum with `#[derive(spanwright::Label)]`, or a struct with `#[derive(spanwright::Labels)]`"
)]
pub trait Labels {
    /// The labels, outermost first.
    const DIMENSIONS: &'static [Dimension];

    /// What is known of them when a call begins: all, but the outcome that `ByOutcome` adds. Those that borrow are borrowed for
    /// `'l`, however long those of the metric's own type are.
    #[doc(hidden)]
    type AtEntry<'l>: Labels;

    /// The combination's number, row-major over [`Labels::DIMENSIONS`]. Text is looked up in `interner`.
    fn index(&self, interner: &Interner) -> u32;
}

#[diagnostic::do_not_recommend]
impl Labels for () {
    const DIMENSIONS: &'static [Dimension] = &[];
    type AtEntry<'l> = ();

    #[inline]
    fn index(&self, _: &Interner) -> u32 {
        0
    }
}

/// What a field with `#[label(max = N)]` is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not text, and `#[label(max = N)]` is for text",
    label = "not `AsRef<str>`",
    note = "make it a `String` or a `&str`, or an enum with `#[derive(spanwright::Label)]` and no `max`",
    note = "a `Secret` is never a label: leave it out"
)]
pub trait LabelText {
    /// The text.
    fn text(&self) -> &str;
}

#[diagnostic::do_not_recommend]
impl<T: AsRef<str> + ?Sized> LabelText for T {
    #[inline]
    fn text(&self) -> &str {
        self.as_ref()
    }
}

/// What the overflow series of a text label is called. A text that is this word belongs to it.
pub const OVERFLOW: &str = "other";

/// The longest text that is kept as a label's value, in bytes.
const LONGEST: usize = 256;

/// The texts that one metric's labels have seen, up to their `max`.
#[derive(Debug)]
pub struct Interner {
    /// By the dimension's place; nothing where its values are known at compile time.
    texts: Box<[Option<Seen>]>,
}

#[derive(Debug)]
struct Seen {
    max: u32,
    texts: Texts,
    /// Whether a value found no place. Publishes nothing else.
    overflowed: AtomicBool,
}

impl Interner {
    pub(crate) fn new(dimensions: &[Dimension]) -> Self {
        let seen = |dimension: &Dimension| match dimension.values {
            Values::Text { max } => {
                Some(Seen { max, texts: Texts::new(max), overflowed: AtomicBool::new(false) })
            }
            Values::Static(_) => None,
        };
        Self { texts: dimensions.iter().map(seen).collect() }
    }

    /// The number of `text` in the dimension at `place`: the same for the same text, and the last one where `max`
    /// different texts have been seen before, or the text is longer than 256 bytes. A text that is known is found without
    /// a lock.
    #[must_use]
    pub fn text(&self, place: usize, text: &str) -> u32 {
        let Some(Some(seen)) = self.texts.get(place) else { return 0 };
        if text == OVERFLOW {
            // There is one series of that name.
            seen.show_overflow();
            return seen.max;
        }
        let number = if text.len() > LONGEST { None } else { seen.texts.number(text) };
        number.unwrap_or_else(|| seen.overflow())
    }

    /// The texts of the dimension at `place`, by number, with the overflow last where there was one.
    pub(crate) fn seen(&self, place: usize) -> Vec<(u32, Arc<str>)> {
        let Some(Some(seen)) = self.texts.get(place) else { return Vec::new() };
        let mut all: Vec<_> = (0..).zip(seen.texts.all()).collect();
        if seen.overflowed.load(Ordering::Relaxed) {
            all.push((seen.max, OVERFLOW.into()));
        }
        all
    }
}

impl Seen {
    fn show_overflow(&self) {
        if !self.overflowed.load(Ordering::Relaxed) {
            self.overflowed.store(true, Ordering::Relaxed);
        }
    }

    #[cold]
    fn overflow(&self) -> u32 {
        self.show_overflow();
        #[cfg(feature = "telemetry")]
        crate::own_metrics::OwnMetrics::global().label_overflows_total.inc();
        self.max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_past_the_bound_share_one_number_and_are_counted() {
        let dimensions = [
            Dimension { name: "a", attribute: "", help: "", values: Values::Static(&["x"]) },
            Dimension { name: "b", attribute: "", help: "", values: Values::Text { max: 2 } },
        ];
        let interner = Interner::new(&dimensions);
        assert_eq!(interner.text(1, &"x".repeat(LONGEST + 1)), 2, "as bounded in length as in number");
        assert_eq!(interner.text(1, "one"), 0);
        assert_eq!(interner.text(1, "two"), 1);
        assert_eq!(interner.text(1, "three"), 2);
        assert_eq!(interner.text(1, "four"), 2);
        assert_eq!(interner.text(1, "one"), 0);
        let seen: Vec<_> = interner.seen(1).into_iter().map(|(_, text)| text.to_string()).collect();
        assert_eq!(seen, ["one", "two", OVERFLOW]);
    }
}
