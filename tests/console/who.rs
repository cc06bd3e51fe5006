//! Who may look, and what browsers may do with what they get.

use spanwright::Secret;

use super::*;

const TOKEN: &str = "correct-horse-battery";

#[test]
fn the_page_is_for_everybody_and_what_is_inside_for_those_with_the_token() {
    let installed = install(|builder| builder.admin_token(&Secret::new(TOKEN.to_owned())));
    let page = installed.get("/");
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    for path in ["/console/stream", "/console/trace/0123456789abcdef0123456789abcdef"] {
        let refused = installed.get(path);
        assert_eq!((refused.status, refused.header("www-authenticate")), (401, "Bearer"), "{path}");
        assert!(refused.json()["error"].as_str().unwrap().contains("token"), "{refused:?}");
    }
    assert!(!has_thread("sw-console"), "who is refused starts nothing");
    let shown = format!("Bearer {TOKEN}");
    let client = Client::connect(&installed.address, &[("authorization", &shown)]).unwrap();
    client.find("hello", |_| Some(()));
}

#[test]
fn a_page_of_another_site_or_name_has_the_service_do_nothing() {
    let installed = install(|builder| builder);
    for site in ["cross-site", "same-site"] {
        let refused = Client::connect(&installed.address, &[("sec-fetch-site", site)]).unwrap_err();
        assert_eq!(refused.status, 403, "{site}");
    }
    let refused = Client::connect(&installed.address, &[("host", "evil.example")]).unwrap_err();
    assert_eq!(refused.status, 403);
    assert!(!has_thread("sw-console"));
    Client::connect(&installed.address, &[("sec-fetch-site", "same-origin")]).unwrap();
}

#[test]
fn whatever_is_answered_has_the_headers_that_keep_it_in_its_place() {
    let installed = install(|builder| builder);
    let trace = "/console/trace/0123456789abcdef0123456789abcdef";
    for (path, status) in [("/", 200), (trace, 404), ("/console/trace/%3Cscript%3E", 400)] {
        let answer = installed.get(path);
        assert_eq!(answer.status, status, "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{path}: {policy}");
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
}

#[test]
fn what_the_page_consists_of_is_there_and_is_no_others() {
    let installed = install(|builder| builder);
    let page = installed.get("/").body;
    let ours = page.split(['"', '\'']).filter(|text| text.starts_with("/console/") && text.contains('.'));
    for path in ours {
        assert_eq!(installed.get(path).status, 200, "{path}");
    }
    assert!(!page.contains("src=\"http") && !page.contains("href=\"http"), "nothing of another origin");
}
