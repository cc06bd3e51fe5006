//! What is about the recorder alone.

use super::{Kind, Reason};
use crate::config::problem::ShownValue;

/// A signal that has the recording written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecorderSignal {
    /// `SIGUSR1`.
    User1,
    /// `SIGUSR2`.
    User2,
    /// `SIGHUP`.
    HangUp,
    /// `SIGQUIT`.
    Quit,
}

words! {
    /// A signal that no program needs for anything else.
    RecorderSignals -> RecorderSignal, "`SIGUSR1`, `SIGUSR2`, `SIGHUP` or `SIGQUIT`",
    "sigusr1" => RecorderSignal::User1,
    "sigusr2" => RecorderSignal::User2,
    "sighup" => RecorderSignal::HangUp,
    "sigquit" => RecorderSignal::Quit,
    "usr1" => RecorderSignal::User1,
    "usr2" => RecorderSignal::User2,
    "hup" => RecorderSignal::HangUp,
    "quit" => RecorderSignal::Quit,
    else {
        "sigterm" => "it ends the program, which writes the recording anyway",
        "sigint" => "it ends the program, which writes the recording anyway",
        "sigkill" => "no program can handle it",
        "sigstop" => "no program can handle it",
    }
}

/// Where recordings are uploaded to.
pub(crate) struct StoreAddress;

impl Kind for StoreAddress {
    type Value = String;
    const EXPECTS: &'static str = "an address as `s3://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix` or `file:///folder`";

    fn shown(text: &str) -> ShownValue {
        ShownValue::url(text)
    }

    fn show(value: &String) -> String {
        ShownValue::url(value).text()
    }

    fn parse(text: &str) -> Result<String, Reason> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").ok_or("it lacks `s3://`")?;
        if !["s3", "gs", "az", "file"].contains(&scheme) {
            return Err("its scheme is none of them".into());
        }
        if rest.contains(['@', '?', '#']) {
            return Err("keys belong into variables of the store's own, as `AWS_SECRET_ACCESS_KEY`".into());
        }
        match rest.split('/').next() {
            Some("") | None if scheme != "file" => Err("it lacks the bucket".into()),
            _ => Ok(text.to_owned()),
        }
    }
}
