//! Crates of the older editions.

use spanwright_ui_tests::Fixture;

#[test]
fn every_edition_compiles_without_a_warning() {
    let checked = Fixture::new("editions", env!("CARGO_TARGET_TMPDIR")).cargo("check", &[]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}
