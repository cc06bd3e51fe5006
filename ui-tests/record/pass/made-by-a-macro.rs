#![deny(warnings)]

use spanwright::{instrument, record};

macro_rules! operations {
    ($($vis:vis fn $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty $body:block)*) => {
        $(
            #[instrument(record($(?$arg),*), fields(result = Empty))]
            $vis fn $name($($arg: $ty),*) -> $ret $body
        )*
    };
}

operations! {
    // The body comes from outside of the macro.
    pub fn charge(id: u64, user: &str) -> usize {
        record!(result = user.len(), id = 8);
        user.len() + id as usize
    }
}

macro_rules! filled {
    ($name:ident, $field:ident = $value:expr) => {
        #[instrument(fields($field = Empty))]
        fn $name(id: u64) -> u64 {
            // A name and a value that come from outside, a field and a value that come from here.
            record!($field = $value);
            record!($field = ?id);
            spanwright::record!($field = $value + id);
            id
        }
    };
}

filled!(refund, amount = 1 + 2);

macro_rules! recorded {
    ($($fields:tt)*) => { record!($($fields)*) };
}

macro_rules! named {
    ($record:ident, $name:ident, $item:item) => {
        #[instrument(fields($name = Empty))]
        $item
    };
}

named!(
    record,
    size,
    async fn ship(id: u64) -> u64 {
        record!(size = id);
        // Another macro may call it, where the body calls it too.
        recorded!(size = id);
        id
    }
);

fn main() {
    assert_eq!(charge(7, "ada"), 10);
    assert_eq!(refund(7), 7);
    drop(ship(7));
}
