use spanwright::instrument;

#[instrument(err)]
fn serve() -> ! {
    loop {}
}

fn main() {}
