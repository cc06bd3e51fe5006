//! Mistakes, and what the compiler says about each.

#[test]
fn every_mistake_is_one_error_with_its_remedy() {
    trybuild::TestCases::new().compile_fail("*/fail/*.rs");
}
