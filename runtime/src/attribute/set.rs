//! Structs of attributes.

use std::rc::Rc;
use std::sync::Arc;

use super::descriptor::AttributeDescriptor;
use crate::__private::Fields;

/// A set of attributes, with or without their values. Made by `#[derive(Attributes)]` on a struct.
///
/// ```
/// use spanwright::{Attributes, instrument};
///
/// #[derive(Attributes)]
/// #[attributes(prefix = "shop")]
/// struct OrderAttributes<'a> {
///     /// Which order it is
///     #[attribute(key = "order.id", example = "order-1")]
///     order_id: &'a str,
///     items: Option<u32>,
/// }
///
/// #[instrument(fields(..order))]
/// fn charge(order: &OrderAttributes<'_>) {}
///
/// charge(&OrderAttributes { order_id: "order-7", items: None });
/// assert_eq!(ATTR_ORDER_ID.key(), "shop.order.id");
/// assert_eq!(ATTR_ITEMS.key(), "shop.items");
/// assert_eq!(OrderAttributes::DESCRIPTORS.len(), 2);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of attributes",
    label = "not a set of attributes",
    note = "a set of attributes is a struct with `#[derive(spanwright::Attributes)]`"
)]
pub trait Attributes {
    /// The attributes, in the order of the fields; those of a flattened struct stand where its field does.
    const DESCRIPTORS: &'static [&'static AttributeDescriptor];

    /// Records the values, the first of them at the place `first` of the span's fields.
    #[doc(hidden)]
    fn record(&self, first: usize, fields: &mut Fields<'_, '_>);
}

macro_rules! attributes_through {
    ($($type:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<A: Attributes + ?Sized> Attributes for $type {
            const DESCRIPTORS: &'static [&'static AttributeDescriptor] = A::DESCRIPTORS;

            fn record(&self, first: usize, fields: &mut Fields<'_, '_>) {
                (**self).record(first, fields);
            }
        }
    )*};
}

attributes_through!(&A, &mut A, Box<A>, Rc<A>, Arc<A>);

#[diagnostic::do_not_recommend]
impl<A: Attributes> Attributes for Option<A> {
    const DESCRIPTORS: &'static [&'static AttributeDescriptor] = A::DESCRIPTORS;

    fn record(&self, first: usize, fields: &mut Fields<'_, '_>) {
        if let Some(attributes) = self {
            attributes.record(first, fields);
        }
    }
}

/// The attributes of all the parts, one after the other. `N` is how many there are.
#[must_use]
pub const fn concatenated<const N: usize>(
    parts: &[&'static [&'static AttributeDescriptor]],
) -> [&'static AttributeDescriptor; N] {
    const NOTHING: &AttributeDescriptor = &super::Attribute::<str>::new("_").descriptor;
    let mut all = [NOTHING; N];
    let (mut part, mut at) = (0, 0);
    while part < parts.len() {
        let mut own = 0;
        while own < parts[part].len() {
            all[at] = parts[part][own];
            at += 1;
            own += 1;
        }
        part += 1;
    }
    all
}
