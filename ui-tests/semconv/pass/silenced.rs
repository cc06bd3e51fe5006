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
    Store.by_a_lint_around();
    assert_eq!(module::by_a_lint_on_the_module()("a"), "a");
}
