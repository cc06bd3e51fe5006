//! Names that say that their value is a secret.
//!
//! Two crates need them, and neither may depend on the other's code: this file is in both, and a test holds that it is the
//! same.

/// Whether a name, of a parameter or dotted, says that its value is a secret.
///
/// It goes by whole words, in any case: `api_key`, `apiKey`, `API-KEY` and `apikey` are one, `secretary` is none. Numbers at
/// the end of words and plurals change nothing, but `tokens` are what models are paid by, unless they are `access_tokens`.
pub(crate) fn is_secret(name: &str) -> bool {
    let mut words = words(name);
    words
        .iter_mut()
        .for_each(|word| word.truncate(word.trim_end_matches(|last: char| last.is_numeric()).len()));
    words.retain(|word| !word.is_empty());
    let Some(last) = words.last() else { return false };
    if QUESTIONS.contains(&words[0].as_str()) {
        return false;
    }
    if ends_in_secret(&words) {
        return true;
    }
    let holds = |word: &String| {
        let is_part = PARTS.iter().any(|part| word.contains(part)) && !word.ends_with("less");
        is_part || WORDS.contains(&singular(word)) || singular(word).ends_with("secret")
    };
    // `pass_phrase` is one word, written as two.
    let joined = |pair: &[String]| PARTS.contains(&singular(&pair.concat()));
    !FACTS.contains(&last.as_str()) && (words.iter().any(holds) || words.windows(2).any(joined))
}

/// Say it wherever they are, also within a word.
const PARTS: [&str; 6] = ["password", "passwd", "passwrd", "passphrase", "passcode", "passkey"];

/// Say it wherever they are.
const WORDS: [&str; 9] = ["secret", "secretkey", "pwd", "pswd", "cvv", "cvc", "ssn", "mnemonic", "privkey"];

/// Say it at the end: `cookie`, and not `cookie_banner`. Words that belong together are written as one.
const ENDS: [&str; 56] = [
    "accesstoken",
    "apitoken",
    "authtoken",
    "bearertoken",
    "refreshtoken",
    "sessiontoken",
    "jwt",
    "bearer",
    "cookie",
    "connectsid",
    "authorization",
    "authorisation",
    "credential",
    "cred",
    "userpin",
    "cardpin",
    "pincode",
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
    "tlskey",
    "sslkey",
    "rsakey",
    "deploykey",
    "licensekey",
    "licencekey",
    "secretid",
    "basicauth",
    "authheader",
    "cardnumber",
    "creditcard",
    "securitycode",
    "recoverycode",
    "backupcode",
    "authcode",
    "mfacode",
    "codeverifier",
    "clientassertion",
    "seedphrase",
    "connectionstring",
    "connstr",
    "connstring",
    "userpass",
    "dbpass",
];

/// Have a password or a key in their URLs.
const IN_URLS: [&str; 16] = [
    "database",
    "db",
    "redis",
    "mongo",
    "mongodb",
    "postgres",
    "postgresql",
    "mysql",
    "amqp",
    "rabbitmq",
    "broker",
    "connection",
    "signed",
    "presigned",
    "sas",
    "webhook",
];

/// In front of `token`, they make it a place in a list or in a text, a promise, a coin.
const TOKENS: [&str; 22] = [
    "next",
    "page",
    "pagination",
    "continuation",
    "resume",
    "cancellation",
    "cancel",
    "stop",
    "shutdown",
    "fencing",
    "lease",
    "lock",
    "idempotency",
    "sync",
    "delta",
    "watch",
    "base",
    "quote",
    "eos",
    "bos",
    "pad",
    "lookahead",
];

/// Words behind a secret's that leave it one. Of `v2` and `b64` the letters are left.
const CARRIERS: [&str; 27] = [
    "value",
    "text",
    "plaintext",
    "cleartext",
    "plain",
    "clear",
    "str",
    "string",
    "raw",
    "header",
    "body",
    "bytes",
    "hex",
    "base",
    "b",
    "v",
    "encoded",
    "decoded",
    "code",
    "pem",
    "json",
    "data",
    "opt",
    "old",
    "new",
    "previous",
    "current",
];

/// Last words of names of what is known about a secret.
const FACTS: [&str; 68] = [
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
    "requested",
    "changed",
    "rotated",
    "rotation",
    "reset",
    "valid",
    "invalid",
    "present",
    "provided",
    "missing",
    "shown",
    "matches",
    "matched",
    "correct",
    "status",
    "result",
    "strength",
    "score",
    "limit",
    "max",
    "min",
    "days",
    "hours",
    "minutes",
    "seconds",
    "secs",
    "millis",
    "ms",
    "name",
    "names",
    "id",
    "ids",
    "uid",
    "uuid",
    "arn",
    "namespace",
    "path",
    "file",
    "source",
    "provider",
    "manager",
    "store",
    "engine",
    "backend",
    "helper",
    "scanning",
];

