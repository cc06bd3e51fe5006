//! Values of the types that OpenTelemetry's conventions ask for, however they are written.
#![deny(warnings)]

use std::borrow::Cow;
use std::sync::Arc;

use spanwright::instrument;

struct User {
    id: String,
    roles: Vec<String>,
}

struct Answer {
    status: u16,
    size: Option<usize>,
    is_last: Box<bool>,
}

impl Answer {
    fn status(&self) -> u16 {
        self.status
    }
}

#[instrument(
    record(user.id, ?user.roles),
    fields(
        http.response.status_code = answer.status(),
        http.response.body.size = answer.size,
        messaging.destination.temporary = answer.is_last,
        http.route = route,
        url.path = format!("/{}", answer.status),
        url.query = format_args!("{}", answer.status),
        url.scheme = 's',
        server.port = 80_u16 as u64,
        client.port = -(1),
        server.address = Cow::Borrowed("localhost"),
        client.address = *user.id,
        geo.location.lat = answer.status,
        geo.location.lon = 7,
        http.request.header.accept = "text/html",
        gen_ai.request.model = "m",
        gen_ai.request.something_new = 3,
        process.command_args = ?["a", "b"],
        url.full = %answer.status,
        error.type = Empty,
        shop.anything = Some(1.5),
    )
)]
fn answer(user: &User, answer: &Answer, route: Arc<str>) {}

#[instrument(record(%user.id), fields(user.name = name))]
async fn generic<T: AsRef<str>>(user: Named<T>, name: &&mut String) {
    let _ = user.id.0.as_ref();
}

struct Named<T> {
    id: Text<T>,
}

struct Text<T>(T);

impl<T: AsRef<str>> std::fmt::Display for Text<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.as_ref())
    }
}

fn main() {
    let user = User { id: "u".to_owned(), roles: Vec::new() };
    answer(&user, &Answer { status: 200, size: None, is_last: Box::new(true) }, "/".into());
    drop(generic(Named { id: Text("a") }, &&mut String::new()));
}
