use super::*;
use crate::Enabled;

const COMPONENTS: &str = "APP_COMPONENTS";

#[test]
fn the_environments_components_win_over_those_of_code() {
    let named = |all: &[(&str, Enabled)]| {
        all.iter().map(|(name, enabled)| ((*name).to_owned(), *enabled)).collect::<Vec<_>>()
    };
    let code = || Settings {
        components: Some(named(&[("cache", Enabled::ALL), ("db", Enabled::SPANS)])),
        ..Settings::default()
    };
    let (config, problems) = resolve_over(code(), &[(COMPONENTS, "cache=off,http.client=metrics")]);
    assert_eq!(problems, [""; 0]);
    let expected = [("db", Enabled::SPANS), ("cache", Enabled::NONE), ("http.client", Enabled::METRICS)];
    assert_eq!(config.components, named(&expected));
    assert_eq!(clean(&[]).components, []);
}

#[test]
fn a_bad_switch_is_told_with_the_variable_the_place_and_what_may_be() {
    let said = problem(COMPONENTS, "cache=off,db=span");
    for part in [
        "`APP_COMPONENTS` is ",
        "a list as `cache=off,http=spans,db=metrics`, with `on`, `off`, `spans` or `metrics`",
        "`db=span` has no value that is `on`, `off`, `spans` or `metrics`; did you mean `spans`?",
    ] {
        assert!(said.contains(part), "{said}");
    }
}