/// First words of names of questions and numbers.
const QUESTIONS: [&str; 8] = ["is", "has", "had", "needs", "forgot", "num", "count", "counts"];

fn ends_in_secret(words: &[String]) -> bool {
    let Some((last, before)) = words.split_last() else { return false };
    let second = before.last().map_or("", String::as_str);
    let two = format!("{second}{last}");
    // `authtoken` is one word, and what ends in `token` is one.
    let token = last.strip_suffix("token").map(|start| if start.is_empty() { second } else { start });
    token.is_some_and(|kind| !TOKENS.contains(&kind))
        || ENDS.contains(&singular(last))
        || ENDS.contains(&singular(&two))
        || URL.iter().any(|url| singular(&two).strip_suffix(url).is_some_and(|of| IN_URLS.contains(&of)))
        || (CARRIERS.contains(&singular(last)) && ends_in_secret(before))
}

const URL: [&str; 2] = ["url", "uri"];

/// A word without the `s` of its plural.
fn singular(word: &str) -> &str {
    word.strip_suffix('s').filter(|one| !one.ends_with('s')).unwrap_or(word)
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

    /// Names as people write them, one table for both answers.
    const NAMES: [(bool, &str); 2] = [
        (
            true,
            "password user_password password2 passwords dbpasswd hashed_password pwd pswd passphrase pass_phrase passkey \
             creds credentials aws_credentials credential_json user.password new_password password_hash \
             token sessionToken self.token authtoken token_value token_v2 token_b64 token_base64 token_opt token_body \
             access_token access_tokens refresh_tokens auth_tokens bearer_tokens csrf_token sas_token id_token \
             authorization x.authorization proxy-authorization Authorization authorization_header authorization_code \
             bearer jwt jwts id_jwt jwt_string cookie set-cookie cookies session_cookie connect.sid auth_header basic_auth \
             user_pin pin_code otp otp_code otp_codes totp recovery_code backup_code backup_codes auth_code mfa_code \
             API_KEY apiKey apikey x-api-key api_keys api_key_header api_key_old api_key_plaintext private_key private_keys \
             privateKeyPem signing_key license_key tls_key ssl_key ssh_key session_key deploy_key \
             aws_secret_access_key client_secret client_secrets clientsecret appsecret secretkey secret_key SecretKey \
             secret secrets secret_id secret_value \
             connection_string db.connection_string conn_str sentry_dsn DATABASE_URL database_uri redis_url mongo_uri \
             mongodb_uri amqp_url broker_url postgres_url connection_url webhook_url webhook_urls sas_url presigned_url \
             code_verifier client_assertion card_number card_numbers credit_card cvv2 cvc ssn seed_phrase mnemonic",
        ),
        (
            false,
            "_ 42 key author authority secretary secretaries keyword monkey adsn optional opinion spinning pinned \
             tokens max_tokens input_tokens token_count tokenizer token_type token_id token_bucket token_budget token_index \
             next_token page_token next_page_token nextToken continuation_token cancellation_token cancel_token \
             fencing_token lease_token idempotency_token sync_token base_token quote_token eos_token \
             pin pins gpio_pin pin_count sid side inside session session_id session.id sessionId session_count \
             mcp.session.id cookie_banner_shown cookie_policy cookie_id \
             authorization_id authorization_server authorization_decision authorization_latency_ms \
             aspnetcore.authorization.result credential_id credential_ids credentials_provider creds_provider \
             secret_manager secret_rotation_days secret_name secret_engine k8s.secret.name k8s.secret.uid num_secrets \
             secrets_total is_secret \
             passwordless passwordless_login password_matches password_reset_requested password_length password_age_days \
             password_changed_at password_hash_ms has_password forgot_password password_id pass auth auth_type \
             passenger compass bypass render_pass \
             api_key_id access_key_id public_key key_count partition_key primary_key storage_key tls_key_path jwt_age \
             otp_attempts dsn_count connection connections url callback_url webhook_id card_kind bearing \
             order_id status_code postcode verification_status license",
        ),
    ];

    #[test]
    fn secrets_and_only_they_are_told_by_their_names() {
        for (expected, names) in NAMES {
            for name in names.split(' ').filter(|name| !name.is_empty()) {
                assert_eq!(is_secret(name), expected, "{name}");
            }
        }
        assert!(!is_secret(""));
    }
}
