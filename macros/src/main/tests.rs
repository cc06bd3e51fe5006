use super::main;
use super::parse::Args;
use crate::args::Arguments;
use crate::testing::{assert_documented, assert_errors, snapshot, survives_damage, tokens};

fn expansion(name: &str, args: &str, item: &str) {
    snapshot("main", name, main(tokens(args), tokens(item)));
}

#[track_caller]
fn refused(args: &str, item: &str, expected: &[&str]) {
    assert_errors(main, args, item, expected);
}

#[test]
fn a_plain_program() {
    expansion("plain", "", "fn main() { run() }");
}

#[test]
fn an_async_program_with_everything() {
    let args = r#"prefix = "SHOP", service_name = "shop", flavor = "multi_thread", worker_threads = 2,
        signals = false, subscriber = false, recorder = "trace.bin", crate = telemetry"#;
    expansion(
        "everything",
        args,
        "#[allow(x)] pub async fn main() -> Result<(), impl Error> { run().await }",
    );
    expansion("current_thread", "flavor = \"current_thread\"", "async fn main() { run().await }");
}

#[test]
fn mistakes() {
    let program = "async fn main() {}";
    refused("prefx = \"A\"", program, &["prefx: unknown argument `prefx`; did you mean `prefix`?"]);
    refused(
        "prefix = \"a-b\"",
        program,
        &["\"a-b\": `a-b` is no prefix: use letters, digits and `_`, and no digit in front"],
    );
    refused(
        "flavor = \"multi\"",
        program,
        &["\"multi\": unknown flavor `multi`; the flavors are `multi_thread` and `current_thread`"],
    );
    refused(
        "worker_threads = 0",
        program,
        &["0: `worker_threads` takes a whole number above zero: write `worker_threads = 4`"],
    );
    refused(
        "flavor = \"current_thread\", worker_threads = 2",
        program,
        &[
            "\"current_thread\", worker_threads: `worker_threads` needs the flavor `multi_thread`; remove one of them",
        ],
    );
    refused(
        "worker_threads = 2",
        "fn main() {}",
        &["worker_threads: `worker_threads` needs an `async fn`: make it one, or remove `worker_threads`"],
    );
    refused(
        "",
        "fn main(a: u8) {}",
        &["a: u8: `#[main]` calls this function without arguments: remove the parameters"],
    );
    refused("signals", program, &["signals: `signals` needs a value: write `signals = false`"]);
    refused(
        "subscriber = 0",
        program,
        &["0: `subscriber` takes `true` or `false`: write `subscriber = false`"],
    );
    refused("", "struct S;", &["struct: `#[main]` goes on a function, and this is a `struct`"]);
}

#[test]
fn every_mistake_is_an_error_of_its_own() {
    refused(
        "nam, flavor = 3",
        "async fn main(a: u8) {}",
        &[
            "nam: unknown argument `nam`; the arguments are `prefix`, `service_name`, `flavor`, `worker_threads`, `signals`, `subscriber`, `recorder` and `crate`",
            "3: `flavor` takes a string: write `flavor = \"…\"`",
            "a: u8: `#[main]` calls this function without arguments: remove the parameters",
        ],
    );
}

#[test]
fn a_mistake_is_the_only_error_of_an_async_main() {
    let item = "async fn main(a: u8) { a.await }";
    let expansion = main(tokens("nam"), tokens(item)).to_string();
    assert!(expansion.starts_with("fn main () {"), "{expansion}");
    assert!(expansion.contains(&tokens(item).to_string()), "{expansion}");
}

#[test]
fn nothing_panics() {
    survives_damage(
        main,
        "prefix = \"A\", worker_threads = 2, signals = false, crate = a::b",
        "pub async fn main() -> Result<(), E> { a }",
    );
}

#[test]
fn every_argument_is_documented() {
    assert_documented("main", Args::NAMES);
}
