use spanwright::instrument;

use spanwright::Context;

#[instrument(follow_from = [cx])]
fn serve(cx: Context) {
    let _ = cx;
}

fn main() {}
