//! The metrics beside what others read of this process, and that they move with it.

use std::time::Duration;

use super::*;

fn families(metrics: &ProcessMetrics) -> Vec<Family> {
    let mut families = Vec::new();
    metrics.collect(&mut families);
    families
}

fn value(metrics: &ProcessMetrics, name: &str) -> f64 {
    let families = families(metrics);
    let family = families.iter().find(|family| family.name == *name);
    let family = family.unwrap_or_else(|| panic!("no {name}"));
    family.series.iter().filter_map(|series| series.value.number()).sum()
}

#[test]
fn the_uptime_goes_on_from_when_the_process_started() {
    let metrics = ProcessMetrics::new();
    let (before, start) =
        (value(&metrics, "process_uptime_seconds"), value(&metrics, "process_start_time_seconds"));
    std::thread::sleep(Duration::from_millis(20));
    assert!(value(&metrics, "process_uptime_seconds") >= before + 0.02);
    assert_eq!(value(&metrics, "process_start_time_seconds"), start, "it does not wobble");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    assert!((start + value(&metrics, "process_uptime_seconds") - now).abs() < 1.0);
}

#[test]
fn every_family_is_described_and_named_by_the_rules() {
    for family in families(&ProcessMetrics::new()) {
        assert!(!family.help.is_empty() && !family.series.is_empty(), "{family:?}");
        assert_eq!(family.kind == Kind::Counter, family.name.ends_with("_total"), "{}", family.name);
        let stem = family.name.trim_end_matches("_total");
        assert!(family.unit.is_empty() || stem.ends_with(family.unit.as_str()), "{}", family.name);
    }
}

#[cfg(target_os = "linux")]
mod on_linux {
    use std::fs::File;
    use std::process::Command;

    use super::*;

    #[test]
    fn ps_says_the_same() {
        let metrics = ProcessMetrics::new();
        let ps = |column: &str| -> f64 {
            let pid = std::process::id().to_string();
            let output = Command::new("ps").args(["-o", &format!("{column}="), "-p", &pid]).output().unwrap();
            String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
        };
        // Other tests run beside this one.
        let near = |ours: f64, theirs: f64, by: f64| {
            assert!((ours - theirs).abs() <= by, "{ours} is not {theirs}");
        };
        let mib = 1024.0 * 1024.0;
        near(value(&metrics, "process_resident_memory_bytes"), ps("rss") * 1024.0, 100.0 * mib);
        near(value(&metrics, "process_virtual_memory_bytes"), ps("vsz") * 1024.0, 600.0 * mib);
        near(value(&metrics, "process_uptime_seconds"), ps("etimes"), 2.0);
        near(value(&metrics, "process_cpu_seconds_total"), ps("times"), 3.0);
        near(value(&metrics, "process_threads"), ps("nlwp"), 8.0);
    }

    #[test]
    fn memory_is_that_which_is_used() {
        let metrics = ProcessMetrics::new();
        let before = value(&metrics, "process_resident_memory_bytes");
        let faults = value(&metrics, "process_page_faults_total");
        let held = vec![1_u8; 200 << 20];
        let with = value(&metrics, "process_resident_memory_bytes");
        std::hint::black_box(&held);
        assert!(with - before > 100e6, "{before} became {with}");
        assert!(value(&metrics, "process_page_faults_total") > faults);
    }

    #[test]
    fn open_files_are_counted() {
        let metrics = ProcessMetrics::new();
        let open: Vec<_> = (0..200).map(|_| File::open("/proc/self/stat").unwrap()).collect();
        let with = value(&metrics, "process_open_fds");
        drop(open);
        let without = value(&metrics, "process_open_fds");
        // Other tests open some too.
        assert!(with - without > 100.0, "{without} were {with}");
        assert!(value(&metrics, "process_max_fds") >= with);
    }

    #[test]
    fn work_is_processor_time() {
        let metrics = ProcessMetrics::new();
        let before = value(&metrics, "process_cpu_seconds_total");
        let start = Instant::now();
        // On a machine that is busy with something else this takes a while.
        while value(&metrics, "process_cpu_seconds_total") < before + 0.1 {
            assert!(start.elapsed() < Duration::from_secs(60));
            std::hint::black_box((0..100_000_u64).fold(0, |sum, number| std::hint::black_box(sum ^ number)));
        }
    }

    #[test]
    fn threads_are_counted() {
        let metrics = ProcessMetrics::new();
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let stopped = std::sync::Arc::new(std::sync::Mutex::new(stopped));
        let threads: Vec<_> = (0..100)
            .map(|_| {
                let stopped = std::sync::Arc::clone(&stopped);
                std::thread::spawn(move || stopped.lock().unwrap().recv().unwrap_err())
            })
            .collect();
        let with = value(&metrics, "process_threads");
        drop(stop);
        for thread in threads {
            thread.join().unwrap();
        }
        let without = value(&metrics, "process_threads");
        assert!(with - without > 50.0, "{without} were {with}");
    }

    #[test]
    fn what_goes_through_an_interface_is_counted() {
        use std::io::{Read, Write};
        let received = |metrics: &ProcessMetrics| {
            let families = families(metrics);
            let family =
                families.iter().find(|family| family.name == "network_namespace_receive_bytes_total");
            family.unwrap().series(&[("interface", "lo")]).unwrap().value.number().unwrap()
        };
        let metrics = ProcessMetrics::new();
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let mut sender = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let before = received(&metrics);
        let reader = std::thread::spawn(move || {
            let mut all = Vec::new();
            listener.accept().unwrap().0.read_to_end(&mut all).unwrap()
        });
        sender.write_all(&vec![0; 1 << 20]).unwrap();
        drop(sender);
        assert_eq!(reader.join().unwrap(), 1 << 20);
        assert!(received(&metrics) - before >= f64::from(1 << 20));
    }
}
