use spanwright::instrument;

struct Login {
    user: u64,
    api_key: u64,
}

#[instrument(record_all)]
fn pair((user, cookie): (u64, u64)) {}

#[instrument(record_all)]
fn named(Login { user, api_key }: Login) {}

fn main() {}
