use spanwright::instrument;

struct User {
    id: u64,
}

#[instrument(record(user.id))]
fn greet(user: &User) {}

fn main() {}
