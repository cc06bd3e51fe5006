//! Numbers as Go's `strconv.FormatFloat(value, 'g', -1, 64)` writes them, with `.0` where nothing else would say that
//! they are floats. That is OpenMetrics' canonical form (section "Considerations: Canonical Numbers"), and Prometheus
//! compares `le` as text.

use std::fmt::Write as _;

/// Appends the shortest text that reads back as `value`.
pub(super) fn write_float(value: f64, out: &mut String) {
    // Go's shortest `g` has an exponent below 1e-4 and from 1e6 on.
    let plain = (1e-4..1e6).contains(&value.abs());
    let _infallible = if value.is_nan() {
        out.write_str("NaN")
    } else if value.is_infinite() {
        out.write_str(if value > 0.0 { "+Inf" } else { "-Inf" })
    } else if plain || value == 0.0 {
        write!(out, "{value:?}")
    } else {
        write_with_exponent(value, out)
    };
}

/// The shortest text that reads back as `value`.
pub(crate) fn canonical_float(value: f64) -> String {
    let mut out = String::new();
    write_float(value, &mut out);
    out
}

/// Appends an integer.
pub(super) fn write_integer(value: u64, out: &mut String) {
    let _infallible = write!(out, "{value}");
}

/// Input: `1.5e-7`, `1e21`; output: `1.5e-07`, `1e+21`.
fn write_with_exponent(value: f64, out: &mut String) -> std::fmt::Result {
    let start = out.len();
    write!(out, "{value:e}")?;
    let Some(at) = out[start..].find('e') else { return Ok(()) };
    let exponent = out.split_off(start + at + 1);
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent.as_str()), |digits| ('-', digits));
    write!(out, "{sign}{digits:0>2}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(value: f64) -> String {
        let mut out = String::new();
        write_float(value, &mut out);
        out
    }

    #[test]
    fn floats_are_written_as_go_writes_them() {
        // The powers of ten are those of OpenMetrics' own list of canonical numbers.
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (-2.5, "-2.5"),
            (0.0001, "0.0001"),
            (0.000_099_9, "9.99e-05"),
            (1e-10, "1e-10"),
            (999_999.0, "999999.0"),
            (100_000.0, "100000.0"),
            (1e6, "1e+06"),
            (1_234_567.0, "1.234567e+06"),
            (1e15, "1e+15"),
            (1e21, "1e+21"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
            (5e-324, "5e-324"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(written(value), text);
        }
    }

    proptest! {
        #[test]
        fn every_float_reads_back_as_itself(bits: u64) {
            let value = f64::from_bits(bits);
            let back: f64 = written(value).parse().unwrap();
            prop_assert!(back.to_bits() == bits || (back.is_nan() && value.is_nan()));
        }

        #[test]
        fn a_float_never_looks_like_an_integer(bits: u64) {
            prop_assert!(written(f64::from_bits(bits)).contains(['.', 'e', 'N', 'I']));
        }
    }
}
