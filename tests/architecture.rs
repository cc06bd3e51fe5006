//! Who may import whom, read from the sources: see "Invariants" in ARCHITECTURE.md.

use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{Visit, visit_item_mod};

use crate::backends::workspace;

/// A path that a file names, in `use` or in place.
#[derive(Debug)]
struct Import {
    file: PathBuf,
    path: String,
}

impl Import {
    /// Whether the path is `prefix` or in it.
    fn is_in(&self, prefix: &str) -> bool {
        self.path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    }
}

/// The source files of a folder, tests left out.
fn sources(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    collect(&workspace().join(folder), &mut files);
    assert!(!files.is_empty(), "{folder} has no sources");
    files
}

fn parse(file: &Path) -> syn::File {
    let text = fs::read_to_string(file).expect("sources are readable");
    syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// All paths named in the sources of a folder.
fn imports(folder: &str) -> Vec<Import> {
    let mut imports = Vec::new();
    for file in sources(folder) {
        let mut paths = Paths::default();
        paths.visit_file(&parse(&file));
        imports.extend(paths.0.into_iter().map(|path| Import { file: file.clone(), path }));
    }
    imports
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it is readable").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        match path.is_dir() {
            true if name != "tests" => collect(&path, files),
            false if name.ends_with(".rs") && name != "tests.rs" => files.push(path),
            _ => {}
        }
    }
}

#[derive(Default)]
struct Paths(Vec<String>);

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        // `#[cfg(test)] mod … { … }`, and the likes of `cfg(all(test, …))`.
        let is_test = |attr: &syn::Attribute| {
            attr.meta
                .require_list()
                .is_ok_and(|list| list.path.is_ident("cfg") && list.tokens.to_string().contains("test"))
        };
        if !module.attrs.iter().any(is_test) {
            visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        flatten(&item.tree, String::new(), &mut self.0);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.0.push(segments.join("::"));
        syn::visit::visit_path(self, path);
    }
}

fn flatten(tree: &syn::UseTree, prefix: String, paths: &mut Vec<String>) {
    let join = |name: &dyn ToString| match prefix.as_str() {
        "" => name.to_string(),
        prefix => format!("{prefix}::{}", name.to_string()),
    };
    match tree {
        syn::UseTree::Path(path) => flatten(&path.tree, join(&path.ident), paths),
        syn::UseTree::Name(name) => paths.push(join(&name.ident)),
        syn::UseTree::Rename(rename) => paths.push(join(&rename.ident)),
        syn::UseTree::Glob(_) => paths.push(join(&"*")),
        syn::UseTree::Group(group) => {
            group.items.iter().for_each(|tree| flatten(tree, prefix.clone(), paths))
        }
    }
}

#[track_caller]
fn assert_none(imports: &[Import], forbidden: &[&str], why: &str) {
    let found: Vec<_> =
        imports.iter().filter(|import| forbidden.iter().any(|prefix| import.is_in(prefix))).collect();
    assert!(found.is_empty(), "{why}: {found:#?}");
}

#[test]
fn macros_and_core_import_nothing_of_ours() {
    let ours = ["spanwright", "spanwright_core", "spanwright_macros"];
    for folder in ["macros/src", "core/src"] {
        assert_none(&imports(folder), &ours, "the leaves import nothing of ours");
        let manifest =
            fs::read_to_string(workspace().join(folder).with_file_name("Cargo.toml")).expect("readable");
        let dependencies = manifest.split_once("dependencies]").map_or("", |(_, dependencies)| dependencies);
        assert!(!dependencies.contains("spanwright"), "{folder} depends on ours:\n{dependencies}");
    }
}

#[test]
fn macro_folders_do_not_import_each_other() {
    let folders: Vec<_> = fs::read_dir(workspace().join("macros/src"))
        .expect("the folder is there")
        .map(|entry| entry.expect("it is readable").path())
        // What several of them ask, OpenTelemetry's registry say, has no syntax of its own.
        .filter(|path| path.join("parse.rs").is_file())
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect();
    assert!(folders.len() > 3, "{folders:?}");
    for folder in &folders {
        let others: Vec<_> =
            folders.iter().filter(|other| *other != folder).map(|other| format!("crate::{other}")).collect();
        let others: Vec<_> = others.iter().map(String::as_str).collect();
        assert_none(&imports(&format!("macros/src/{folder}")), &others, "a macro is a folder of its own");
    }
}

#[test]
fn macros_read_nothing_but_tokens() {
    // An expansion that depends on the machine, the time or the environment is another one elsewhere.
    let imports: Vec<_> =
        imports("macros/src").into_iter().filter(|import| !import.file.ends_with("testing.rs")).collect();
    let outside = ["env", "fs", "net", "process", "thread", "time"].map(|module| format!("std::{module}"));
    let outside: Vec<_> = outside.iter().map(String::as_str).chain(["env", "option_env"]).collect();
    assert_none(&imports, &outside, "a macro sees its tokens alone");
}

#[test]
fn exporters_read_plain_data() {
    // Data flows one way: record → snapshot → export.
    let live = [
        "spanwright_core",
        "crate::call",
        "crate::metric",
        "crate::registry::instrument",
        "crate::span::pipeline",
        "std::sync::atomic",
        "core::sync::atomic",
    ];
    assert_none(&imports("runtime/src/export"), &live, "exporters see snapshots and never the cells");
}

/// Files of the core whose atomics hold numbers of their own that publish nothing: there is nothing for loom to find.
const NOT_MODELLED: [&str; 4] = [
    "core/src/clock.rs",
    "core/src/cells/exemplars.rs",
    "core/src/cells/threads.rs",
    "core/src/segment/killed.rs",
];

#[test]
fn atomics_of_the_core_come_from_one_module() {
    let elsewhere: Vec<_> = imports("core/src")
        .into_iter()
        .filter(|import| import.is_in("std::sync::atomic") || import.is_in("core::sync::atomic"))
        .filter(|import| !import.file.ends_with("core/src/sync.rs"))
        .filter(|import| !NOT_MODELLED.iter().any(|file| import.file.ends_with(file)))
        .collect();
    assert!(elsewhere.is_empty(), "loom can't see these: {elsewhere:#?}");
}

#[test]
fn all_unsafe_code_is_in_the_core() {
    for file in sources("runtime/src").into_iter().chain(sources("macros/src")) {
        let parsed = parse(&file);
        let mut found = Unsafe::default();
        found.visit_file(&parsed);
        assert_eq!(found.0, 0, "unsafe code in {}", file.display());
    }
}

#[derive(Default)]
struct Unsafe(usize);

impl<'ast> Visit<'ast> for Unsafe {
    fn visit_expr_unsafe(&mut self, _: &'ast syn::ExprUnsafe) {
        self.0 += 1;
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        self.0 += usize::from(matches!(signature.safety, syn::Safety::Unsafe(_)));
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.0 += usize::from(item.unsafety.is_some());
        syn::visit::visit_item_impl(self, item);
    }
}

#[test]
fn names_of_secrets_are_the_same_to_the_macros_and_to_the_runtime() {
    let read = |file: &str| fs::read_to_string(workspace().join(file)).expect("it is there");
    assert_eq!(read("macros/src/secret_names.rs"), read("runtime/src/config/secret_names.rs"));
}
