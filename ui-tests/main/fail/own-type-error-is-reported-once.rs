#[spanwright::main]
async fn main() -> Result<(), String> {
    Ok(7)
}
