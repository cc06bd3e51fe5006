use spanwright::instrument;

#[instrument(fields(http.route = routes.len()))]
fn answer(routes: &[&str]) {}

fn main() {}
