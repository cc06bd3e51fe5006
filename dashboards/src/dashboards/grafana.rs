//! Grafana's JSON: the classic model of dashboards, of version 42 of its schema, in the form that is imported by hand.
//!
//! `__inputs` makes the import ask for the data source, once, and put it in the place of `${DS_PROMETHEUS}`. Where a file is
//! provisioned nobody asks; there, the hidden variable of that name stands for the default data source.

mod templating;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use spanwright_catalog::{Catalog, PanelKind, Threshold};

use super::grid::{self, Place};
use super::panel::{Dashboard, Panel, Query, Row};

/// Grafana 12's; an older one reads what it knows.
const SCHEMA_VERSION: u32 = 42;
/// From where on Grafana has all that is used.
const GRAFANA: &str = "10.0.0";
const SOURCE: &str = "DS_PROMETHEUS";

/// The dashboard as Grafana imports it, ended by a newline.
pub(crate) fn json(dashboard: &Dashboard, catalog: &Catalog) -> String {
    let service = catalog.service.name.as_str();
    let title = if service.is_empty() || dashboard.is_whole_title {
        dashboard.title.clone()
    } else {
        format!("{service}: {}", dashboard.title)
    };
    let mut tags = vec!["spanwright"];
    tags.extend((!service.is_empty()).then_some(service));
    let value = json!({
        "__inputs": [{
            "name": SOURCE,
            "label": "Prometheus",
            "description": "Where the service's metrics are.",
            "type": "datasource",
            "pluginId": "prometheus",
            "pluginName": "Prometheus",
        }],
        "__elements": {},
        "__requires": requirements(dashboard),
        "id": null,
        "uid": uid(service, &dashboard.name),
        "title": title,
        "description": dashboard.description,
        "tags": tags,
        "timezone": "browser",
        "editable": true,
        "graphTooltip": 1,
        "time": { "from": "now-1h", "to": "now" },
        "refresh": "30s",
        "schemaVersion": SCHEMA_VERSION,
        "annotations": { "list": [] },
        "links": [others(&tags)],
        "templating": { "list": templating::variables(dashboard, catalog) },
        "panels": panels(&dashboard.rows),
    });
    // Only maps with keys that are no text fail, and there is none.
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}

/// The way to the service's other dashboards.
fn others(tags: &[&str]) -> Value {
    json!({
        "title": "Dashboards",
        "type": "dashboards",
        "icon": "external link",
        "tooltip": "",
        "url": "",
        "tags": tags,
        "asDropdown": true,
        "targetBlank": false,
        "includeVars": true,
        "keepTime": true,
    })
}

fn requirements(dashboard: &Dashboard) -> Vec<Value> {
    let kinds: BTreeSet<&str> =
        dashboard.rows.iter().flat_map(|row| &row.panels).map(|panel| plugin(panel.draw)).collect();
    let grafana = json!({ "type": "grafana", "id": "grafana", "name": "Grafana", "version": GRAFANA });
    let source =
        json!({ "type": "datasource", "id": "prometheus", "name": "Prometheus", "version": "1.0.0" });
    let panels =
        kinds.into_iter().map(|kind| json!({ "type": "panel", "id": kind, "name": kind, "version": "" }));
    [grafana, source].into_iter().chain(panels).collect()
}

fn source() -> Value {
    json!({ "type": "prometheus", "uid": format!("${{{SOURCE}}}") })
}

/// Rows, each followed by its panels.
fn panels(rows: &[Row]) -> Vec<Value> {
    let mut ids = Ids::default();
    let mut all = Vec::new();
    let mut y = 0;
    for row in rows {
        all.push(json!({
            "type": "row",
            "id": ids.of(&row.title, ""),
            "title": row.title,
            "collapsed": false,
            "gridPos": position(Place { x: 0, y, w: 24, h: 1 }),
            "panels": [],
        }));
        let (places, end) = grid::place(&row.panels, y + 1);
        y = end;
        all.extend(
            row.panels
                .iter()
                .zip(places)
                .map(|(panel, place)| self::panel(panel, place, ids.of(&row.title, &panel.title))),
        );
    }
    all
}

