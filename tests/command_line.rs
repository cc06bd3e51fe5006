//! The shop's command line.

use std::net::TcpListener;

use crate::shop::Shop;

#[test]
fn help_names_every_option() {
    let ended = Shop::start().arg("--help").run();
    assert!(ended.status.success());
    for option in ["--listen", "--database", "--load", "--seconds", "--explain-config", "--catalog", "--help"]
    {
        assert!(ended.stdout.contains(option), "{option} is not in:\n{}", ended.stdout);
    }
}

#[test]
fn an_unknown_option_is_told_the_nearest() {
    for (wrong, right) in
        [("--listn", "--listen"), ("--second=3", "--seconds"), ("--laod", "--load"), ("--db", "--database")]
    {
        let ended = Shop::start().arg(wrong).run();
        assert_eq!(ended.status.code(), Some(2), "{wrong}");
        assert!(ended.stderr.contains(&format!("did you mean `{right}`?")), "{}", ended.stderr);
    }
}

#[test]
fn a_wrong_value_is_told_an_example() {
    let missing = Shop::start().arg("--seconds").run();
    assert!(missing.stderr.contains("`--seconds` needs a value, as in `--seconds 15`"), "{}", missing.stderr);
    let wrong = Shop::start().arg("--seconds=soon").run();
    assert!(
        wrong.stderr.contains("`--seconds soon`: write something like `--seconds 15`"),
        "{}",
        wrong.stderr
    );
    assert_eq!((missing.status.code(), wrong.status.code()), (Some(2), Some(2)));
}

#[test]
fn a_taken_address_is_told_the_remedy() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
    let address = taken.local_addr().expect("it is bound").to_string();
    let ended = Shop::start().arg("--listen").arg(&address).run();
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.stderr.contains(&address) && ended.stderr.contains("--listen"), "{}", ended.stderr);
}
