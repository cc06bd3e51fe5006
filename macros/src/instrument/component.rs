//! `component = "…"`: a name by which the configuration can switch.

use proc_macro2::Ident;
use syn::parse::ParseStream;

use crate::args::{Operand, Text};

/// Parts between dots, none of them empty, and nothing that the configuration would read as something else.
pub(super) struct ComponentName(pub(super) Text);

impl Operand for ComponentName {
    const LIKE: &'static str = Text::LIKE;

    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let text = Text::parse(key, input)?;
        let name = text.0.value();
        let refused = |message: &str| {
            let remedy = "write parts with dots between them, like `persist.s3`";
            Err(syn::Error::new(text.0.span(), format!("{message}: {remedy}")))
        };
        if name.contains('=') {
            return refused("there is `=` in the component's name, which ends a name in the configuration");
        }
        if name.contains(',') {
            return refused(
                "there is `,` in the component's name, which separates components in the configuration",
            );
        }
        if name != name.trim() {
            return refused(
                "there is white space around the component's name, which the configuration leaves out",
            );
        }
        if name.split('.').any(str::is_empty) {
            return refused("a part of the component's name is empty");
        }
        Ok(Self(text))
    }
}
