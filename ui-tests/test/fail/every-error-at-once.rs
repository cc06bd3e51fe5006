#[spanwright::test(worker_threads = 2, wrker)]
#[test]
fn counts<T>(one: T, other: T) {
    let _both = (one, other);
}

fn main() {}
