#![deny(warnings)]

use spanwright::instrument;

macro_rules! operations {
    ($($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty $body:block)*) => {
        $(
            $(#[$meta])*
            #[instrument(record($(?$arg),*), err, metrics(prefix = "shop"))]
            $vis fn $name($($arg: $ty),*) -> $ret $body
        )*
    };
}

operations! {
    /// Takes money.
    pub fn charge(id: u64, user: &str) -> Result<u64, String> {
        Ok(id + user.len() as u64)
    }

    fn refund(id: u64) -> Result<u64, std::num::ParseIntError> {
        "7".parse::<u64>().map(|number| number + id)
    }
}

macro_rules! named {
    ($name:literal, $target:expr, $field:ident = $value:expr, $item:item) => {
        #[instrument(name = $name, fields($field = $value, doubled = ?$value * 2))]
        $item
    };
}

named!(
    "the name",
    "the target",
    size = 1 + 2,
    async fn ship() -> u64 {
        7
    }
);

macro_rules! labelled {
    ($ty:ty, $value:expr, $ident:ident) => {
        #[instrument(metrics(prefix = "shop", labels(big: $ty = $value, operation = "x", $ident)), record($ident))]
        fn pack($ident: bool) -> bool {
            $ident
        }
    };
}

labelled!(bool, 1 > 2, quickly);

macro_rules! own_parameter {
    ($name:ident) => {
        #[instrument(record(id), fields(twice = id * 2))]
        fn $name(id: u64) -> u64 {
            id
        }
    };
}

own_parameter!(inspect);

struct Shop;

macro_rules! method {
    ($self:ident, $receiver:ty, $body:expr) => {
        impl Shop {
            #[instrument(fields(shop = 7))]
            async fn open(&$self) -> $receiver {
                $body
            }
        }
    };
}

method!(self, usize, std::mem::size_of_val(self));

fn main() {
    assert_eq!(charge(7, "ada"), Ok(10));
    assert_eq!(refund(7), Ok(14));
    drop(ship());
    assert!(pack(true));
    assert_eq!(inspect(7), 7);
    drop(Shop.open());
}
