use spanwright::instrument;

#[instrument(fields(
    a = format!("{password}"),
    b = &password[..],
    c = Some(password),
    d = { password },
    e = request.password(),
    f = password.to_lowercase(),
    g = String::from(password),
    h = (password as &str),
    i = ?[password],
    j = ?(user, password),
    k = request.password().await?,
    length = password.len(),
    strength = strength(password),
    known = password.is_empty()
))]
fn login(request: &Request, user: u64, password: &str) {}

fn main() {}
