use spanwright::instrument;

unsafe extern "C" {
    #[instrument]
    fn charge();
}

fn main() {}
