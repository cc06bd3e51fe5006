use spanwright::{Attribute, instrument};

trait Named {
    const ATTR_NAME: Attribute<str>;
}

#[instrument(fields({T::ATTR_NAME} = "a"))]
fn charge<T: Named>(_: T) {}

fn main() {}
