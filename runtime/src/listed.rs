//! What the binary says of metrics and attributes, by their derives and by `catalog!`.

use spanwright_core::catalog::{Struct, Subject};

use crate::{Attribute, AttributeDescriptor, Attributes, Metrics};

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

/// A type that [`catalog!`](crate::catalog!) lists; `Kind` tells what it is, so that both kinds can be said of all types.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be listed in a catalogue",
    label = "neither a struct of metrics nor one of attributes",
    note = "list structs with `#[derive(Metrics)]` or `#[derive(Attributes)]`, and attributes that are constants in braces: `catalog![Orders, {{ATTR_TENANT}}]`"
)]
pub trait Listed<Kind> {
    /// What is known of it.
    const SUBJECT: Subject;
}

/// The kind of structs of metrics.
#[derive(Debug)]
pub struct OfMetrics;

/// The kind of structs of attributes.
#[derive(Debug)]
pub struct OfAttributes;

impl<T: Metrics> Listed<OfMetrics> for T {
    // It is listed by itself, so it is one that there is.
    const SUBJECT: Subject = metrics_subject::<T>(false);
}

impl<T: Attributes> Listed<OfAttributes> for T {
    const SUBJECT: Subject = Subject::Attributes(T::DESCRIPTORS);
}

/// What is known of an attribute.
#[must_use]
pub const fn listed_attribute<T: ?Sized>(attribute: Attribute<T>) -> AttributeDescriptor {
    *attribute.descriptor()
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

/// Registers a metrics struct's global instance when telemetry is installed, and describes the struct in the binary; of one
/// without such an instance, the latter.
#[doc(hidden)]
#[macro_export]
macro_rules! global_metrics {
    ($metrics:ty, $global:ident) => {
        #[allow(deprecated)]
        const _: () = {
            $crate::__described! { $crate::__private::metrics_subject::<$metrics>(false), || {
                $crate::__private::global(&$global);
            } }
        };
    };
    ($metrics:ty) => {
        #[allow(deprecated)]
        const _: () = {
            $crate::__described! { $crate::__private::metrics_subject::<$metrics>(true), || {} }
        };
    };
}

/// Describes metrics in the binary of whoever has the code around it: the linker keeps the text as long as that.
#[cfg(feature = "tower")]
macro_rules! described_where_used {
    ($metrics:ty) => {{
        const SUBJECT: $crate::__private::Subject = $crate::__private::metrics_subject::<$metrics>(true);
        static RECORD: &str =
            $crate::__private::subject_record::<{ $crate::__private::subject_length(&SUBJECT) }>(&SUBJECT)
                .as_str();
        ::core::hint::black_box(RECORD);
    }};
}

/// Describes attributes in the binary.
#[doc(hidden)]
#[macro_export]
macro_rules! described_attributes {
    ($attributes:expr) => {
        #[allow(deprecated)]
        const _: () = {
            $crate::__described! { $crate::__private::Subject::Attributes($attributes), || {} }
        };
    };
}

/// The entry of what is described among what is known at the start.
#[doc(hidden)]
#[macro_export]
macro_rules! __described {
    ($subject:expr, $initialise:expr) => {
        $crate::__at_start! { GLOBALS
            static ENTRY: $crate::__private::Global = {
                const __SUBJECT: $crate::__private::Subject = $subject;
                $crate::__private::Global::new(
                    $initialise,
                    $crate::__private::subject_record::<{ $crate::__private::subject_length(&__SUBJECT) }>(&__SUBJECT)
                        .as_str(),
                )
            };
        }
    };
}

/// What a program is known to emit, written down: metrics and attributes that nothing else tells of.
///
/// A generic struct of metrics is as many types as it is used with, of which the binary knows none unless it is told. So are
/// attributes that are constants and no struct's. What is listed is in the program's catalogue (`catalog()`, `/catalog`, and
/// `spanwright catalog` with the binary), whether or not the `static` is ever read:
///
/// ```
/// use spanwright::{Attribute, Gauge, Label, Metrics};
///
/// #[derive(Clone, Copy, Label)]
/// enum Tenant {
///     Acme,
///     Umbrella,
/// }
///
/// #[derive(Metrics)]
/// struct Pool<L: spanwright::Labels> {
///     /// Connections that nobody uses.
///     pool_idle: Gauge<L>,
/// }
///
/// const ATTR_TENANT: Attribute<str> = Attribute::new("shop.tenant").with_help("Who is served");
///
/// static CATALOG: spanwright::Catalog = spanwright::catalog![Pool<Tenant>, {ATTR_TENANT}];
/// assert_eq!(CATALOG.len(), 2);
/// # let _ = (Tenant::Acme, Tenant::Umbrella);
/// ```
///
/// A type is a struct with `#[derive(Metrics)]` or `#[derive(Attributes)]`; what stands in braces is an attribute.
#[macro_export]
macro_rules! catalog {
    ($($entries:tt)*) => { $crate::__catalogued! { [] $($entries)* } };
}

/// What is listed, one after the other.
#[doc(hidden)]
#[macro_export]
macro_rules! __catalogued {
    ([$($known:tt)*] { $attribute:expr } $(, $($rest:tt)*)?) => {
        $crate::__catalogued! { [
            $($known)*
            ($crate::__private::Subject::Attributes({
                const __ALL: &[&$crate::AttributeDescriptor] = &[&$crate::__private::listed_attribute($attribute)];
                __ALL
            }))
        ] $($($rest)*)? }
    };
    ([$($known:tt)*] $listed:ty $(, $($rest:tt)*)?) => {
        $crate::__catalogued! { [
            $($known)*
            (<$listed as $crate::__private::Listed<_>>::SUBJECT)
        ] $($($rest)*)? }
    };
    ([$($subject:tt)*]) => {
        $crate::Catalog::new(&[$({
            const __LISTED: $crate::__private::Subject = $subject;
            const _: () = {
                $crate::__described! { __LISTED, || {} }
            };
            __LISTED
        }),*])
    };
}
