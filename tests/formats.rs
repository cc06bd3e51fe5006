//! A snapshot made by hand, scraped by a real Prometheus in each format, and everything read back.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use spanwright::export::exposition::{Format, encode, to_text};
use spanwright::registry::{Exemplar, Family, Histogram, Kind, NativeHistogram, Series, Snapshot, Value};
use spanwright::span::{SpanId, TraceId};

use crate::any_snapshot::{any_text, some};
use crate::backends::{Prometheus, Promtool, ReadExemplar, or_skip};
use crate::process::until;

const FORMATS: [(&str, Format); 3] = [
    ("text", Format::PrometheusText),
    ("openmetrics", Format::OpenMetrics),
    ("protobuf", Format::PrometheusProtobuf),
];

/// Answers every request with one page, until the test's end; its address.
fn serve(content_type: &'static str, page: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
    let address = listener.local_addr().expect("it is bound").to_string();
    thread::spawn(move || {
        let answer = |mut connection: TcpStream| -> std::io::Result<()> {
            let mut request = BufReader::new(&connection);
            let mut line = String::new();
            while request.read_line(&mut line)? > 0 && !line.ends_with("\r\n\r\n") {}
            let length = page.len();
            write!(
                connection,
                "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            )?;
            connection.write_all(&page)
        };
        // Who asks may be gone before the answer.
        listener.incoming().flatten().for_each(|connection| drop(answer(connection)));
    });
    address
}

/// An exemplar so many milliseconds after ten seconds ago.
fn exemplar(id: u64, value: f64, milliseconds: u64) -> Exemplar {
    // Whole milliseconds, as Prometheus keeps them.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs();
    let time = UNIX_EPOCH + Duration::from_secs(now - 10) + Duration::from_millis(milliseconds);
    Exemplar { trace_id: TraceId { high: 1 << 63, low: id }, span_id: SpanId(id), value, time }
}

fn with_exemplars(mut family: Family, exemplars: &[Exemplar]) -> Family {
    family.series.last_mut().expect("it has a series").exemplars = exemplars.to_vec();
    family
}

/// Observations of zero, and some above 2^-3, with gaps of each sort, four buckets to each power of two.
fn native() -> NativeHistogram {
    let bounds: Arc<[f64]> = Arc::new([0.25, 0.5, 1.0, 2.0, 4.0, 8.0]);
    let mut buckets = vec![0; 30];
    for (at, count) in [(0, 4), (1, 3), (3, 7), (6, 1), (10, 20), (11, 9), (12, 11), (29, 2)] {
        buckets[at] = count;
    }
    let zero_threshold = 2.0_f64.powi(-128);
    NativeHistogram { schema: 2, zero_threshold, zero_count: 5, offset: -11, buckets, sum: 66.5, bounds }
}

fn classic() -> Histogram {
    Histogram { bounds: Arc::new([0.005, 1.0, 2.5, 1e6]), buckets: vec![1, 2, 3, 0, 4], sum: 4.25e6 }
}

/// Exemplars in ascending order of their times, as Prometheus takes them for one series.
fn of_waits() -> [Exemplar; 3] {
    [exemplar(0x11, 0.3, 5), exemplar(0x12, 1.7, 1_020), exemplar(0x13, 12.0, 2_999)]
}

fn fixture() -> Snapshot {
    let with_help = |name: &'static str, kind| Family {
        help: format!("About {name}.").into(),
        ..Family::new(name, kind)
    };
    let requests = with_help("requests_total", Kind::Counter).with([("code", "200")], Value::Counter(1027));
    let requests =
        with_exemplars(requests, &[exemplar(0xab, 1.0, 123)]).with([("code", "500")], Value::Counter(3));
    let started = SystemTime::now() - Duration::from_secs(3600);
    let busy =
        with_help("busy_seconds_total", Kind::Counter).with([("cpu", "0")], Value::FloatCounter(12.75));
    let classic = with_help("wait_seconds", Kind::Histogram).with([("lane", "a")], Value::from(classic()));
    let native =
        with_help("native_wait_seconds", Kind::Histogram).with([("lane", "a")], Value::from(native()));
    // The first one decides for Prometheus what all of a message are.
    let mixed = with_help("mixed_wait_seconds", Kind::Histogram)
        .with([("sort", "native")], native.series[0].value.clone())
        .with([("sort", "classic")], classic.series[0].value.clone());
    let wrong = Family::new("not a name\n# EOF", Kind::Gauge).with([("l", "x")], Value::Gauge(1.0));
    let empty = with_help("empty_native_seconds", Kind::Histogram).with(
        [("lane", "a")],
        Value::from(NativeHistogram { zero_count: 0, buckets: Vec::new(), sum: 0.0, ..self::native() }),
    );
    let mut texts = with_help("hostile", Kind::Gauge);
    for (number, text) in some(300, any_text()).into_iter().enumerate() {
        let labels = [("number", number.to_string()), ("text", text)];
        texts.series.push(Series {
            labels: labels.into(),
            value: Value::Gauge(number as f64),
            start: None,
            exemplars: Vec::new(),
        });
    }
    let hostile_help = some(300, any_text()).into_iter().max_by_key(String::len).unwrap_or_default();
    let level = with_help("level", Kind::Gauge).with([("of", "water")], Value::Gauge(-0.5));
    let level = level.with([("not a name", "x\"} 1\n")], Value::Gauge(1.0));
    Snapshot::from(vec![
        Family { start: Some(started), ..requests },
        Family { unit: "seconds".into(), start: Some(started), ..busy },
        Family { unit: "seconds".into(), ..with_exemplars(classic, &of_waits()) },
        Family { unit: "seconds".into(), start: Some(started), ..with_exemplars(native, &of_waits()) },
        mixed,
        wrong,
        empty,
        level,
        Family { help: hostile_help.into(), ..texts },
    ])
}

