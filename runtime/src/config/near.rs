//! "Did you mean": the nearest of some names.

/// The candidate that is nearest to `name`, where few enough letters differ for a slip.
pub(super) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = match name.chars().count() {
        0..=3 => 0,
        4..=6 => 1,
        _ => 2,
    };
    let measured = candidates.map(|candidate| (distance(name, candidate), candidate));
    measured.filter(|(distance, _)| *distance <= allowed).min().map(|(_, candidate)| candidate)
}

/// Letters inserted, deleted, replaced, or swapped with their neighbour (optimal string alignment: Boytsov,
/// "Indexing methods for approximate dictionary searching", 2011, section 2.1).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_literature() {
        for (a, b, expected) in [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("inof", "info", 1)] {
            assert_eq!((distance(a, b), distance(b, a)), (expected, expected), "{a} {b}");
        }
    }

    #[test]
    fn short_names_must_match_and_long_ones_may_slip_twice() {
        let known = ["LOG", "LOG_FORMAT", "METRICS_ADDR"];
        let nearest = |name| nearest(name, known.into_iter());
        assert_eq!(nearest("LOH"), None);
        assert_eq!(nearest("LOG_FROMAT"), Some("LOG_FORMAT"));
        assert_eq!(nearest("METRIC_ADR"), Some("METRICS_ADDR"));
        assert_eq!(nearest("DATABASE_URL"), None);
    }
}
