#![deny(deprecated)]

use spanwright::instrument;

#[instrument(
    fields(http.route = 7, db.system = "sqlite", http.path = "/", server.port = "80"),
    record(%user.id, nobody)
)]
fn answer(user: &User) {}

struct User {
    id: u64,
}

fn main() {}
