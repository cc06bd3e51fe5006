use spanwright::instrument;

use std::future::ready;

#[instrument(future)]
fn charge() -> Result<impl Future<Output = u64>, String> {
    Ok(ready(7))
}

fn main() {}
