static CATALOG: spanwright::Catalog = spanwright::catalog!["shop.tenant"];

fn main() {}
