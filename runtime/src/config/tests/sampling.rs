use super::*;

const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";
const RATE: &str = "APP_TRACE_SAMPLE_RATE";
const LIMIT: &str = "APP_TRACE_SAMPLE_LIMIT";
const RULES: &str = "APP_TRACE_SAMPLE_RULES";

/// Whether parents decide, and the share and the limit of roots.
fn sampling(variables: &[(&str, &str)]) -> (bool, f64, Option<f64>) {
    let Sampling { parent_based, root, .. } = traces(variables).sampling;
    (parent_based, root.ratio, root.per_second)
}

fn code() -> Settings {
    let ratio = SamplerName { parent_based: false, root: RootSampler::Ratio };
    Settings { sampler: Some(ratio), sampler_arg: Some(0.1), sample_limit: Some(5.0), ..Settings::default() }
}

#[test]
fn samplers_are_opentelemetrys_and_our_rate_wins() {
    assert_eq!(sampling(&[(SAMPLER, "always_on")]), (false, 1.0, None));
    assert_eq!(sampling(&[(SAMPLER, "always_off")]), (false, 0.0, None));
    assert_eq!(sampling(&[(SAMPLER, "traceidratio")]), (false, 1.0, None));
    assert_eq!(sampling(&[(SAMPLER, "traceidratio"), (ARGUMENT, "0.5")]), (false, 0.5, None));
    assert_eq!(sampling(&[(SAMPLER, "parentbased_always_on")]), (true, 1.0, None));
    assert_eq!(sampling(&[(SAMPLER, "parentbased_always_off")]), (true, 0.0, None));
    assert_eq!(sampling(&[(SAMPLER, "ParentBased_TraceIdRatio"), (ARGUMENT, "0.25")]), (true, 0.25, None));
    assert_eq!(sampling(&[(RATE, "0"), (SAMPLER, "always_on")]), (true, 0.0, None));
    assert!(problem(ARGUMENT, "0.5").contains("has no effect"));
    for bad in ["-0.1", "NaN", "inf", "50%"] {
        problem(RATE, bad);
    }
    assert!(problem(SAMPLER, "parentbased_jaeger_remote").contains("remote sampling is not supported"));
}

#[test]
fn a_limit_is_on_top_of_the_share() {
    assert_eq!(sampling(&[(LIMIT, "0.5")]), (true, 1.0, Some(0.5)));
    assert_eq!(sampling(&[(LIMIT, "10"), (RATE, "0.2")]), (true, 0.2, Some(10.0)));
    assert_eq!(sampling(&[(LIMIT, "10"), (SAMPLER, "always_on")]), (false, 1.0, Some(10.0)));
    for bad in ["0", "-1", "NaN", "inf", "1e7", "10/s"] {
        assert!(problem(LIMIT, bad).contains("a number of traces per second above 0"));
    }
}

#[test]
fn the_environments_sampler_takes_the_place_of_codes_with_its_argument() {
    let sampling = |code, variables: &[_]| {
        let (config, problems) = resolve_over(code, variables);
        assert_eq!(problems, [""; 0]);
        let Sampling { parent_based, root, .. } = config.traces.unwrap().sampling;
        (parent_based, root.ratio, root.per_second)
    };
    assert_eq!(sampling(code(), &[]), (false, 0.1, Some(5.0)));
    assert_eq!(sampling(code(), &[(ARGUMENT, "0.2")]), (false, 0.2, Some(5.0)));
    assert_eq!(sampling(code(), &[(SAMPLER, "parentbased_traceidratio")]), (true, 1.0, Some(5.0)));
    assert_eq!(sampling(code(), &[(SAMPLER, "always_off"), (LIMIT, "6")]), (false, 0.0, Some(6.0)));
    let rate = || Settings { sample_rate: Some(0.5), ..Settings::default() };
    assert_eq!(sampling(rate(), &[(SAMPLER, "always_off")]), (false, 0.0, None));
}

