use spanwright::record;

fn charge() {
    record!(result = 7);
}

fn main() {}
