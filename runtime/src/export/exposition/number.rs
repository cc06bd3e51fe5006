//! Numbers as Go's `strconv.FormatFloat(value, 'g', -1, 64)` writes them, with `.0` where nothing else would say that
//! they are floats. That is OpenMetrics' canonical form (section "Considerations: Canonical Numbers"), and Prometheus
//! compares `le` as text.

use std::io::Write as _;

/// Appends the shortest text that reads back as `value`.
pub(super) fn write_float(out: &mut Vec<u8>, value: f64) {
    // Go's shortest `g` has an exponent below 1e-4 and from 1e6 on.
    let plain = (1e-4..1e6).contains(&value.abs());
    if value.is_nan() {
        out.extend_from_slice(b"NaN");
    } else if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" });
    } else if (plain || value == 0.0) && value.trunc() == value {
        // Most gauges are whole numbers, for which there is a faster way.
        if value.is_sign_negative() {
            out.push(b'-');
        }
        write_integer(out, value.abs() as u64);
        out.extend_from_slice(b".0");
    } else if plain {
        let _infallible = write!(out, "{value:?}");
    } else {
        write_with_exponent(out, value);
    }
}

/// The shortest text that reads back as `value`.
pub(crate) fn canonical_float(value: f64) -> String {
    let mut out = Vec::new();
    write_float(&mut out, value);
    into_text(out)
}

/// Text as such.
pub(super) fn into_text(bytes: Vec<u8>) -> String {
    // All that is written comes from texts, so nothing is ever lost.
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Two digits of each number below 100.
const PAIRS: &[u8; 200] = b"0001020304050607080910111213141516171819\
    2021222324252627282930313233343536373839\
    4041424344454647484950515253545556575859\
    6061626364656667686970717273747576777879\
    8081828384858687888990919293949596979899";

/// Appends an integer. Measured, it takes less than half of the time of `write!`.
pub(super) fn write_integer(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    while value >= 100 {
        let pair = (value % 100) as usize * 2;
        value /= 100;
        start -= 2;
        digits[start..start + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
    }
    if value >= 10 {
        let pair = value as usize * 2;
        start -= 2;
        digits[start..start + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
    } else {
        start -= 1;
        digits[start] = b'0' + value as u8;
    }
    out.extend_from_slice(&digits[start..]);
}

/// Appends bytes as hexadecimal digits.
pub(super) fn write_hexadecimal(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend(bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| DIGITS[usize::from(digit)]));
}

/// Input: `1.5e-7`, `1e21`; output: `1.5e-07`, `1e+21`.
fn write_with_exponent(out: &mut Vec<u8>, value: f64) {
    let start = out.len();
    let _infallible = write!(out, "{value:e}");
    let Some(at) = out[start..].iter().position(|byte| *byte == b'e') else { return };
    let at = start + at + 1;
    let sign = if out[at..].starts_with(b"-") { b'-' } else { b'+' };
    let digits = at + usize::from(sign == b'-');
    let padding = if out.len() - digits < 2 { &b"0"[..] } else { b"" };
    out.splice(at..digits, std::iter::once(sign).chain(padding.iter().copied()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(value: f64) -> String {
        let mut out = Vec::new();
        write_float(&mut out, value);
        into_text(out)
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
        fn an_integer_is_written_as_the_standard_library_does(value: u64, shift in 0..64_u32) {
            let mut out = Vec::new();
            write_integer(&mut out, value >> shift);
            prop_assert_eq!(into_text(out), (value >> shift).to_string());
        }

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
