#[spanwright::main(prefix = "UI_TESTS", service_name = "ui-tests", worker_threads = 1)]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let number: u8 = "7".parse()?;
    assert_eq!(number, 7);
    Ok(())
}