#[test]
fn rules_are_read_and_sorted_from_the_most_specific() {
    let rules = traces(&[(
        RULES,
        "shop::health=off, shop=on,, name:GET /a=b = 0.25,component:db=10/s,shop::cart::=0.5,shop=ON",
    )])
    .sampling
    .rules;
    let rule = |key, ratio, per_second| SampleRule { key, sampling: RootSampling { ratio, per_second } };
    let target = |target: &str| RuleKey::Target(target.to_owned());
    assert_eq!(
        rules,
        [
            rule(RuleKey::Name("GET /a=b".to_owned()), 0.25, None),
            rule(RuleKey::Component("db".to_owned()), 1.0, Some(10.0)),
            rule(target("shop::health"), 0.0, None),
            rule(target("shop::cart"), 0.5, None),
            rule(target("shop"), 1.0, None),
        ]
    );
}

#[test]
fn a_bad_rule_is_named_and_discards_the_list() {
    for (text, reason) in [
        ("a=on,b", "`b` has no `=`"),
        ("=on", "`=on` has no target"),
        ("name:=on", "has no name after `name:`"),
        ("component: =on", "has no component after `component:`"),
        ("nam:x=on", "starts with neither `component:` nor `name:`"),
        ("a=2", "has no value that is `on`, `off`, a share as `0.25` or a rate as `10/s`"),
        ("a=0/s", "has no value"),
        ("a=10/m", "has no value"),
        ("a=", "has no value"),
    ] {
        let problem = problem(RULES, text);
        assert!(problem.contains(reason) && problem.contains("the default is used: none"), "{problem}");
    }
}

#[test]
fn the_environments_rules_add_to_those_of_code_and_win() {
    let off = |target: &str| SampleRule {
        key: RuleKey::Target(target.to_owned()),
        sampling: RootSampling::ALWAYS_OFF,
    };
    let code = Settings { sample_rules: Some(vec![off("a"), off("bb")]), ..Settings::default() };
    let (config, _) = resolve_over(code, &[(RULES, "bb=on,ccc=on")]);
    let rules = config.traces.unwrap().sampling.rules;
    let of = |target: &str| rules.iter().find(|rule| rule.applies("", None, target)).unwrap().sampling.ratio;
    assert_eq!((of("a"), of("bb"), of("ccc"), rules.len()), (0.0, 1.0, 1.0, 3));
}

#[test]
fn a_rule_is_about_a_module_and_those_within_it() {
    let rules = traces(&[(RULES, "shop=off,shop::cart=on,component:db=0.5,name:pay=0.25")]).sampling.rules;
    let of = |name, component, target| {
        let rule = rules.iter().find(|rule| rule.applies(name, component, target));
        rule.map(|rule| rule.sampling.ratio)
    };
    assert_eq!(of("x", None, "shop"), Some(0.0));
    assert_eq!(of("x", None, "shop::health"), Some(0.0));
    assert_eq!(of("x", None, "shop::cart::item"), Some(1.0), "the longest target wins");
    assert_eq!(of("x", None, "shop::cartoon"), Some(0.0), "a module is not a prefix of letters");
    assert_eq!(of("x", None, "shopping"), None);
    assert_eq!(of("x", Some("db"), "shop::cart"), Some(0.5), "a component wins over a target");
    assert_eq!(of("pay", Some("db"), "shop::cart"), Some(0.25), "a name wins over a component");
}

#[test]
fn a_tail_policy_needs_a_reason_to_keep_a_trace() {
    let tail = |variables: &[_]| traces(variables).tail;
    let errors = ("APP_TRACE_KEEP_ERRORS", "true");
    let slower = ("APP_TRACE_KEEP_SLOWER_THAN", "250");
    let slower_than = Some(Duration::from_millis(250));
    assert_eq!(tail(&[("APP_TRACE_KEEP_ERRORS", "false")]), None);
    assert_eq!(tail(&[errors]), Some(TailPolicy { errors: true, slower_than: None }));
    assert_eq!(tail(&[slower]), Some(TailPolicy { errors: false, slower_than }));
    assert_eq!(tail(&[errors, slower]), Some(TailPolicy { errors: true, slower_than }));
}
