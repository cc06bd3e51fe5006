const TENANT: &str = "shop.tenant";

static CATALOG: spanwright::Catalog = spanwright::catalog![{ TENANT }];

fn main() {}
