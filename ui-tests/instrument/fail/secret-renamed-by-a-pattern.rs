use spanwright::instrument;

struct Login {
    user: u64,
    password: String,
}

#[instrument(record_all)]
fn all(Login { user, password: p }: Login) {}

#[instrument(record(%p))]
fn one(Login { password: ref p, .. }: Login) {}

#[instrument(record(p), allow_secret(p))]
fn allowed(Login { password: p, .. }: Login) {}

#[instrument(fields(length = p.len()))]
fn known(Login { password: p, .. }: Login) {}

fn main() {}
