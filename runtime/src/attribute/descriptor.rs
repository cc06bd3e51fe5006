//! The types of attributes.

pub use spanwright_core::descriptor::{AttributeDescriptor, Redaction, ValueType};
pub(super) use spanwright_core::descriptor::{Examples, MAX_KEY};

/// The types that an [`Attribute`](crate::Attribute) can have: `str`, `bool`, `i64` and `f64`. It is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no type of an attribute",
    label = "not a type of an attribute",
    note = "an attribute's type is `str`, `bool`, `i64` or `f64`; integers are recorded as `i64`, and all text as `str`"
)]
pub trait AttributeType: sealed::Sealed {
    /// The type as a value.
    #[doc(hidden)]
    const TYPE: ValueType;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! attribute_type {
    ($($type:ty: $value:ident),*) => {$(
        impl sealed::Sealed for $type {}
        #[diagnostic::do_not_recommend]
        impl AttributeType for $type {
            const TYPE: ValueType = ValueType::$value;
        }
    )*};
}

attribute_type!(str: Str, bool: Bool, i64: I64, f64: F64);
