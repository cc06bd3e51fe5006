use spanwright::instrument;

#[instrument(follows_from = cause)]
fn serve(cause: u64) {
    let _ = cause;
}

fn main() {}
