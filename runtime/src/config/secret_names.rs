//! Names that say that their value is a secret.
//!
//! Two crates need them, and neither may depend on the other's code: this file is in both, and a test holds that it is the
//! same.

/// Whether a name, of a parameter or dotted, says that its value is a secret.
///
/// It goes by whole words, in any case: `api_key`, `apiKey`, `API-KEY` and `apikey` are one, `secretary` is none.
pub(crate) fn is_secret(name: &str) -> bool {
    let mut words = words(name);
    words
        .iter_mut()
        .for_each(|word| word.truncate(word.trim_end_matches(|last: char| last.is_numeric()).len()));
    words.retain(|word| !word.is_empty());
    let Some(last) = words.last() else { return false };
    if FACTS.contains(&last.as_str()) || QUESTIONS.contains(&words[0].as_str()) {
        return false;
    }
    let joined = words.concat();
    let is_said = |said: &&str| words.iter().any(|word| word == said);
    PARTS.iter().any(|part| joined.contains(part)) || WORDS.iter().any(is_said) || ends_in_secret(&words)
}

/// Say it wherever they are, also within a word.
const PARTS: [&str; 9] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "passkey",
    "credential",
    "authorization",
    "authorisation",
    "connectionstring",
];

/// Say it wherever they are.
const WORDS: [&str; 9] = ["secret", "secrets", "creds", "pwd", "cvv", "cvc", "ssn", "mnemonic", "privkey"];

/// Say it at the end: `pin`, and not `pin_count`. Words that belong together are written as one.
const ENDS: [&str; 38] = [
    "token",
    "jwt",
    "bearer",
    "cookie",
    "cookies",
    "pin",
    "otp",
    "totp",
    "dsn",
    "apikey",
    "accesskey",
    "privatekey",
    "signingkey",
    "encryptionkey",
    "masterkey",
    "accountkey",
    "authkey",
    "sessionkey",
    "sharedkey",
    "hmackey",
    "sshkey",
    "sessionid",
    "sid",
    "authheader",
    "cardnumber",
    "creditcard",
    "securitycode",
    "recoverycode",
    "mfacode",
    "seedphrase",
    "connstr",
    "connstring",
    "databaseurl",
    "dburl",
    "signedurl",
    "presignedurl",
    "userpass",
    "dbpass",
];

/// Words behind a secret's that leave it one.
const CARRIERS: [&str; 13] = [
    "value", "text", "str", "string", "raw", "plain", "header", "bytes", "hex", "base", "code", "pem", "data",
];

/// Last words of names of what is known about a secret.
const FACTS: [&str; 38] = [
    "count",
    "counts",
    "total",
    "len",
    "length",
    "size",
    "kind",
    "type",
    "policy",
    "version",
    "ttl",
    "age",
    "at",
    "expiry",
    "expires",
    "expiration",
    "attempts",
    "failures",
    "errors",
    "enabled",
    "disabled",
    "required",
    "changed",
    "rotated",
    "valid",
    "invalid",
    "present",
    "missing",
    "shown",
    "status",
    "strength",
    "limit",
    "max",
    "min",
    "name",
    "arn",
    "path",
    "file",
];

/// First words of names of questions and numbers.
const QUESTIONS: [&str; 6] = ["is", "has", "had", "needs", "num", "count"];

fn ends_in_secret(words: &[String]) -> bool {
    let Some((last, before)) = words.split_last() else { return false };
    let two = before.last().map(|second| format!("{second}{last}"));
    // `authtoken` is one word, and what ends in `token` is one.
    last.ends_with("token")
        || ENDS.contains(&last.as_str())
        || two.is_some_and(|two| ENDS.contains(&two.as_str()))
        || (CARRIERS.contains(&last.as_str()) && ends_in_secret(before))
}

/// The words of a name in any case, in lower case: `HTTPError2` gives `http`, `error2`.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous = '_';
    let mut characters = name.chars().peekable();
    while let Some(character) = characters.next() {
        let next_is_lower = characters.peek().is_some_and(|next| next.is_lowercase());
        let begins = character.is_uppercase() && (!previous.is_uppercase() || next_is_lower);
        if !character.is_alphanumeric() {
            previous = '_';
            continue;
        }
        match words.last_mut() {
            Some(word) if !begins && previous != '_' => word.extend(character.to_lowercase()),
            _ => words.push(character.to_lowercase().collect()),
        }
        previous = character;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_split_into_words() {
        assert_eq!(words("HTTPError2"), ["http", "error2"]);
        assert_eq!(words("not_found"), ["not", "found"]);
        assert_eq!(words("user.apiKey"), ["user", "api", "key"]);
        assert!(words("_").is_empty());
    }

    #[test]
    fn secrets_are_told_by_their_names() {
        for secret in [
            "password",
            "user_password",
            "password2",
            "dbpasswd",
            "hashed_password",
            "pwd",
            "passphrase",
            "creds",
            "token",
            "sessionToken",
            "self.token",
            "authtoken",
            "token_value",
            "x.authorization",
            "bearer",
            "jwt",
            "id_jwt",
            "cookie",
            "set-cookie",
            "cookies",
            "pin",
            "user_pin",
            "pin_code",
            "otp",
            "otp_code",
            "API_KEY",
            "apiKey",
            "apikey",
            "x-api-key",
            "api_key_header",
            "private_key",
            "privateKeyPem",
            "aws_secret_access_key",
            "client_secret",
            "secret_id",
            "signing_key",
            "connection_string",
            "conn_str",
            "sentry_dsn",
            "DATABASE_URL",
            "card_number",
            "credit_card",
            "cvv2",
            "ssn",
            "session_id",
            "session.id",
            "connect.sid",
            "auth_header",
            "presigned_url",
            "recovery_code",
            "user.password",
        ] {
            assert!(is_secret(secret), "{secret}");
        }
    }

    #[test]
    fn what_only_sounds_like_a_secret_is_none() {
        for harmless in [
            "",
            "_",
            "42",
            "token_count",
            "tokens",
            "max_tokens",
            "tokenizer",
            "order_id",
            "secretary",
            "key",
            "author",
            "authority",
            "pin_count",
            "pinned",
            "spinning",
            "opinion",
            "cookie_banner_shown",
            "cookie_policy",
            "password_length",
            "password_changed_at",
            "has_password",
            "is_secret",
            "num_secrets",
            "api_key_id",
            "public_key",
            "key_count",
            "partition_key",
            "jwt_age",
            "bearing",
            "dsn_count",
            "connection",
            "connections",
            "url",
            "session",
            "session_count",
            "card_kind",
            "passenger",
            "compass",
            "bypass",
            "render_pass",
            "side",
            "inside",
            "secret_name",
            "k8s.secret.name",
            "otp_attempts",
            "adsn",
            "optional",
            "keyword",
            "monkey",
            "token_type",
            "status_code",
            "postcode",
        ] {
            assert!(!is_secret(harmless), "{harmless}");
        }
    }
}
