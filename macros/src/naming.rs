//! Names: cases, the nearest known one, and what Prometheus accepts.

pub(crate) use crate::secret_names::{is_secret, words};

/// How `rename_all` spells a name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Case {
    Snake,
    Kebab,
    ScreamingSnake,
    Lower,
    Upper,
    Camel,
    Pascal,
}

impl Case {
    /// Each case beside its own name, which is written in it.
    const ALL: [(&'static str, Case); 7] = [
        ("snake_case", Case::Snake),
        ("kebab-case", Case::Kebab),
        ("SCREAMING_SNAKE_CASE", Case::ScreamingSnake),
        ("lowercase", Case::Lower),
        ("UPPERCASE", Case::Upper),
        ("camelCase", Case::Camel),
        ("PascalCase", Case::Pascal),
    ];

    /// The case called `name`; failing that, a message that lists them all.
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        match Self::ALL.iter().find(|(known, _)| *known == name) {
            Some((_, case)) => Ok(*case),
            None => Err(format!(
                "unknown case `{name}`; {}",
                suggestion(name, &Self::ALL.map(|(known, _)| known), "cases")
            )),
        }
    }

    /// Spells a Rust name in this case.
    pub(crate) fn apply(self, name: &str) -> String {
        let words = words(name);
        match self {
            Case::Snake => words.join("_"),
            Case::Kebab => words.join("-"),
            Case::ScreamingSnake => words.join("_").to_uppercase(),
            Case::Lower => words.concat(),
            Case::Upper => words.concat().to_uppercase(),
            Case::Pascal => words.iter().map(|word| capitalised(word)).collect(),
            Case::Camel => {
                let mut words = words.iter();
                let first = words.next().cloned().unwrap_or_default();
                words.fold(first, |name, word| name + &capitalised(word))
            }
        }
    }
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// The second half of an error about an unknown name: the nearest known one, or all of them.
pub(crate) fn suggestion(unknown: &str, known: &[&str], what: &str) -> String {
    match nearest(unknown, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the {what} are {}", list(known)),
    }
}

/// The known name that is most like `unknown`, if any is like it at all.
pub(crate) fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (unknown.chars().count().max(3)) / 3;
    known
        .map(|name| (distance(&unknown.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// `a`, `b` and `c`, in backticks.
pub(crate) fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => format!("`{only}`"),
        [first @ .., last] => format!("`{}` and `{last}`", first.join("`, `")),
    }
}

/// The edit distance, with two swapped neighbours counted as one edit (optimal string alignment).
pub(crate) fn distance(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let swapped = i > 0 && j > 0 && one[i - 1] == *b && other[j - 1] == *a;
            let mut best = (last[j] + usize::from(a != b)).min(last[j + 1] + 1).min(row[j] + 1);
            if swapped {
                best = best.min(before_last[j - 1] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

/// Whether a metric or a label may be called this, here: `[a-zA-Z_][a-zA-Z0-9_]*`.
///
/// Prometheus also allows colons in metric names, but keeps them for recording rules.
pub(crate) fn is_prometheus_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

/// Why a text is no prefix of metrics' names, where it is none.
pub(crate) fn prefix_error(prefix: &str) -> Option<String> {
    (!is_prometheus_name(prefix))
        .then(|| format!("`{prefix}` is no prefix: use letters, digits and `_`, and no digit in front"))
}

/// Whether a name can be written without quotes: identifiers with dots between them.
pub(crate) fn is_dotted(name: &str) -> bool {
    name.split('.').all(|part| syn::parse_str::<proc_macro2::Ident>(part).is_ok() || is_prometheus_name(part))
}

/// Why a label may not be called this, if it may not. `taken` are the labels that the metric has anyway.
pub(crate) fn label_name_error(name: &str, taken: &[&str]) -> Option<String> {
    if !is_prometheus_name(name) {
        return Some(format!(
            "`{name}` is no label name: use letters, digits and `_`, and no digit in front"
        ));
    }
    if name.starts_with("__") {
        return Some(format!("the label `{name}` is reserved: Prometheus keeps names that begin with `__`"));
    }
    if ["le", "quantile"].contains(&name) || taken.contains(&name) {
        return Some(format!("the label `{name}` is reserved; choose another name"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_spells_its_own_name() {
        for (name, case) in Case::ALL {
            assert_eq!(Case::named(name), Ok(case));
        }
        let spelled = Case::ALL.map(|(_, case)| case.apply("NotFound"));
        assert_eq!(
            spelled,
            ["not_found", "not-found", "NOT_FOUND", "notfound", "NOTFOUND", "notFound", "NotFound"]
        );
    }

    #[test]
    fn the_nearest_name_is_near() {
        let known = ["name", "level", "target", "record", "record_all"];
        assert_eq!(nearest("nam", known.into_iter()), Some("name"));
        assert_eq!(nearest("recrod", known.into_iter()), Some("record"));
        assert_eq!(nearest("parent", known.into_iter()), None);
        assert_eq!(list(&known[..3]), "`name`, `level` and `target`");
    }

    #[test]
    fn label_names_are_checked() {
        for bad in ["", "1a", "a-b", "ä", "__name", "le", "quantile", "module"] {
            assert!(label_name_error(bad, &["module"]).is_some(), "{bad}");
        }
        assert_eq!(label_name_error("module", &[]), None);
    }
}
