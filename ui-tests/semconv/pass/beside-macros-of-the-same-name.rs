#![allow(deprecated, dead_code, unused_imports)]

mod elsewhere {
    macro_rules! opentelemetry {
        () => {
            compile_error!("found")
        };
        (one) => {
            1
        };
    }
    pub(crate) use opentelemetry;
}

mod imported {
    use spanwright::{Attributes, instrument};

    use crate::elsewhere::opentelemetry;

    #[derive(Attributes)]
    struct Query {
        #[attribute(key_exact = "db.system")]
        system: &'static str,
    }

    #[instrument(fields(db.system = "sqlite", db.name = opentelemetry!(one)))]
    pub(crate) fn query() -> u8 {
        opentelemetry!(one)
    }
}

mod globbed {
    use spanwright::{Attributes, instrument};

    use crate::elsewhere::*;

    #[derive(Attributes)]
    struct Query {
        #[attribute(key_exact = "db.system")]
        system: &'static str,
    }

    #[instrument(fields(db.system = "sqlite", db.name = opentelemetry!(one)))]
    pub(crate) fn query() -> u8 {
        #[derive(Attributes)]
        struct Inner {
            #[attribute(key_exact = "db.system", constant = ATTR_INNER)]
            system: &'static str,
        }
        opentelemetry!(one)
    }
}

macro_rules! opentelemetry {
    () => {
        compile_error!("found")
    };
    (one) => {
        1
    };
}

#[spanwright::instrument(fields(db.system = "sqlite", db.name = opentelemetry!(one)))]
fn query() -> u8 {
    opentelemetry!(one)
}

fn main() {
    assert_eq!(imported::query() + globbed::query() + query(), 3);
}
