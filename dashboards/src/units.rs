//! Grafana's names of units.

use spanwright_catalog::Metric;

/// Of shares from 0 to 1.
pub(crate) const SHARE: &str = "percentunit";
/// Of calls.
pub(crate) const CALLS_PER_SECOND: &str = "reqps";
/// Of anything that is counted.
pub(crate) const COUNT: &str = "short";
/// Of anything that is counted, in time.
const COUNT_PER_SECOND: &str = "cps";
pub(crate) const SECONDS: &str = "s";

/// What a unit is called in names of metrics, in UCUM, by Grafana, and by Grafana as so much per second.
const UNITS: [(&str, &str, &str, &str); 40] = [
    ("seconds", "s", "s", SHARE),
    ("milliseconds", "ms", "ms", "short"),
    ("microseconds", "us", "µs", "short"),
    ("nanoseconds", "ns", "ns", "short"),
    ("minutes", "min", "m", "short"),
    ("hours", "h", "h", "short"),
    ("days", "d", "d", "short"),
    ("bytes", "By", "bytes", "binBps"),
    ("kibibytes", "KiBy", "kbytes", "KiBs"),
    ("mebibytes", "MiBy", "mbytes", "MiBs"),
    ("gibibytes", "GiBy", "gbytes", "GiBs"),
    ("tebibytes", "TiBy", "tbytes", "TiBs"),
    ("kilobytes", "kBy", "deckbytes", "KBs"),
    ("megabytes", "MBy", "decmbytes", "MBs"),
    ("gigabytes", "GBy", "decgbytes", "GBs"),
    ("terabytes", "TBy", "dectbytes", "TBs"),
    ("bits", "bit", "bits", "bps"),
    ("ratio", "1", SHARE, COUNT_PER_SECOND),
    ("percent", "%", "percent", COUNT_PER_SECOND),
    ("celsius", "Cel", "celsius", "short"),
    ("fahrenheit", "[degF]", "fahrenheit", "short"),
    ("kelvin", "K", "kelvin", "short"),
    ("meters", "m", "lengthm", "velocityms"),
    ("kilometers", "km", "lengthkm", "short"),
    ("grams", "g", "massg", "short"),
    ("kilograms", "kg", "masskg", "short"),
    ("volts", "V", "volt", "short"),
    ("amperes", "A", "amp", "short"),
    ("watts", "W", "watt", "short"),
    ("kilowatts", "kW", "kwatt", "short"),
    ("joules", "J", "joule", "watt"),
    ("hertz", "Hz", "hertz", "short"),
    ("pascals", "Pa", "pressurepa", "short"),
    ("liters", "L", "litre", "short"),
    ("degrees", "deg", "degree", "short"),
    ("radians", "rad", "radian", "short"),
    ("euros", "EUR", "currencyEUR", "currencyEUR"),
    ("dollars", "USD", "currencyUSD", "currencyUSD"),
    ("requests", "{request}", "short", "reqps"),
    ("operations", "{operation}", "short", "ops"),
];

/// The unit of a metric's values.
pub(crate) fn of(metric: &Metric) -> &'static str {
    known(metric).map_or(COUNT, |unit| unit.2)
}

/// The unit of what a metric grows by in a second.
pub(crate) fn per_second(metric: &Metric) -> &'static str {
    known(metric).map_or(COUNT_PER_SECOND, |unit| unit.3)
}

/// The unit of a metric as OpenTelemetry has it: `1` where things are counted.
pub(crate) fn ucum(metric: &Metric) -> &str {
    match metric.otel_unit.as_str() {
        "" => known(metric).map_or("1", |unit| unit.1),
        unit => unit,
    }
}

/// The unit of that name in metrics.
pub(crate) fn named(name: &str) -> &'static str {
    UNITS.iter().find(|unit| unit.0 == name).map_or(COUNT, |unit| unit.2)
}

/// What the metric states, else how its name ends.
fn known(metric: &Metric) -> Option<&'static (&'static str, &'static str, &'static str, &'static str)> {
    let ending = metric.name.strip_suffix("_total").unwrap_or(&metric.name).rsplit('_').next();
    let names = [(!metric.unit.is_empty()).then_some(metric.unit.as_str()), ending];
    UNITS
        .iter()
        .find(|unit| !metric.otel_unit.is_empty() && unit.1 == metric.otel_unit)
        .or_else(|| names.into_iter().flatten().find_map(|name| UNITS.iter().find(|unit| unit.0 == name)))
}
