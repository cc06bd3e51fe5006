#![deny(warnings)]

use spanwright::instrument;

struct User {
    id: u64,
}

struct Named {
    name: String,
}

#[instrument(record(user.id, db.name, %pool.name))]
fn greet(user: &User, db: &Named, pool: &Named) -> usize {
    user.id as usize + db.name.len() + pool.name.len()
}

fn main() {
    greet(&User { id: 1 }, &Named { name: String::new() }, &Named { name: String::new() });
}
