use spanwright::instrument;

#[instrument(parent = id)]
fn serve(id: u64) {
    let _ = id;
}

fn main() {}
