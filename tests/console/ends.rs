//! Streams take no others' places, and end with the telemetry.

use super::*;

#[test]
fn there_are_eight_places_and_probes_are_answered_beside_them() {
    let mut installed = install(|builder| builder);
    let mut clients: Vec<_> = (0..8).map(|_| installed.look()).collect();
    clients.iter().for_each(|client| client.find("hello", |_| Some(())));
    let full = Client::connect(&installed.address, &[]).unwrap_err();
    assert_eq!((full.status, full.header("retry-after")), (503, "5"));
    assert!(full.json()["error"].as_str().unwrap().contains("8 look at the console"), "{full:?}");
    for path in ["/live", "/ready", "/health", "/metrics"] {
        assert_eq!(installed.get(path).status, 200, "{path}");
    }
    clients.pop();
    let again = until("a place to be free", || Client::connect(&installed.address, &[]).ok());
    clients.push(again);
    // The end waits for nobody who looks.
    let started = Instant::now();
    installed.end();
    assert!(started.elapsed() < Duration::from_secs(30), "it waits for who looks");
    for client in &clients {
        assert!(client.ends());
    }
}

#[test]
fn the_next_telemetry_has_a_console_of_its_own() {
    for _ in 0..3 {
        let mut installed = install(|builder| builder);
        let client = installed.look();
        client.find("hello", |_| Some(()));
        serve("cup").unwrap();
        client.trace("serve");
        installed.end();
        assert!(client.ends());
    }
}
