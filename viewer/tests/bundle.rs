//! `index.html` is the viewer as one file, which opens from disk, where browsers load no modules: put together here from those that are
//! beside it, and as it would be put together now.
//!
//! `SPANWRIGHT_BLESS=1 cargo test -p spanwright-viewer` writes it anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What both sides begin with. A page makes its worker of the script that it is itself.
const START: &str = r#"const done = new Map();
function need(name) {
  if (!done.has(name)) done.set(name, modules[name]());
  return done.get(name);
}
if (typeof document === "undefined") need("viewer/recording/worker.mjs").serve(self);
else need("viewer/recording/page.mjs").start(document.currentScript.textContent);
"#;

const ROOTS: [&str; 2] = ["viewer/recording/worker.mjs", "viewer/recording/page.mjs"];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package is in a folder of the workspace")
        .to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(workspace().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// `viewer/recording/../shared/dom.mjs` is `viewer/shared/dom.mjs`.
fn resolved(of: &str, import: &str) -> String {
    let mut parts: Vec<&str> = of.split('/').collect();
    parts.pop();
    for part in import.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// A module as a function that gives what it exports.
///
/// Input: `import { a } from "./b.mjs"; export const c = a;`
/// Output: `() => { const { a } = need("b.mjs"); const c = a; return { c }; }`
fn add(path: &str, modules: &mut BTreeMap<String, String>) {
    if modules.contains_key(path) {
        return;
    }
    modules.insert(path.to_owned(), String::new());
    let (source, mut body, mut exports) = (read(path), String::new(), Vec::new());
    let mut rest = source.as_str();
    while let Some(line) = rest.split_inclusive('\n').next() {
        if line.starts_with("import ") {
            let end = rest.find(';').expect("an import ends");
            let (statement, after) = rest.split_at(end + 1);
            let (names, from) =
                statement["import ".len()..end].split_once(" from ").expect("imports say from where");
            let name = resolved(path, from.trim_matches('"'));
            add(&name, modules);
            body.push_str(&format!("const {} = need(\"{name}\");", names.replace(" as ", ": ")));
            rest = after;
            continue;
        }
        if let Some(declaration) = line.strip_prefix("export ") {
            let words = declaration.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
            let mut names = words.filter(|word| !["", "async", "function", "class", "const"].contains(word));
            exports.push(names.next().expect("an export has a name").to_owned());
            body.push_str(declaration);
        } else {
            body.push_str(line);
        }
        rest = &rest[line.len()..];
    }
    let module = format!("() => {{\n{}return {{ {} }};\n}}", body, exports.join(", "));
    modules.insert(path.to_owned(), module);
}

fn script() -> String {
    let mut modules = BTreeMap::new();
    ROOTS.iter().for_each(|root| add(root, &mut modules));
    let mut script = "\"use strict\";\nconst modules = {\n".to_owned();
    for (path, module) in modules {
        script.push_str(&format!("\"{path}\": {module},\n"));
    }
    script.push_str("};\n");
    script.push_str(START);
    script
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for bytes in bytes.chunks(3) {
        let word =
            bytes.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - bytes.len()));
        for letter in 0..4 {
            let is_there = letter <= bytes.len();
            text.push(if is_there {
                LETTERS[(word >> (18 - 6 * letter) & 63) as usize] as char
            } else {
                '='
            });
        }
    }
    text
}

fn hash(text: &str) -> String {
    format!("'sha256-{}'", base64(&hmac_sha256::Hash::hash(text.as_bytes())))
}

fn page() -> String {
    let style = format!("\n{}\n{}", read("viewer/shared/look.css"), read("viewer/recording/viewer.css"));
    let script = format!("\n{}", script());
    assert!(!script.contains("</script") && !script.contains("<!--"), "the script would end early");
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; worker-src blob:; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(&script),
        hash(&style)
    );
    let page = read("viewer/recording/page.html");
    page.replace("{policy}", &policy).replace("{style}", &style).replace("{script}", &script)
}

#[test]
fn the_page_is_made_of_the_modules_beside_it() {
    let path = workspace().join("viewer/index.html");
    let page = page();
    if std::env::var_os("SPANWRIGHT_BLESS").is_some() {
        fs::write(&path, &page).expect("it can be written");
    }
    let before = fs::read_to_string(&path).expect("it is there");
    assert!(
        page == before,
        "viewer/index.html is not what its modules say: SPANWRIGHT_BLESS=1 writes it anew"
    );
}

#[test]
fn the_page_asks_nobody_else() {
    let page = page();
    for (place, _) in page.match_indices("://") {
        let line = page[..place].lines().last().unwrap_or_default();
        // The name of a kind of elements, and never asked for.
        assert!(line.ends_with("\"http") && page[place..].starts_with("://www.w3.org/2000/svg\""), "{line}");
    }
    for markup in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"]
    {
        assert!(!page.contains(markup), "{markup}");
    }
}
