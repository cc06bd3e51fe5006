//! What can be taken away.

use std::process::Command;

use super::*;

#[test]
fn dashboards_are_an_archive_that_others_read() {
    let installed = install(|builder| builder);
    let client = installed.look();
    let downloads = client.find("hello", |hello| Some(hello["downloads"].clone()));
    assert_eq!(downloads, serde_json::json!(["/catalog", "/console/dashboards.tar", "/console/alerts.yml"]));
    let answer = installed.get("/console/dashboards.tar");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"dashboards.tar\"");
    let folder = std::env::temp_dir().join(format!("spanwright-dashboards-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("dashboards.tar"), answer.body).unwrap();
    let tar = Command::new("tar").args(["xf", "dashboards.tar"]).current_dir(&folder).output().unwrap();
    assert!(tar.status.success(), "{tar:?}");
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = files.filter(|path| path.extension().is_some_and(|it| it == "json")).collect();
    assert!(files.len() > 2, "{files:?}");
    let mut named = 0;
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let dashboard: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(dashboard["panels"].is_array(), "{}", file.display());
        named += usize::from(text.contains("function_calls_total"));
    }
    assert!(named > 0, "functions that are in the binary are asked for");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn rules_have_the_alerts_of_the_objectives() {
    let installed = install(|builder| builder);
    let rules = installed.get("/console/alerts.yml");
    assert_eq!(rules.header("content-type"), "application/yaml");
    assert!(rules.body.starts_with("# ") || rules.body.starts_with("groups:"), "{}", rules.body);
    assert!(rules.body.contains("console: objectives") && rules.body.contains("alert: "), "{}", rules.body);
}

#[test]
fn without_a_recorder_there_is_no_recording() {
    let installed = install(|builder| builder);
    assert_eq!(installed.get("/console/recording?seconds=10").status, 404);
    for wrong in ["0", "-1", "x", "3601"] {
        let answer = installed.get(&format!("/console/recording?seconds={wrong}"));
        assert_eq!(answer.status, 400, "{wrong}");
    }
}
