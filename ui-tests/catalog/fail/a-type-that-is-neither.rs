struct Plain;

static CATALOG: spanwright::Catalog = spanwright::catalog![Plain];

fn main() {}
