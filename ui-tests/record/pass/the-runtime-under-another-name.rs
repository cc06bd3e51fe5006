extern crate spanwright as other;

mod reexport {
    pub use ::spanwright;
    pub mod deep {
        pub use ::spanwright as telemetry;
    }
}

#[other::instrument(crate = other, fields(total = Empty))]
fn charge(id: u64) {
    other::record!(total = id);
}

#[reexport::spanwright::instrument(crate = crate::reexport::spanwright, fields(total = Empty))]
async fn refund(id: u64) {
    reexport::spanwright::record!(total = id);
}

mod inner {
    use super::reexport::deep::telemetry::{instrument, record};

    #[instrument(crate = super::reexport::deep::telemetry, fields(total = Empty))]
    pub fn ship(id: u64) {
        record!(total = id);
    }
}

macro_rules! own_path {
    ($runtime:ident) => {
        #[$runtime::instrument(crate = $runtime, fields(total = Empty))]
        fn pack(id: u64) {
            $runtime::record!(total = id);
        }
    };
}

own_path!(other);

macro_rules! path_from_the_crate {
    ($name:ident) => {
        #[other::instrument(crate = $crate::reexport::spanwright, fields(total = Empty))]
        async fn $name(id: u64) {
            $crate::reexport::spanwright::record!(total = id);
        }
    };
}

path_from_the_crate!(deliver);

fn main() {
    charge(7);
    drop(refund(7));
    inner::ship(7);
    pack(7);
    drop(deliver(7));
}
