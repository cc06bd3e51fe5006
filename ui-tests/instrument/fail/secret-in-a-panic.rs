fn charge() -> Result<u64, spanwright::Secret<String>> {
    Ok(7)
}

fn main() {
    charge().unwrap();
}
