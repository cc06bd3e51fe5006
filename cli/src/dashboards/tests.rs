use std::fmt::Write;

use proptest::prelude::*;
use serde_json::Value;
use spanwright_catalog::{Panel, PanelKind, Place, Threshold};

use super::*;
use crate::alerts::tests::{catalog, or_skip, promtool, text};

fn shop() -> Catalog {
    Catalog::from_json(include_str!("../../tests/shop.json")).unwrap()
}

/// A file beside the tests, or what it is to be.
fn golden(name: &str, text: &str) {
    let path = format!("{}/tests/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("SPANWRIGHT_BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(
        text,
        std::fs::read_to_string(&path).unwrap_or_default(),
        "see {name} with SPANWRIGHT_BLESS=1"
    );
}

/// What is shown and asked, without how Grafana writes it.
fn outline(dashboards: &[Dashboard]) -> String {
    let mut text = String::new();
    for dashboard in dashboards {
        let variables = dashboard.variables.iter().map(|variable| format!(" ${}", variable.label));
        let _ = writeln!(text, "= {} ({}){}", dashboard.title, dashboard.name, variables.collect::<String>());
        for row in &dashboard.rows {
            let _ = writeln!(text, "\n== {}", row.title);
            for panel in &row.panels {
                let _ = write!(text, "\n{} [{:?}, {}]", panel.title, panel.draw, panel.unit);
                let Threshold { warning, critical } = panel.threshold.unwrap_or_default();
                let bounds = [("warning", warning), ("critical", critical)];
                for (name, bound) in bounds.iter().filter_map(|(name, bound)| Some((name, (*bound)?))) {
                    let _ = write!(text, " {name} {bound}");
                }
                text.push('\n');
                for query in &panel.queries {
                    let _ = writeln!(text, "  {}\n    {}", query.legend, query.expr);
                }
            }
        }
        text.push('\n');
    }
    text
}

#[test]
fn the_shops_dashboards_are_these() {
    golden("shop.dashboards.txt", &outline(&all(&shop())));
}

#[test]
fn grafana_gets_this() {
    let files = files(&shop());
    let store = files.iter().find(|file| file.name == "store.json").unwrap();
    golden("shop.store.json", &store.text);
}

/// The panels of a catalogue with a metric that is changed so, by row.
fn with_panel(panel: Panel) -> Vec<(String, Vec<(String, PanelKind)>)> {
    let mut catalog = shop();
    catalog.spans.clear();
    catalog.derived.clear();
    catalog.metrics.retain(|metric| metric.name == "shop_order_pieces");
    catalog.metrics[0].panel = panel;
    let dashboards = all(&catalog);
    let rows =
        dashboards.iter().filter(|dashboard| dashboard.name == "shop").flat_map(|dashboard| &dashboard.rows);
    rows.map(|row| {
        (row.title.clone(), row.panels.iter().map(|panel| (panel.title.clone(), panel.draw)).collect())
    })
    .collect()
}

#[test]
fn what_an_annotation_says_of_a_panel_is_done() {
    let by_default = with_panel(Panel::default());
    assert_eq!(by_default[0].0, "Metrics");
    assert_eq!(
        by_default[0].1,
        [
            ("Pieces in one order".to_owned(), PanelKind::Timeseries),
            ("Pieces in one order: distribution".to_owned(), PanelKind::Heatmap),
            ("Pieces in one order: observations".to_owned(), PanelKind::Timeseries),
        ]
    );
    let said = Panel {
        title: "Pieces".to_owned(),
        row: "Orders".to_owned(),
        kind: Some(PanelKind::Gauge),
        hidden: false,
    };
    assert_eq!(with_panel(said), [("Orders".to_owned(), vec![("Pieces".to_owned(), PanelKind::Gauge)])]);
    assert!(with_panel(Panel { hidden: true, ..Panel::default() }).is_empty());
}

/// The ids of a dashboard's panels, by title.
fn ids(files: &[File], name: &str) -> Vec<(String, u64)> {
    let file = files.iter().find(|file| file.name == name).unwrap();
    let json: Value = serde_json::from_str(&file.text).unwrap();
    let panels = json["panels"].as_array().unwrap().clone();
    panels
        .iter()
        .map(|panel| (panel["title"].as_str().unwrap().to_owned(), panel["id"].as_u64().unwrap()))
        .collect()
}

#[test]
fn panels_keep_their_ids_while_others_come_and_go() {
    let before = ids(&files(&shop()), "shop.json");
    let mut catalog = shop();
    let place = Place { module: "shop".to_owned(), ..Place::default() };
    let first = Metric { name: "shop_a_total".to_owned(), place, ..catalog.metrics[0].clone() };
    catalog.metrics.insert(0, first);
    let after = ids(&files(&catalog), "shop.json");
    assert_eq!(after.len(), before.len() + 1);
    assert!(before.iter().all(|panel| after.contains(panel)), "{before:?}\n{after:?}");
}

#[test]
fn where_low_values_are_bad_the_colours_are_the_other_way_round() {
    let steps = |warning, critical| {
        let steps = grafana::steps(Threshold { warning, critical });
        steps
            .iter()
            .map(|step| (step["value"].as_f64(), step["color"].as_str().unwrap().to_owned()))
            .collect::<Vec<_>>()
    };
    let colours = |of: &[(Option<f64>, &str)]| {
        of.iter().map(|(from, color)| (*from, (*color).to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(
        steps(Some(1.0), Some(2.0)),
        colours(&[(None, "green"), (Some(1.0), "orange"), (Some(2.0), "red")])
    );
    assert_eq!(
        steps(Some(2.0), Some(1.0)),
        colours(&[(None, "red"), (Some(1.0), "orange"), (Some(2.0), "green")])
    );
    assert_eq!(steps(None, None), colours(&[(None, "green")]));
}

/// Any catalogue, with what only dashboards read.
fn any_catalog() -> impl Strategy<Value = Catalog> {
    let kind = prop_oneof![
        Just(None),
        Just(Some(PanelKind::Stat)),
        Just(Some(PanelKind::Gauge)),
        Just(Some(PanelKind::Heatmap)),
        Just(Some(PanelKind::Table)),
    ];
    let panel = (text(), text(), kind, any::<bool>(), text(), text());
    (catalog(), proptest::collection::vec(panel, 5)).prop_map(|(mut catalog, panels)| {
        for (metric, (title, row, kind, hidden, module, unit)) in catalog.metrics.iter_mut().zip(panels) {
            metric.panel = Panel { title, row, kind, hidden };
            metric.place.module = module;
            metric.unit = unit;
        }
        catalog
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_catalogue_makes_dashboards_of_valid_queries(catalog in any_catalog()) {
        let files = files(&catalog);
        let mut uids = BTreeSet::new();
        let mut names = BTreeSet::new();
        let mut rules = "groups:\n- name: all\n  rules:\n".to_owned();
        for File { name, text } in &files {
            prop_assert!(names.insert(name.to_lowercase()) && !name.contains(['/', '\\', '\0']), "{name}");
            let json: Value = serde_json::from_str(text).unwrap();
            prop_assert!(uids.insert(json["uid"].to_string()) && json["uid"].as_str().unwrap().len() <= 40);
            let panels = json["panels"].as_array().unwrap();
            let ids: BTreeSet<u64> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
            prop_assert_eq!(ids.len(), panels.len());
            for target in panels.iter().flat_map(|panel| panel["targets"].as_array().cloned().unwrap_or_default()) {
                let expr = target["expr"].as_str().unwrap().replace("$__rate_interval", "5m");
                // JSON is YAML.
                let _ = writeln!(rules, "  - record: panel\n    labels: {{ at: \"{}\" }}\n    expr: {}", rules.len(), Value::from(expr));
            }
        }
        if let Some(said) = or_skip(promtool(&["check", "rules", "rules.yml"], &[("rules.yml", &rules)])) {
            prop_assert!(said.is_ok(), "{}\n{rules}", said.unwrap_err());
        }
        prop_assert_eq!(outline(&all(&catalog)), outline(&all(&catalog.clone())));
    }
}