/// A Prometheus that has scraped the snapshot in each format.
fn scraped(snapshot: &Snapshot) -> Option<Prometheus> {
    let addresses =
        FORMATS.map(|(job, format)| (job, serve(format.content_type(), encode(format, snapshot))));
    let jobs: Vec<_> = addresses.iter().map(|(job, address)| (*job, address.as_str())).collect();
    let prometheus = or_skip(Prometheus::start_with(&jobs, &["exemplar-storage", "native-histograms"]))?;
    until("a scrape of each", || prometheus.value("sum(up)").filter(|up| *up == 3.0));
    Some(prometheus)
}

type Numbers = Vec<(BTreeMap<String, String>, f64)>;

/// What a query finds of one job, without what tells the jobs apart.
fn of_job(prometheus: &Prometheus, selector: &str, job: &str) -> Numbers {
    let (name, rest) = selector.split_once('{').unwrap_or((selector, "}"));
    let mut series = prometheus.query(&format!("{name}{{job='{job}',{rest}"));
    for (labels, _) in &mut series {
        labels.retain(|name, _| !matches!(name.as_str(), "job" | "instance"));
    }
    series.sort_by(|(one, _), (other, _)| one.cmp(other));
    series
}

#[test]
fn prometheus_reads_the_same_numbers_from_every_format() {
    let snapshot = fixture();
    let Some(prometheus) = scraped(&snapshot) else { return };
    let mut expected: Numbers = Vec::new();
    snapshot.for_each(|sample| {
        // Natives are no series of numbers in protobuf; see the next test.
        let is_native = sample.name.contains("native") || sample.labels.contains(&("sort", "native"));
        let is_wrong = sample.name.contains(' ') || sample.labels.iter().any(|(name, _)| name.contains(' '));
        if !is_native && !is_wrong {
            let labels = sample.labels.iter().copied().chain([("__name__", sample.name)]);
            // An empty label is none.
            let labels = labels.filter(|(_, value)| !value.is_empty());
            let labels = labels.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            expected.push((labels, sample.value));
        }
    });
    expected.sort_by(|(one, _), (other, _)| one.cmp(other));
    let selector = "{__name__!~'up|scrape_.*|.*native.*',sort!='native'}";
    for (job, _) in FORMATS {
        assert_eq!(of_job(&prometheus, selector, job), expected, "{job}");
    }
    let help = |name: &str| prometheus.metadata(name)["help"].as_str().map(str::to_owned);
    let hostile = snapshot.family("hostile").map(|family| family.help.to_string());
    assert_eq!((help("hostile"), help("level").as_deref()), (hostile, Some("About level.")));
}