fn position(Place { x, y, w, h }: Place) -> Value {
    json!({ "x": x, "y": y, "w": w, "h": h })
}

fn panel(panel: &Panel, place: Place, id: u32) -> Value {
    let mut value = json!({
        "type": plugin(panel.draw),
        "id": id,
        "title": panel.title,
        "description": panel.description,
        "datasource": source(),
        "gridPos": position(place),
        "targets": panel.queries.iter().enumerate().map(|(index, query)| target(panel.draw, index, query)).collect::<Vec<_>>(),
        "fieldConfig": { "defaults": field(panel), "overrides": overrides(panel) },
        "options": options(panel),
    });
    if panel.draw == PanelKind::Table {
        value["transformations"] = without_time(panel);
    }
    value
}

fn target(draw: PanelKind, index: usize, query: &Query) -> Value {
    let is_table = draw == PanelKind::Table;
    let format = match draw {
        PanelKind::Table => "table",
        PanelKind::Heatmap => "heatmap",
        _ => "time_series",
    };
    json!({
        "refId": reference(index),
        "datasource": source(),
        "editorMode": "code",
        "expr": query.expr,
        "legendFormat": if query.legend.is_empty() { "__auto" } else { &query.legend },
        "format": format,
        "instant": is_table,
        "range": !is_table,
        // Points that lead to traces.
        "exemplar": query.expr.contains("_bucket") && draw != PanelKind::Stat,
    })
}

/// A to Z, and then AA to ZZ.
fn reference(index: usize) -> String {
    let letter = |index: usize| char::from(b'A' + (index % 26) as u8);
    match index / 26 {
        0 => letter(index).to_string(),
        more => format!("{}{}", reference(more - 1), letter(index)),
    }
}

/// What becomes of values: their unit and colours.
fn field(panel: &Panel) -> Value {
    let by_threshold = panel.threshold.is_some() && matches!(panel.draw, PanelKind::Stat | PanelKind::Gauge);
    let mut field = json!({
        "unit": panel.unit,
        "color": { "mode": if by_threshold { "thresholds" } else { "palette-classic" } },
        "thresholds": { "mode": "absolute", "steps": steps(panel.threshold.unwrap_or_default()) },
        "mappings": [],
        "custom": custom(panel),
    });
    if panel.draw == PanelKind::Gauge {
        field["min"] = json!(0);
        if panel.unit == crate::units::SHARE {
            field["max"] = json!(1);
        }
    }
    field
}

