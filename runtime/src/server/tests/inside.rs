//! Who sees and changes the program's inside.

use super::*;
use crate::Secret;
use crate::config::Token;

#[test]
fn components_are_shown_and_switched() {
    let server = start_bounded(Limits::default());
    let bad = put(&server, "/components", "server_tests.a=off,server_tests.b=maybe");
    assert!(bad.starts_with("HTTP/1.1 400") && bad.contains("`server_tests.b=maybe` has no value"), "{bad}");
    assert!(put(&server, "/components", " ").starts_with("HTTP/1.1 400"));
    let part = crate::component("server_tests.a.part");
    assert_eq!(part.enabled(), crate::Enabled::ALL, "a bad list changes nothing");
    let good = put(&server, "/components", "server_tests.a=off,server_tests.b=spans");
    assert!(good.starts_with("HTTP/1.1 200"), "{good}");
    let json: Value = serde_json::from_str(good.split_once("\r\n\r\n").unwrap().1).unwrap();
    let mut shown = json["components"].as_array().unwrap().iter();
    let expected = json!({"name": "server_tests.a", "enabled": "off", "decider": "program", "functions": 0});
    assert!(shown.any(|state| *state == expected), "{json}");
    let both = (part.enabled(), crate::component("server_tests.b").enabled());
    assert_eq!(both, (crate::Enabled::NONE, crate::Enabled::SPANS));
    for name in ["server_tests.a", "server_tests.b"] {
        crate::component(name).reset();
    }
}

#[test]
fn a_body_is_read_up_to_a_bound_and_nothing_is_changed_by_a_bad_one() {
    let server = start_bounded(Limits::default());
    let put = |body: &str| put(&server, "/telemetry", body);
    assert!(put("maybe").contains("write `on` or `off`"));
    assert!(put(&"x".repeat(5_000)).starts_with("HTTP/1.1 413"));
    let answer = put("on");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(r#"{"enabled":true}"#), "{answer}");
}

#[test]
fn the_inside_is_for_those_who_may_see_it_and_metrics_and_probes_for_all() {
    let health = Arc::new(Health::new(String::new(), None, vec![good("db")]));
    let token = Token(Some(Secret::new("a token of some length".to_owned())));
    let access = Access { token: Some(token), changes: false, ..admin(&health).access };
    let admin = Admin { access, ..admin(&health) };
    let server = Server::start((Ipv4Addr::LOCALHOST, 0).into(), None, admin).unwrap();
    for path in ["/metrics", "/health", "/ready", "/live"] {
        assert_eq!(get(&server, path).status, 200, "{path}");
    }
    let refused = get(&server, "/telemetry");
    assert_eq!(refused.status, 401);
    assert!(refused.head.contains("www-authenticate: bearer"), "{refused:?}");
    let shown = "authorization: Bearer a token of some length\r\n";
    assert_eq!(request(&server, "GET", "/telemetry", shown).status, 200);
    let put = request(&server, "PUT", "/telemetry", shown);
    assert_eq!(put.status, 403, "nothing can be changed unless it is switched on");
    assert!(put.body.contains("`APP_ADMIN_CHANGES`"), "{put:?}");
    let post = request(&server, "POST", "/telemetry", shown);
    assert!(post.status == 405 && post.head.contains("allow: get, head, put"), "{post:?}");
    // Details are shown to who may see them; others get the short answer.
    assert_eq!(get(&server, "/health?detail").json()["checks"]["db"], "ok");
    let detail = request(&server, "GET", "/health?detail", shown).json();
    assert_eq!(detail["checks"]["db"]["status"], "ok");
}
