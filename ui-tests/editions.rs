//! Crates of the older editions.

use spanwright_ui_tests::Fixture;

#[test]
fn every_edition_compiles_without_a_warning_and_drops_as_it_should() {
    let fixture = Fixture::new("editions", env!("CARGO_TARGET_TMPDIR"));
    let checked = fixture.cargo("check", &[]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    // What drops when is another matter of editions.
    let tested = fixture.cargo("test", &["--lib"]);
    let (said, built) = (String::from_utf8_lossy(&tested.stdout), String::from_utf8_lossy(&tested.stderr));
    assert!(tested.status.success() && said.contains("1 passed"), "{said}\n{built}");
}
