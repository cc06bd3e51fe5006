use spanwright::instrument;

#[instrument(record(__fields, __out, site, call, body), fields(guard = body, future = call), err)]
async fn charge(__fields: u8, __out: u8, site: u8, call: u8, body: u8) -> Result<u8, String> {
    Ok(__fields + __out + site + call + body)
}

#[allow(clippy::similar_names)]
#[instrument(record(_guard, context), err)]
fn refund(_guard: u8, context: u8) -> Result<u8, String> {
    Ok(_guard + context)
}

fn main() {
    drop(charge(1, 2, 3, 4, 5));
    assert_eq!(refund(1, 2), Ok(3));
}
