//! Who may see what.
//!
//! Metrics, probes and health are for whoever reaches the server. What is about the program's inside is
//! - for whoever may use the Unix socket;
//! - over TCP, for whoever shows the token, where one is configured;
//! - without a token, for this machine where the server listens on loopback, and for nobody elsewhere, nor where the token that
//!   was configured can't be used.
//!
//! What changes the program is besides for this machine alone, and only where it is switched on.

use std::net::SocketAddr;

use axum::http::{HeaderMap, StatusCode, header};

use super::connections::Peer;
use crate::Secret;
use crate::config::{AdminToken, Kind, Token};

/// What is configured.
pub(crate) struct Access {
    /// Whether the server listens on loopback.
    pub(crate) is_local: bool,
    /// What is to be shown over TCP.
    pub(crate) token: Option<Token>,
    /// Whether the program can be changed.
    pub(crate) changes: bool,
    /// The prefix of the variables.
    pub(crate) prefix: String,
}

/// Why somebody may not.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) message: String,
}

impl Access {
    /// Whether `peer` may see what is inside.
    ///
    /// # Errors
    /// When it may not, and what would help.
    pub(super) fn may_see(&self, peer: Peer, headers: &HeaderMap) -> Result<(), Refusal> {
        let refused = |status, message| Err(Refusal { status, message });
        match (peer, &self.token) {
            (Peer::Socket, _) => Ok(()),
            (Peer::Address(_), Some(Token(None))) => {
                let prefix = &self.prefix;
                let message = format!(
                    "not without the token, and the one that is configured can't be used: set `{prefix}_ADMIN_TOKEN` to {}",
                    AdminToken::EXPECTS
                );
                refused(StatusCode::FORBIDDEN, message)
            }
            (Peer::Address(_), Some(Token(Some(token)))) if shows(headers, token) => Ok(()),
            (Peer::Address(_), Some(_)) => {
                refused(StatusCode::UNAUTHORIZED, "show the token: `authorization: Bearer …`".to_owned())
            }
            (Peer::Address(address), None) if self.is_local && is_local(address) => {
                // A page in a browser on this machine may know us by a name of its own choice.
                if names_this_machine(headers) {
                    return Ok(());
                }
                refused(
                    StatusCode::FORBIDDEN,
                    "the header `host` must be `localhost` or a loopback address".to_owned(),
                )
            }
            (Peer::Address(_), None) => {
                let prefix = &self.prefix;
                let message = format!(
                    "not without a token, since the server is reached from other machines: set `{prefix}_ADMIN_TOKEN`, or \
                     `{prefix}_ADMIN_SOCKET` and ask there"
                );
                refused(StatusCode::FORBIDDEN, message)
            }
        }
    }

    /// Whether `peer` may change the program.
    ///
    /// # Errors
    /// When it may not, and what would help.
    pub(super) fn may_change(&self, peer: Peer, headers: &HeaderMap) -> Result<(), Refusal> {
        self.may_see(peer, headers)?;
        let refused = |message| Err(Refusal { status: StatusCode::FORBIDDEN, message });
        if !self.changes {
            let prefix = &self.prefix;
            return refused(format!(
                "nothing can be changed here: set `{prefix}_ADMIN_CHANGES` to `true` to allow it"
            ));
        }
        match peer {
            Peer::Address(address) if !is_local(address) => refused(
                "only this machine may change something: ask on loopback or on the Unix socket".to_owned(),
            ),
            Peer::Address(_) | Peer::Socket => Ok(()),
        }
    }
}

