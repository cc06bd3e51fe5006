//! What is said of an upload that went wrong.
//!
//! Stores answer with the key's id and what was signed, and addresses may be signed themselves: only what is known to be harmless is said.

use std::error::Error;
use std::io;

use object_store::client::{HttpError, HttpErrorKind};

/// Why a file was not uploaded.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("the local file can't be used: {}", .0.kind())]
    Local(#[from] io::Error),
    /// It was not tried to the end.
    #[error("the process ends")]
    Stopped,
    #[error("{}", said(.0))]
    Store(#[from] object_store::Error),
}

fn said(error: &object_store::Error) -> String {
    use object_store::Error;

    let text = error.to_string();
    let code = code(&text);
    let what = match error {
        Error::NotFound { .. } => "the bucket is not there",
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => "the store refuses the key",
        Error::NotSupported { .. } | Error::NotImplemented { .. } => "the store can't do this",
        Error::InvalidPath { .. } => "the store has no such names",
        // What lists objects does not tell these apart.
        error => match code {
            Some("AccessDenied" | "InvalidAccessKeyId" | "SignatureDoesNotMatch") => {
                "the store refuses the key"
            }
            Some("NoSuchBucket") => "the bucket is not there",
            _ => of_source(error),
        },
    };
    match code {
        Some(code) => format!("{what} ({code})"),
        None => what.to_owned(),
    }
}

/// What is known of the reason below.
fn of_source(error: &object_store::Error) -> &'static str {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        match error.downcast_ref::<HttpError>().map(HttpError::kind) {
            Some(HttpErrorKind::Connect) => return "the store can't be reached",
            Some(HttpErrorKind::Timeout) => return "the store does not answer in time",
            Some(_) => return "the connection to the store broke",
            None => next = error.source(),
        }
    }
    "the store failed"
}

/// The code of S3's answers: `SignatureDoesNotMatch`.
fn code(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    (code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_code_is_said_of_an_answer() {
        let denied = |body: &str| {
            let source = format!("https://host/?sig=SECRET: 403 {body}").into();
            Failure::Store(object_store::Error::PermissionDenied { path: "a".into(), source }).to_string()
        };
        let body = "<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>SECRET</AWSAccessKeyId></Error>";
        assert_eq!(denied(body), "the store refuses the key (SignatureDoesNotMatch)");
        assert_eq!(denied("<Code>SECRET=1</Code>"), "the store refuses the key");
        let source = "403 <Code>SignatureDoesNotMatch</Code>SECRET".into();
        let listed = Failure::Store(object_store::Error::Generic { store: "S3", source });
        assert_eq!(listed.to_string(), "the store refuses the key (SignatureDoesNotMatch)");
        let source = "SECRET".into();
        let generic = Failure::Store(object_store::Error::Generic { store: "S3", source });
        assert_eq!(generic.to_string(), "the store failed");
    }
}
