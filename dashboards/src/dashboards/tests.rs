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
        ..Panel::default()
    };
    assert_eq!(with_panel(said), [("Orders".to_owned(), vec![("Pieces".to_owned(), PanelKind::Gauge)])]);
    assert!(with_panel(Panel { hidden: true, ..Panel::default() }).is_empty());
}

/// The shop's metrics of these names, on dashboards that they name.
fn named(panels: &[(&str, &str, &str)]) -> Vec<Dashboard> {
    let mut catalog = shop();
    for (name, dashboard, title) in panels {
        let metric = catalog.metrics.iter_mut().find(|metric| metric.name == *name).unwrap();
        metric.panel.dashboard = (*dashboard).to_owned();
        metric.panel.title = (*title).to_owned();
        metric.panel.row = String::new();
    }
    all(&catalog)
}

#[test]
fn a_named_dashboard_has_what_names_it_and_keeps_its_title() {
    let dashboards = named(&[
        ("shop_order_pieces", "How Orders Do", "Pieces"),
        ("shop_shipping_queue_orders", "How Orders Do", "Queue"),
        ("process_open_fds", "System Resources", "Files"),
    ]);
    let titles: Vec<_> = dashboards.iter().map(|dashboard| dashboard.title.as_str()).collect();
    assert_eq!(titles[..2], ["Overview", "How Orders Do"]);
    let of = |title: &str| dashboards.iter().find(|dashboard| dashboard.title == title).unwrap();
    let text = grafana::json(of("How Orders Do"), &shop());
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["title"], "How Orders Do");
    // Nothing of it is on the component's dashboard, and what there is already begins with what is named.
    let shown = outline(&dashboards);
    let component = shown.split("= shop (shop)").nth(1).unwrap().split("\n= ").next().unwrap();
    assert!(
        !component.contains("shop_order_pieces") && component.contains("shop_charges_total"),
        "{component}"
    );
    assert!(titles.contains(&"System Resources") && !titles.contains(&"System resources"));
    assert_eq!(of("System Resources").rows[0].panels[0].title, "Files");
}

#[test]
fn metrics_with_one_title_share_a_panel_and_keep_their_units() {
    let dashboards =
        named(&[("shop_order_pieces", "Orders", "Both"), ("spanwright_ring_used_bytes", "Orders", "Both")]);
    let orders = dashboards.iter().find(|dashboard| dashboard.name == "orders").unwrap();
    let json: Value = serde_json::from_str(&grafana::json(orders, &shop())).unwrap();
    let panels: Vec<_> =
        json["panels"].as_array().unwrap().iter().filter(|panel| panel["title"] == "Both").collect();
    assert_eq!(panels.len(), 1);
    let (targets, overrides) = (&panels[0]["targets"], &panels[0]["fieldConfig"]["overrides"]);
    assert_eq!((targets.as_array().unwrap().len(), overrides.as_array().unwrap().len()), (4, 1));
    assert_eq!(overrides[0]["matcher"]["options"], "D");
    assert_eq!(overrides[0]["properties"][0]["value"], "bytes");
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
        Just(Some(PanelKind::Timeline)),
    ];
    let panel = (text(), text(), text(), kind, any::<bool>(), text(), text());
    (catalog(), proptest::collection::vec(panel, 5)).prop_map(|(mut catalog, panels)| {
        for (metric, (dashboard, title, row, kind, hidden, module, unit)) in
            catalog.metrics.iter_mut().zip(panels)
        {
            metric.panel = Panel { dashboard, title, row, kind, hidden };
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
