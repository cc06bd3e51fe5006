//! The console's files: all that it asks for is served, and nothing else; and nothing in it is against its own policy.

use std::collections::BTreeSet;
use std::path::Path;

use spanwright_viewer::CONSOLE;

fn text(path: &str) -> &'static str {
    let file = CONSOLE.iter().find(|file| file.path == path);
    file.unwrap_or_else(|| panic!("`{path}` is asked for, and not served")).text
}

/// What stands in quotes after each of these beginnings.
fn quoted<'a>(text: &'a str, beginning: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(beginning).skip(1).filter_map(|rest| rest.split('"').next())
}

/// Adds what a module and those that it imports ask for.
fn follow(path: String, found: &mut BTreeSet<String>) {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let imports: Vec<_> = quoted(text(&path), " from \"").collect();
    if !found.insert(path) {
        return;
    }
    for import in imports {
        let next = match (import.strip_prefix("./"), import.strip_prefix("../")) {
            (Some(beside), _) => format!("{folder}/{beside}"),
            (_, Some(above)) => above.to_owned(),
            _ => panic!("`{import}` is no file of the page"),
        };
        follow(next, found);
    }
}

#[test]
fn all_that_the_page_asks_for_is_served_and_nothing_else() {
    let page = text("");
    let mut found = BTreeSet::from([String::new()]);
    for path in quoted(page, "\"/console/") {
        follow(path.to_owned(), &mut found);
    }
    let served: BTreeSet<_> = CONSOLE.iter().map(|file| file.path.to_owned()).collect();
    assert_eq!(found, served);
}

#[test]
fn each_file_of_the_page_is_served() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("console");
    let files = std::fs::read_dir(folder).expect("the page is there").map(|file| file.expect("it is read"));
    for file in files.map(|file| file.file_name().to_string_lossy().into_owned()) {
        if file != "index.html" {
            text(&format!("page/{file}"));
        }
    }
}

#[test]
fn nothing_in_the_page_is_markup_of_data_or_against_its_policy() {
    for file in CONSOLE {
        for forbidden in
            ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "http://", "https://"]
        {
            let found = file.text.replace("http://www.w3.org/2000/svg", "").contains(forbidden);
            assert!(!found, "`{forbidden}` in `{}`", file.path);
        }
    }
    let page = text("");
    for forbidden in [" style=", "<style", "onclick=", "onload=", "javascript:"] {
        assert!(!page.contains(forbidden), "`{forbidden}` in the page");
    }
    assert_eq!(
        page.matches("<script").count(),
        page.matches("<script type=\"module\" src=\"/console/").count()
    );
}
