use spanwright::instrument;

struct User {
    password: String,
    token: String,
}

#[instrument(record(user.password))]
fn login(user: &User) {}

impl User {
    #[instrument(record(self.token))]
    fn renew(&self) {}
}

fn main() {}