fn is_local(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

/// Whether the request shows the token. How long that takes does not depend on the token's bytes.
fn shows(headers: &HeaderMap, token: &Secret<String>) -> bool {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown.and_then(|value| value.split_once(' '));
    shown.is_some_and(|(scheme, shown)| {
        scheme.eq_ignore_ascii_case("bearer") && Secret::new(shown.trim().to_owned()) == *token
    })
}

/// Whether the client has found us by a name that nobody else can give to this machine.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else { return false };
    if let Ok(address) = host.parse::<SocketAddr>() {
        return is_local(address);
    }
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(header::HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    fn peer(address: &str) -> Peer {
        Peer::Address(address.parse().unwrap())
    }

    fn access(is_local: bool, token: Option<&str>) -> Access {
        let token = token.map(|token| Token(Some(Secret::new(token.to_owned()))));
        Access { is_local, token, changes: true, prefix: "APP".to_owned() }
    }

    fn status(result: Result<(), Refusal>) -> u16 {
        result.err().map_or(200, |refusal| refusal.status.as_u16())
    }

    const TOKEN: &str = "correct horse battery";

    #[test]
    fn without_a_token_this_machine_alone_sees_the_inside_and_only_on_loopback() {
        let local = headers(&[(header::HOST, "localhost:9090")]);
        assert_eq!(status(access(true, None).may_see(peer("127.0.0.1:1"), &local)), 200);
        assert_eq!(status(access(true, None).may_see(peer("[::1]:1"), &local)), 200);
        assert_eq!(status(access(true, None).may_see(peer("[::ffff:127.0.0.1]:1"), &local)), 200);
        // A proxy beside the program has a loopback address too.
        assert_eq!(status(access(false, None).may_see(peer("127.0.0.1:1"), &local)), 403);
        assert_eq!(status(access(false, None).may_see(peer("10.0.0.1:1"), &local)), 403);
        assert_eq!(status(access(false, None).may_see(Peer::Socket, &HeaderMap::new())), 200);
        let refusal = access(false, None).may_see(peer("10.0.0.1:1"), &local).unwrap_err();
        assert!(refusal.message.contains("`APP_ADMIN_TOKEN`"), "{}", refusal.message);
    }

    #[test]
    fn a_name_that_others_can_give_to_this_machine_is_refused() {
        for (host, code) in [
            ("localhost", 200),
            ("LOCALHOST:1", 200),
            ("127.0.0.1:9090", 200),
            ("127.8.8.8", 200),
            ("[::1]", 200),
            ("[::1]:9090", 200),
            ("evil.example", 403),
            ("evil.example:9090", 403),
            ("localhost.evil.example", 403),
            ("127.0.0.1.evil.example:80", 403),
            ("10.0.0.1", 403),
            ("[::2]:1", 403),
            ("", 403),
        ] {
            let host_header = headers(&[(header::HOST, host)]);
            let answer = access(true, None).may_see(peer("127.0.0.1:1"), &host_header);
            assert_eq!(status(answer), code, "{host}");
        }
        assert_eq!(status(access(true, None).may_see(peer("127.0.0.1:1"), &HeaderMap::new())), 403);
    }

    #[test]
    fn where_there_is_a_token_it_must_be_shown_whole() {
        for is_local in [true, false] {
            let access = access(is_local, Some(TOKEN));
            for (shown, code) in [
                ("Bearer correct horse battery", 200),
                ("bearer correct horse battery", 200),
                ("Bearer correct horse batter", 401),
                ("Bearer correct horse batteryy", 401),
                ("Bearer ", 401),
                ("Basic correct horse battery", 401),
                ("correct horse battery", 401),
            ] {
                let shown_header = headers(&[(header::AUTHORIZATION, shown), (header::HOST, "localhost")]);
                assert_eq!(status(access.may_see(peer("127.0.0.1:1"), &shown_header)), code, "{shown}");
            }
            let local = headers(&[(header::HOST, "localhost")]);
            assert_eq!(status(access.may_see(peer("127.0.0.1:1"), &local)), 401);
        }
    }

    #[test]
    fn a_token_that_can_not_be_used_is_nobodys() {
        let access = Access { token: Some(Token(None)), ..access(true, None) };
        let shown = headers(&[(header::AUTHORIZATION, "Bearer "), (header::HOST, "localhost")]);
        let refusal = access.may_see(peer("127.0.0.1:1"), &shown).unwrap_err();
        assert!(
            refusal.message.ends_with("`APP_ADMIN_TOKEN` to a text of at least 16 visible ASCII characters")
        );
        assert_eq!(status(access.may_see(Peer::Socket, &HeaderMap::new())), 200);
    }

    #[test]
    fn changes_are_for_this_machine_where_they_are_switched_on() {
        let shown = headers(&[(header::AUTHORIZATION, "Bearer correct horse battery")]);
        let mut access = access(false, Some(TOKEN));
        assert_eq!(status(access.may_change(peer("127.0.0.1:1"), &shown)), 200);
        assert_eq!(status(access.may_change(Peer::Socket, &HeaderMap::new())), 200);
        assert_eq!(status(access.may_see(peer("10.0.0.1:1"), &shown)), 200);
        assert_eq!(status(access.may_change(peer("10.0.0.1:1"), &shown)), 403);
        access.changes = false;
        assert_eq!(status(access.may_change(peer("127.0.0.1:1"), &shown)), 403);
        assert_eq!(status(access.may_change(Peer::Socket, &HeaderMap::new())), 403);
    }
}
