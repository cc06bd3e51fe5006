use spanwright::instrument;

#[instrument(enabled = on)]
fn serve(on: Option<bool>) {
    let _ = on;
}

fn main() {}
