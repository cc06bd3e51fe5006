//! Programs that compile.

#[test]
fn hostile_surroundings_compile() {
    trybuild::TestCases::new().pass("*/pass/*.rs");
}
