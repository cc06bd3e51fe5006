//! Lists of `key=value`, in the format of W3C baggage without its properties: separated by commas,
//! percent-encoded.

use std::fmt;

use super::kind::{Kind, Reason, Shape};
use super::problem::ShownValue;
use super::secret_names::{is_secret, words};

/// Attributes of the resource.
pub(crate) struct Attributes;

impl Kind for Attributes {
    type Value = Vec<(String, String)>;
    const EXPECTS: &'static str = "a list as `key1=value1,key2=value2`, percent-encoded";
    // What can't be read as a list may be one of secrets.
    const SECRET: bool = true;
    const SHAPE: Shape = Shape::Table;

    fn show(value: &Self::Value) -> String {
        let shown = |(key, value): &(String, String)| {
            let value = if is_hidden(key) { REDACTED.to_owned() } else { ShownValue::new(value).text() };
            format!("{}={value}", key.escape_debug())
        };
        value.iter().map(shown).collect::<Vec<_>>().join(",")
    }

    fn parse(text: &str) -> Result<Self::Value, Reason> {
        Self::from_pairs(pairs(text)?)
    }

    fn from_pairs(mut pairs: Vec<(String, String)>) -> Result<Self::Value, Reason> {
        for (_, value) in pairs.iter_mut().filter(|(key, _)| is_hidden(key)) {
            REDACTED.clone_into(value);
        }
        Ok(pairs)
    }

    fn remark(text: &str) -> Option<String> {
        Self::remark_on_pairs(&pairs(text).ok()?)
    }

    fn remark_on_pairs(all: &[(String, String)]) -> Option<String> {
        let remarks: Vec<String> = all.iter().filter_map(|(key, _)| redacted(key)).collect();
        (!remarks.is_empty()).then(|| format!("a list of which {}", remarks.join(", and ")))
    }
}

/// What stands in place of a value that must not be seen: OpenTelemetry's word for it.
pub(crate) const REDACTED: &str = "REDACTED";

/// Whether a resource's attribute is called a secret without doubt. Nothing allows one that is none, so this is stricter
/// with names than what is asked of a span's attributes.
fn is_hidden(key: &str) -> bool {
    const CORE: [&str; 12] = [
        "accesskey",
        "apikey",
        "authorization",
        "connectionstring",
        "credential",
        "databaseurl",
        "jwt",
        "passphrase",
        "passwd",
        "password",
        "privatekey",
        "secret",
    ];
    let joined = words(key).concat();
    is_secret(key) && (CORE.iter().any(|core| joined.contains(core)) || joined.ends_with("token"))
}

/// Why the value of a resource's attribute is replaced by [`REDACTED`], if it is: all receivers and everybody who can see
/// the page of metrics would have it.
pub(crate) fn redacted(key: &str) -> Option<String> {
    is_hidden(key).then(|| {
        format!(
            "`{}` is sent as `{REDACTED}`, since its name is that of a secret: leave it out, or, if it is none, \
             give it another name",
            key.escape_debug()
        )
    })
}

/// Attributes of a resource for `Debug`, also those that were never looked at.
pub(crate) struct Shown<'a>(pub(crate) &'a [(String, String)]);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = |key: &str, value| if is_hidden(key) { REDACTED } else { value };
        f.debug_list().entries(self.0.iter().map(|(key, its)| (key, value(key, its)))).finish()
    }
}

/// Headers, which are how receivers are told who is asking.
pub(crate) struct HeaderList;

/// Headers of requests. Their values are secrets: `Debug` shows only how many there are.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Headers(pub(crate) Vec<(String, String)>);

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Headers({} not shown)", self.0.len())
    }
}

impl Kind for HeaderList {
    type Value = Headers;
    const EXPECTS: &'static str = "a list as `name1=value1,name2=value2`, percent-encoded";
    const SECRET: bool = true;
    const SHAPE: Shape = Shape::Table;

    /// The names, whose values are secrets.
    fn show(value: &Headers) -> String {
        value.0.iter().map(|(name, _)| format!("{name}=…")).collect::<Vec<_>>().join(",")
    }

    fn parse(text: &str) -> Result<Headers, Reason> {
        Self::from_pairs(pairs(text)?)
    }

    fn from_pairs(headers: Vec<(String, String)>) -> Result<Headers, Reason> {
        for (at, (name, value)) in headers.iter().enumerate() {
            check_header(name, value).map_err(|wrong| format!("header {} {wrong}", at + 1))?;
        }
        Ok(Headers(headers))
    }
}

