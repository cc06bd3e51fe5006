//! Metrics, as lines.

use super::*;
#[cfg(feature = "otlp")]
use crate::export::points::any::any_snapshot;
use crate::export::{MetricExporter as _, Temporality};
use crate::registry::{Family, Kind, Snapshot, Value};

fn requests(path: &Path) -> Vec<ExportMetricsServiceRequest> {
    read(path, |line| serde_json::from_str(line))
}

fn visits(value: u64) -> Snapshot {
    let pages = Family::new("visits_total", Kind::Counter)
        .with([("page", "home")], Value::Counter(value))
        .with([("page", "about")], Value::Counter(0));
    Snapshot::from(vec![Family::new("level", Kind::Gauge).with([("l", "v")], Value::Gauge(0.5)), pages])
}

#[test]
fn a_snapshot_is_this_line() {
    let folder = Folder::new();
    let mut exporter = FileMetricExporter::new(settings(folder.file(), 1 << 20)).unwrap();
    exporter.export(&visits(3), Duration::MAX).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        fs::read_to_string(folder.file()).unwrap(),
        [
            r#"{"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop \"1\""}}]},"#,
            r#""scopeMetrics":[{"scope":{"name":"spanwright","version":""#,
            version,
            r#""},"metrics":[{"name":"level","gauge":{"dataPoints":["#,
            r#"{"attributes":[{"key":"l","value":{"stringValue":"v"}}],"timeUnixNano":"0","asDouble":0.5}]}},"#,
            r#"{"name":"visits_total","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":["#,
            r#"{"attributes":[{"key":"page","value":{"stringValue":"home"}}],"timeUnixNano":"0","asInt":"3"},"#,
            r#"{"attributes":[{"key":"page","value":{"stringValue":"about"}}],"timeUnixNano":"0","asInt":"0"}"#,
            "]}}]}]}]}\n",
        ]
        .concat()
    );
}

#[test]
fn with_deltas_a_line_has_what_came_since_the_last() {
    let folder = Folder::new();
    let exporter = FileMetricExporter::new(settings(folder.file(), 1 << 20)).unwrap();
    let mut exporter = exporter.temporality(Temporality::Delta);
    exporter.export(&visits(3), Duration::MAX).unwrap();
    exporter.export(&visits(5), Duration::MAX).unwrap();
    let text = fs::read_to_string(folder.file()).unwrap();
    let [first, second] = text.lines().collect::<Vec<_>>()[..] else { panic!("{text}") };
    assert!(first.contains(r#""aggregationTemporality":1"#), "{first}");
    assert!(first.contains(r#""asInt":"3""#) && first.contains(r#""asInt":"0""#), "{first}");
    assert!(second.contains(r#""asInt":"2""#) && !second.contains("about"), "{second}");
    assert!(second.contains(r#""gauge":{"dataPoints":[{"#), "{second}");
}

#[test]
fn a_great_family_is_split_over_lines() {
    let folder = Folder::new();
    let mut exporter = FileMetricExporter::new(settings(folder.file(), 1 << 30)).unwrap();
    let family = (0..20_000).fold(Family::new("great_total", Kind::Counter), |family, at| {
        family.with([("tenant", format!("{at:060}"))], Value::Counter(at))
    });
    exporter.export(&Snapshot::from(vec![family]), Duration::MAX).unwrap();
    let text = fs::read_to_string(folder.file()).unwrap();
    assert!(text.lines().count() > 1 && text.lines().all(|line| line.len() < MAX_LINE));
    assert_eq!(text.matches("\"asInt\"").count(), 20_000);
    assert_eq!(requests(&folder.file()).len(), text.lines().count());
}

#[cfg(feature = "otlp")]
proptest! {
    /// The other format has been judged by a reader of its own.
    #[test]
    fn a_line_says_what_the_request_over_http_says(snapshot in any_snapshot(), delta: bool) {
        let temporality = if delta { Temporality::Delta } else { Temporality::Cumulative };
        let points: Vec<_> = crate::export::points::all(&snapshot).map(|mut point| {
            point.temporality = temporality;
            point
        }).collect();
        prop_assume!(!points.is_empty());
        let attributes = vec![("service.name".to_owned(), "shop".to_owned())];
        let mut line = String::new();
        prop_assert_eq!(request::line(&mut line, &attributes, &points, usize::MAX), points.len());
        let json: ExportMetricsServiceRequest = serde_json::from_str(&line).unwrap();
        let binary = crate::export::otlp::whole_request(&attributes, &points);
        let binary = <ExportMetricsServiceRequest as prost::Message>::decode(&*binary).unwrap();
        prop_assert_eq!(json, binary);
    }
}