/// The colours from each value on. The lowest stands for all values below the next.
pub(super) fn steps(Threshold { warning, critical }: Threshold) -> Vec<Value> {
    let step = |value: Option<f64>, color: &str| json!({ "value": value, "color": color });
    match (warning, critical) {
        // Low values are the bad ones.
        (Some(warning), Some(critical)) if critical < warning => {
            vec![step(None, "red"), step(Some(critical), "orange"), step(Some(warning), "green")]
        }
        (warning, critical) => [
            Some(step(None, "green")),
            warning.map(|value| step(Some(value), "orange")),
            critical.map(|value| step(Some(value), "red")),
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}

/// The units of queries that are not in the panel's.
fn overrides(panel: &Panel) -> Vec<Value> {
    let units = panel.queries.iter().enumerate().filter_map(|(index, query)| {
        let unit = query.unit.as_ref()?;
        Some(json!({
            "matcher": { "id": "byFrameRefID", "options": reference(index) },
            "properties": [{ "id": "unit", "value": unit }],
        }))
    });
    units.collect()
}

/// What only lines over time have.
fn custom(panel: &Panel) -> Value {
    if panel.draw != PanelKind::Timeseries {
        return json!({});
    }
    json!({
        "drawStyle": "line",
        "lineWidth": 1,
        "fillOpacity": 10,
        "showPoints": "never",
        "spanNulls": false,
        "thresholdsStyle": { "mode": if panel.threshold.is_some() { "line" } else { "off" } },
    })
}

/// What Grafana calls what draws a panel.
const fn plugin(draw: PanelKind) -> &'static str {
    match draw {
        PanelKind::Timeseries => "timeseries",
        PanelKind::Stat => "stat",
        PanelKind::Gauge => "gauge",
        PanelKind::Heatmap => "heatmap",
        PanelKind::Table => "table",
        PanelKind::Timeline => "state-timeline",
    }
}

fn options(panel: &Panel) -> Value {
    let newest = json!({ "calcs": ["lastNotNull"], "fields": "", "values": false });
    match panel.draw {
        PanelKind::Timeseries => json!({
            "legend": { "displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": [] },
            "tooltip": { "mode": "multi", "sort": "desc" },
        }),
        PanelKind::Stat => json!({
            "reduceOptions": newest,
            "orientation": "auto",
            "textMode": if panel.queries.len() > 1 { "value_and_name" } else { "auto" },
            "wideLayout": true,
            "colorMode": "value",
            "graphMode": "area",
            "justifyMode": "auto",
            "showPercentChange": false,
            "percentChangeColorMode": "standard",
        }),
        PanelKind::Gauge => json!({
            "reduceOptions": newest,
            "orientation": "auto",
            "showThresholdLabels": false,
            "showThresholdMarkers": true,
            "sizing": "auto",
            "minVizWidth": 75,
            "minVizHeight": 75,
        }),
        PanelKind::Heatmap => heat(&panel.unit),
        PanelKind::Table => json!({ "frameIndex": 0, "showHeader": true, "cellHeight": "sm" }),
        PanelKind::Timeline => json!({
            "mergeValues": true,
            "showValue": "auto",
            "alignValue": "left",
            "rowHeight": 0.9,
            "legend": { "displayMode": "list", "placement": "bottom", "showLegend": true },
            "tooltip": { "mode": "multi", "sort": "none" },
        }),
    }
}

/// Buckets as they come from Prometheus, not worked out of values.
fn heat(unit: &str) -> Value {
    json!({
        "calculate": false,
        "cellGap": 1,
        "color": {
            "mode": "scheme",
            "scheme": "Oranges",
            "fill": "dark-orange",
            "scale": "exponential",
            "exponent": 0.5,
            "steps": 64,
            "reverse": false,
        },
        "exemplars": { "color": "rgba(255,0,255,0.7)" },
        "filterValues": { "le": 1e-9 },
        "legend": { "show": true },
        "rowsFrame": { "layout": "auto" },
        "showValue": "never",
        "tooltip": { "mode": "single", "yHistogram": false, "showColorScale": false },
        "yAxis": { "axisPlacement": "left", "reverse": false, "unit": unit },
    })
}

/// Tables are of now, and of information the value says nothing.
fn without_time(panel: &Panel) -> Value {
    let is_information = panel
        .queries
        .iter()
        .any(|query| query.expr.split('{').next().is_some_and(|name| name.ends_with("_info")));
    let excluded = json!({ "Time": true, "__name__": true, "Value": is_information });
    json!([{ "id": "organize", "options": { "excludeByName": excluded, "indexByName": {}, "renameByName": {} } }])
}

/// The dashboard's id among all that a Grafana has.
fn uid(service: &str, name: &str) -> String {
    format!("sw{:016x}", hash(&format!("{service}\0{name}")))
}

/// Ids of panels, which stay while others come and go.
#[derive(Default)]
struct Ids(BTreeSet<u32>);

impl Ids {
    fn of(&mut self, row: &str, title: &str) -> u32 {
        // From 1 to 2³¹: a number that all languages have.
        let mut id = (hash(&format!("{row}\0{title}")) >> 33) as u32;
        while id == 0 || !self.0.insert(id) {
            id = (id + 1) & 0x7fff_ffff;
        }
        id
    }
}

/// FNV-1a, 64 bits wide: <http://www.isthe.com/chongo/tech/comp/fnv/>.
fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
