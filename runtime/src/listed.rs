//! What `catalog!` lists.

use std::marker::PhantomData;

use spanwright_core::catalog::{Struct, Subject};

use crate::{Attributes, Metrics};

/// What a program can emit, as [`catalog!`](crate::catalog!) lists it.
#[derive(Clone, Copy, Debug)]
pub struct Catalog(&'static [Subject]);

impl Catalog {
    /// What the macro makes.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(subjects: &'static [Subject]) -> Self {
        Self(subjects)
    }

    /// How many entries it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is listed, and nothing else, as the catalogue of a whole program has it.
    #[cfg(feature = "catalog")]
    #[must_use]
    pub fn to_schema(&self) -> crate::catalog::schema::Catalog {
        let texts: Vec<String> = self.0.iter().map(spanwright_core::catalog::subject_text).collect();
        let mut records = spanwright_catalog::binary::Records::default();
        for text in &texts {
            records.add(text.as_bytes());
        }
        records.into_catalog()
    }
}

/// Leads to what is known of a type.
#[derive(Debug)]
pub struct SubjectOf<T>(PhantomData<T>);

impl<T: Metrics> SubjectOf<T> {
    /// A struct of metrics. It is listed by itself, so it is one that there is.
    pub const SUBJECT: Subject = metrics_subject::<T>(false);
}

/// What is known of a type that is no struct of metrics.
pub trait OtherSubject {
    /// Its attributes.
    const SUBJECT: Subject;
}

impl<T: Attributes> OtherSubject for SubjectOf<T> {
    const SUBJECT: Subject = Subject::Attributes(T::DESCRIPTORS);
}

/// What is known of a struct of metrics. It has no instance but those that the program makes, where `is_instance` says so.
#[must_use]
pub const fn metrics_subject<M: Metrics>(is_instance: bool) -> Subject {
    Subject::Metrics(Struct {
        descriptors: M::DESCRIPTORS,
        derived: M::DERIVED,
        nested: M::NESTED,
        is_instance,
    })
}
