//! Headers of whatever kind.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::BuildHasher;

/// Headers that a context is read from.
///
/// Names are compared without regard to case, as HTTP does.
pub trait Extractor {
    /// Hands on the value of each header of this name, which is in lower case, in their order. A value that is no text is left out.
    fn each_value(&self, name: &str, each: &mut dyn FnMut(&str));

    /// Hands on all names and values. Only Jaeger's baggage asks for them; by default there are none.
    fn each_header(&self, each: &mut dyn FnMut(&str, &str)) {
        let _ = each;
    }
}

/// Headers that a context is written into.
pub trait Injector {
    /// Sets a header, in place of what it had. Its name is in lower case.
    fn set(&mut self, name: &str, value: String);
}

impl<E: Extractor + ?Sized> Extractor for &E {
    fn each_value(&self, name: &str, each: &mut dyn FnMut(&str)) {
        (**self).each_value(name, each);
    }

    fn each_header(&self, each: &mut dyn FnMut(&str, &str)) {
        (**self).each_header(each);
    }
}

impl<I: Injector + ?Sized> Injector for &mut I {
    fn set(&mut self, name: &str, value: String) {
        (**self).set(name, value);
    }
}

/// Hands on the values of one name, among all headers.
fn each_named<'h>(headers: impl Iterator<Item = (&'h str, &'h str)>, name: &str, each: &mut dyn FnMut(&str)) {
    headers.filter(|(its, _)| its.eq_ignore_ascii_case(name)).for_each(|(_, value)| each(value));
}

macro_rules! extract_from_pairs {
    ($([$($generics:tt)*] $type:ty;)*) => {$(
        impl<K: AsRef<str>, V: AsRef<str>, $($generics)*> Extractor for $type {
            fn each_value(&self, name: &str, each: &mut dyn FnMut(&str)) {
                each_named(self.iter().map(|(name, value)| (name.as_ref(), value.as_ref())), name, each);
            }

            fn each_header(&self, each: &mut dyn FnMut(&str, &str)) {
                self.iter().for_each(|(name, value)| each(name.as_ref(), value.as_ref()));
            }
        }
    )*};
}

extract_from_pairs! {
    [S] HashMap<K, V, S>;
    [] BTreeMap<K, V>;
    [] [(K, V)];
    [] Vec<(K, V)>;
    [const N: usize] [(K, V); N];
}

impl<V: From<String>, S: BuildHasher> Injector for HashMap<String, V, S> {
    fn set(&mut self, name: &str, value: String) {
        self.retain(|its, _| !its.eq_ignore_ascii_case(name));
        self.insert(name.to_owned(), value.into());
    }
}

impl<V: From<String>> Injector for BTreeMap<String, V> {
    fn set(&mut self, name: &str, value: String) {
        self.retain(|its, _| !its.eq_ignore_ascii_case(name));
        self.insert(name.to_owned(), value.into());
    }
}

impl<V: From<String>> Injector for Vec<(String, V)> {
    fn set(&mut self, name: &str, value: String) {
        self.retain(|(its, _)| !its.eq_ignore_ascii_case(name));
        self.push((name.to_owned(), value.into()));
    }
}

/// Headers that a closure knows. Made by [`getter`].
pub struct Getter<F>(F);

/// Headers that a closure sets. Made by [`setter`].
pub struct Setter<F>(F);

/// Headers of any client, by a closure that gives the value of a name, which is in lower case: the closure is to find it in any.
/// It knows one value for a name, and none of Jaeger's baggage.
///
/// ```
/// use spanwright::propagation::{extract, getter};
///
/// let header = |name: &str| (name == "b3").then_some("80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1");
/// let remote = extract(&getter(header));
/// assert!(!remote.is_sampled(), "`b3` is not among the formats by default");
/// ```
pub fn getter<F, V>(get: F) -> Getter<F>
where
    F: Fn(&str) -> Option<V>,
    V: AsRef<str>,
{
    Getter(get)
}

/// Headers of any client, by a closure that sets a name, which is in lower case, to a value.
///
/// ```
/// use spanwright::propagation::{inject, setter};
///
/// let mut message = Vec::new();
/// inject(&mut setter(|name: &str, value| message.push(format!("{name}: {value}"))));
/// assert!(message.is_empty(), "no span is current");
/// ```
pub fn setter<F, R>(mut set: F) -> Setter<impl FnMut(&str, String)>
where
    F: FnMut(&str, String) -> R,
{
    Setter(move |name: &str, value: String| drop(set(name, value)))
}

impl<F, V> Extractor for Getter<F>
where
    F: Fn(&str) -> Option<V>,
    V: AsRef<str>,
{
    fn each_value(&self, name: &str, each: &mut dyn FnMut(&str)) {
        if let Some(value) = (self.0)(name) {
            each(value.as_ref());
        }
    }
}

impl<F: FnMut(&str, String)> Injector for Setter<F> {
    fn set(&mut self, name: &str, value: String) {
        (self.0)(name, value);
    }
}

impl<F> fmt::Debug for Getter<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Getter")
    }
}

impl<F> fmt::Debug for Setter<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Setter")
    }
}