#[test]
fn prometheus_reads_native_histograms_from_protobuf_and_classic_ones_from_text() {
    let snapshot = fixture();
    let Some(prometheus) = scraped(&snapshot) else { return };
    let native = native();
    let value = |promql: &str| {
        let value = prometheus.value(promql);
        value.unwrap_or_else(|| panic!("{promql} has no value"))
    };
    let of = |series: &str| {
        assert_eq!(value(&format!("histogram_count({series})")), native.count() as f64);
        assert_eq!(value(&format!("histogram_sum({series})")), native.sum);
        // Bounds of buckets: what is up to there is exact.
        let classic = native.to_classic();
        for (bound, up_to) in classic.cumulative().filter(|(bound, _)| bound.is_finite()) {
            let share = value(&format!("histogram_fraction(-1, {bound}, {series})"));
            let counted = share * native.count() as f64;
            assert!((counted - up_to as f64).abs() < 1e-6, "{counted} instead of {up_to} up to {bound}");
        }
        for q in [0.1, 0.5, 0.9, 0.99] {
            let theirs = value(&format!("histogram_quantile({q}, {series})"));
            let ours = native.quantile(q).expect("there are observations");
            // Within the same bucket: a fourth of a power of two.
            assert!(theirs / ours < 1.2 && ours / theirs < 1.2, "{q}: {theirs} and {ours}");
        }
    };
    of("native_wait_seconds{job='protobuf'}");
    of("mixed_wait_seconds{job='protobuf',sort='native'}");
    assert_eq!(value("histogram_count(empty_native_seconds{job='protobuf'})"), 0.0);
    assert_eq!(value("mixed_wait_seconds_count{job='protobuf',sort='classic'}"), 10.0);
    for job in ["text", "openmetrics"] {
        assert!(prometheus.query(&format!("native_wait_seconds{{job='{job}'}}")).is_empty());
        for (bound, up_to) in native.to_classic().cumulative() {
            let le = if bound.is_finite() { format!("{bound:?}") } else { "+Inf".to_owned() };
            let bucket = format!("native_wait_seconds_bucket{{job='{job}',lane='a',le='{le}'}}");
            assert_eq!(value(&bucket), up_to as f64, "{bucket}");
        }
    }
}

/// What Prometheus ought to have of an exemplar.
fn as_read(exemplar: &Exemplar, le: &str) -> ReadExemplar {
    let id = exemplar.span_id.0;
    let labels = [("trace_id", format!("8000000000000000{id:016x}")), ("span_id", format!("{id:016x}"))];
    let labels = labels.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let millis = exemplar.time.duration_since(UNIX_EPOCH).expect("it is after 1970").as_millis();
    ReadExemplar { le: le.to_owned(), labels, value: exemplar.value, time: millis as f64 / 1000.0 }
}

#[test]
fn prometheus_keeps_the_exemplars_of_openmetrics_and_protobuf() {
    let snapshot = fixture();
    let Some(prometheus) = scraped(&snapshot) else { return };
    let of = |name: &str| &snapshot.family(name).expect("it is there").series[0].exemplars;
    let read = |name: &str, job: &str| {
        let mut read = prometheus.exemplars(&format!("{name}{{job='{job}'}}"));
        read.sort_by(|one, other| one.value.total_cmp(&other.value));
        read
    };
    for job in ["openmetrics", "protobuf"] {
        assert_eq!(read("requests_total", job), [as_read(&of("requests_total")[0], "")], "{job}");
        let waits = of("wait_seconds").iter().zip(["1.0", "2.5", "1e+06"]);
        let expected: Vec<_> = waits.map(|(exemplar, le)| as_read(exemplar, le)).collect();
        assert_eq!(read("wait_seconds_bucket", job), expected, "{job}");
    }
    let natives = of("native_wait_seconds");
    let expected: Vec<_> = natives.iter().map(|exemplar| as_read(exemplar, "")).collect();
    // Prometheus 2.42 takes the first one of a native histogram, later ones all.
    let read_natives = read("native_wait_seconds", "protobuf");
    assert!(!read_natives.is_empty() && expected.starts_with(&read_natives), "{read_natives:?}");
    let expected: Vec<_> =
        natives.iter().zip(["0.5", "2.0", "+Inf"]).map(|(exemplar, le)| as_read(exemplar, le)).collect();
    assert_eq!(read("native_wait_seconds_bucket", "openmetrics"), expected);
    assert!(prometheus.exemplars("{job='text'}").is_empty());
}

#[test]
fn promtool_finds_nothing_wrong_with_the_text() {
    let Some(promtool) = or_skip(Promtool::find()) else { return };
    let text = to_text(&fixture());
    assert_eq!(promtool.check_metrics(&text), Ok(()), "{text}");
}
