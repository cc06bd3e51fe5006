//! Where a server is, with what opens it.

use std::fmt;

use spanwright::Secret;

#[cfg(any(feature = "postgresql", feature = "rabbitmq", feature = "redis"))]
use crate::EventSourceError;

/// The URL of a server. Its user, password and options are a secret: what is shown are hosts and ports.
///
/// ```
/// use eventsource::Address;
///
/// let address = Address::from("amqp://me:pass@host:5672/orders?heartbeat=5");
/// assert_eq!(format!("{address} {address:?}"), "host:5672 host:5672");
/// ```
#[derive(Clone)]
pub struct Address(Secret<String>);

impl Address {
    /// All of it, for who connects.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Says that a client can't read it, without what is in it.
    #[cfg(any(feature = "postgresql", feature = "rabbitmq", feature = "redis"))]
    pub(crate) fn unreadable(key: &str, expected: &str) -> EventSourceError {
        EventSourceError::Configuration(format!("`{key}` is no address: it is to be like `{expected}`"))
    }
}

impl From<&str> for Address {
    fn from(address: &str) -> Self {
        Self(Secret::new(address.to_owned()))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, rest) = self.expose().split_once("://").unwrap_or_default();
        let (before, hosts) = rest.rsplit_once('@').unwrap_or(("", rest));
        // What comes after an `@` may be the end of an option, and so a secret.
        let hosts = if before.contains('?') { "" } else { hosts };
        f.write_str(hosts.split(['/', '?', '#']).next().unwrap_or_default())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_has_no_secret() {
        for (address, expected) in [
            ("amqp://me:a/b@c@host:5672/%2f?heartbeat=5", "host:5672"),
            ("redis://:secret@host/", "host"),
            ("postgresql://one:1,two:2/db?password=secret", "one:1,two:2"),
            ("postgresql://one/db?password=a@secret", ""),
            ("host=there password=secret", ""),
        ] {
            assert_eq!(Address::from(address).to_string(), expected);
        }
    }
}
