use spanwright::instrument;

use spanwright::Context;

#[instrument(parent = cx, level = "info", parent = None)]
fn serve(cx: Context) {
    let _ = cx;
}

fn main() {}
