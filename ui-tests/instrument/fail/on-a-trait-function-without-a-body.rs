use spanwright::instrument;

trait Gateway {
    #[instrument]
    fn charge(&self);
}

fn main() {}
