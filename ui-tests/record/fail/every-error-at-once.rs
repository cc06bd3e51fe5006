use spanwright::{instrument, record};

#[instrument(fields(result = Empty, http.route = Empty))]
fn charge() {
    record!(
        reslt = 7,
        http.route,
        result = ,
        total = 8,
        ?result = 9,
        result: 10,
        result = Empty,
        = 11,
        http.route = "a" "b",
    );
    record!(nobody = 7);
}

fn main() {}
