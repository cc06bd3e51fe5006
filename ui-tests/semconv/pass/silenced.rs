//! What would be a warning or an error is neither, where that is said.
#![deny(warnings)]

use spanwright::instrument;

#[instrument(semconv = false, fields(db.system = "sqlite", http.route = 7, http.path = "/", server.port = %80))]
fn by_an_argument() {}

#[allow(deprecated)]
#[instrument(fields(db.system = "sqlite", db.name = "shop", http.path = "/", client.adress = "::1"))]
fn by_a_lint() {}

#[instrument(fields(db.operation = "INSERT"))]
#[allow(deprecated)]
async fn by_a_lint_below() {}

#[instrument(semconv = false, fields(http.response.status_code = Empty, db.system = Empty))]
fn by_an_argument_later() {
    spanwright::record!(http.response.status_code = "ok", db.system = 7);
}

#[allow(deprecated)]
#[instrument(fields(db.system = Empty, server.port = Empty))]
async fn by_a_lint_later() {
    spanwright::record!(db.system = 7, server.port = "80".len());
}

struct Store;

#[allow(deprecated)]
impl Store {
    #[instrument(fields(db.system = "sqlite"))]
    fn by_a_lint_around(&self) {}
}

#[allow(deprecated)]
mod module {
    #[spanwright::instrument(fields(db.system = "sqlite"))]
    #[must_use]
    pub fn by_a_lint_on_the_module() -> impl Fn(&str) -> &str {
        |text| text
    }
}

fn main() {
    by_an_argument();
    by_a_lint();
    drop(by_a_lint_below());
    by_an_argument_later();
    drop(by_a_lint_later());
    Store.by_a_lint_around();
    assert_eq!(module::by_a_lint_on_the_module()("a"), "a");
}
