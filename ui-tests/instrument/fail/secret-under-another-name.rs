use spanwright::instrument;

struct User {
    token: String,
}

#[instrument(fields(said = password, seen = %user.token.as_str(), length = password.len()))]
fn login(user: &User, password: &str) {}

fn main() {}