/// Whether a header can be sent: if not, why, without its value.
pub(crate) fn check_header(name: &str, value: &str) -> Result<(), &'static str> {
    if !is_header_name(name) {
        return Err("has no valid name");
    }
    let fits = value.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte));
    if fits { Ok(()) } else { Err("has a value with characters that no header can have") }
}

/// A token of RFC 9110, section 5.6.2.
fn is_header_name(name: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(token)
}

/// Reads a list. One bad pair discards it whole, as OpenTelemetry's specification of resources asks. The reason
/// tells places, not values, since those may be secrets.
fn pairs(text: &str) -> Result<Vec<(String, String)>, Reason> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for (at, pair) in text.split(',').map(str::trim).enumerate().filter(|(_, pair)| !pair.is_empty()) {
        let at = at + 1;
        let (key, value) = pair.split_once('=').ok_or_else(|| format!("pair {at} has no `=`"))?;
        let key = decode(key.trim()).ok_or_else(|| format!("pair {at} has a bad percent-encoding"))?;
        let value = decode(value.trim()).ok_or_else(|| format!("pair {at} has a bad percent-encoding"))?;
        if key.is_empty() {
            return Err(format!("pair {at} has no key").into());
        }
        set(&mut pairs, key, value);
    }
    Ok(pairs)
}

/// Sets a key's value; the last one holds.
pub(crate) fn set(pairs: &mut Vec<(String, String)>, key: String, value: String) {
    match pairs.iter_mut().find(|(its_key, _)| *its_key == key) {
        Some((_, its_value)) => *its_value = value,
        None => pairs.push((key, value)),
    }
}

/// Percent-decoding, to UTF-8.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        bytes.push((high * 16 + low) as u8);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn lists_are_decoded_and_the_last_of_equal_keys_holds() {
        let read = Attributes::parse(" a = 1 ,b%2Cc=x%3Dy%20z,,a=2,u=gr%C3%BC%C3%9Fe,e=,t=a==").unwrap();
        assert_eq!(read, owned(&[("a", "2"), ("b,c", "x=y z"), ("u", "grüße"), ("e", ""), ("t", "a==")]));
    }

    #[test]
    fn one_bad_pair_discards_the_list_and_is_named_by_its_place() {
        for (text, expected) in [
            ("a=1,b", "pair 2 has no `=`"),
            ("=1", "pair 1 has no key"),
            ("a=%4", "pair 1 has a bad percent-encoding"),
            ("a=%zz", "pair 1 has a bad percent-encoding"),
            ("a=%+1", "pair 1 has a bad percent-encoding"),
            ("a=%FF", "pair 1 has a bad percent-encoding"),
        ] {
            assert_eq!(Attributes::parse(text).unwrap_err(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_called_a_secret_is_redacted_and_that_is_said() {
        let text = "service.name=shop,db.password=hunter2,api_key=hunter2";
        let read = Attributes::parse(text).unwrap();
        assert_eq!(
            read,
            owned(&[("service.name", "shop"), ("db.password", "REDACTED"), ("api_key", "REDACTED")])
        );
        let remark = Attributes::remark(text).unwrap();
        // Nothing could allow what is none.
        let text = "session.id=a,mcp.session.id=b,k8s.secret.uid=c,aspnetcore.authorization.result=d,app.cookie=e,dsn=f";
        assert!(Attributes::parse(text).unwrap().iter().all(|(_, value)| value.len() == 1));
        assert_eq!(Attributes::remark(text), None);
        assert!(remark.starts_with("a list of which `db.password` is sent as `REDACTED`"), "{remark}");
        assert!(remark.contains("and `api_key`") && !remark.contains("hunter2"), "{remark}");
        assert_eq!(Attributes::remark("service.name=shop,password_policy=strict"), None);
        let shown = format!("{:?}", Shown(&owned(&[("db.password", "hunter2"), ("a", "1")])));
        assert_eq!(shown, r#"[("db.password", "REDACTED"), ("a", "1")]"#);
    }

    #[test]
    fn headers_must_fit_into_a_request() {
        assert_eq!(HeaderList::parse("X-Key=a%20b").unwrap().0, owned(&[("X-Key", "a b")]));
        for hostile in ["a%0D%0AEvil=x", "a b=x", "key=hunter2%0D%0AEvil: 1", "key=hunter2%C3%BC"] {
            let reason = HeaderList::parse(hostile).unwrap_err();
            assert!(reason.starts_with("header 1 has"), "{reason}");
            assert!(!reason.contains("hunter2"), "{reason}");
        }
    }

    #[test]
    fn headers_are_not_shown() {
        let headers = HeaderList::parse("authorization=hunter2").unwrap();
        assert_eq!(format!("{headers:?}"), "Headers(1 not shown)");
    }
}
