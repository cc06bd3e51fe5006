use spanwright::instrument;

#[instrument(follows_from = causes)]
fn serve(causes: &[u64]) {
    let _ = causes;
}

fn main() {}
