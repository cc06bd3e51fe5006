//! The recorder as configuration has it, in programs of their own: this test program, run anew.

use std::path::Path;
use std::process::{Command, Output};

use spanwright_recording::Reader;
use spanwright_recording::event::{Event, Record};

use crate::folder::Folder;

/// What runs in the program.
#[spanwright::main(flavor = "current_thread")]
async fn program() {
    spanwright::spawn(async { tokio::task::yield_now().await }).await.unwrap();
    tracing::info!("worked");
    if std::env::var_os("PANICS").is_some() {
        panic!("on purpose");
    }
}

#[test]
#[ignore = "a program for other tests"]
fn a_program() {
    program();
}

/// What writes into a file of its own choice.
#[spanwright::main(flavor = "current_thread", recorder = "chosen.bin")]
async fn choosing_program() {
    spanwright::spawn(async {}).await.unwrap();
}

#[test]
#[ignore = "a program for other tests"]
fn a_program_that_chooses() {
    choosing_program();
}

/// What has the recording written by a signal.
#[cfg(unix)]
#[spanwright::main(flavor = "current_thread")]
async fn signalled_program() {
    let recorder = spanwright::recorder::RecorderHandle::current().unwrap();
    assert_eq!(recorder.status().mortal, None);
    let left = std::fs::read_dir(std::env::var_os("SPANWRIGHT_RECORDER_MEMORY_FOLDER").unwrap()).unwrap();
    let left: Vec<_> = left.map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect();
    assert!(left.iter().any(|name| name.starts_with("spanwright-signalled-")), "{left:?}");
    // Panics are not watched for.
    assert!(tokio::spawn(async { panic!("on purpose") }).await.is_err());
    assert!(recorder.flush(std::time::Duration::from_secs(5)));
    assert_eq!(recorder.status().dumps, 0);
    let pid = std::process::id().to_string();
    assert!(Command::new("kill").args(["-USR2", &pid]).status().unwrap().success());
    crate::recorded::until("the recording", || recorder.status().dumps == 1);
}

#[cfg(unix)]
#[test]
#[ignore = "a program for other tests"]
fn a_program_that_is_signalled() {
    signalled_program();
}

fn run(variables: &[(&str, &Path)]) -> Output {
    run_test("configured::a_program", variables)
}

fn run_test(test: &str, variables: &[(&str, &Path)]) -> Output {
    let folder = Folder::new("memory");
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args([test, "--exact", "--ignored", "--nocapture"]).current_dir(&folder.0);
    program.env("SPANWRIGHT_METRICS_ENABLED", "false");
    // What other programs have left is not adopted.
    program.env("SPANWRIGHT_RECORDER_MEMORY_FOLDER", &folder.0);
    program.envs(variables.iter().copied()).output().unwrap()
}

impl Folder {
    fn events(&self) -> Vec<Record<'static>> {
        let files: Vec<_> = std::fs::read_dir(&self.0).unwrap().map(|file| file.unwrap().path()).collect();
        Reader::open_all(&files).unwrap().events().collect()
    }
}

#[test]
fn a_variable_starts_a_recording_of_the_programs_own_runtime() {
    let folder = Folder::new("configured");
    let output = run(&[("SPANWRIGHT_RECORDER_PATH", &folder.0.join("trace.bin"))]);
    assert!(output.status.success(), "{output:?}");
    let events = folder.events();
    let has = |is: fn(&Event<'_>) -> bool| events.iter().any(|record| is(&record.event));
    assert!(has(|event| matches!(event, Event::Runtime(runtime) if &*runtime.name == "main")));
    assert!(has(|event| matches!(event, Event::Poll(_))));
    assert!(has(|event| matches!(event, Event::Log(log) if &*log.message == "worked")));
    assert!(has(|event| matches!(event, Event::Process(process) if !process.service.is_empty())));
}

#[test]
fn a_flight_recorder_writes_when_the_program_panics_and_not_before() {
    for panics in [false, true] {
        let folder = Folder::new(if panics { "panics" } else { "works" });
        let path = folder.0.join("trace.bin");
        let mut variables = vec![
            ("SPANWRIGHT_RECORDER_PATH", path.as_path()),
            ("SPANWRIGHT_RECORDER_FLIGHT", Path::new("30000")),
        ];
        variables.extend(panics.then_some(("PANICS", Path::new("1"))));
        let output = run(&variables);
        assert_eq!(output.status.success(), !panics, "{output:?}");
        let triggered = folder.events().iter().any(|record| matches!(&record.event, Event::Trigger(_)));
        assert_eq!(triggered, panics);
    }
}

#[test]
fn what_is_watched_for_by_nobody_is_said() {
    let said = |variables: &[(&str, &Path)]| {
        let output = run(variables);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let flight = ("SPANWRIGHT_RECORDER_FLIGHT", Path::new("30000"));
    let text = said(&[flight]);
    assert!(
        text.contains("`SPANWRIGHT_RECORDER_FLIGHT` has no effect: nothing is recorded; set `RECORDER_PATH`"),
        "{text}"
    );
    let folder = Folder::new("watched");
    let text = said(&[flight, ("SPANWRIGHT_RECORDER_PATH", &folder.0.join("trace.spwr"))]);
    assert!(!text.contains("has no effect"), "{text}");
}

#[test]
fn a_recording_that_can_t_be_written_is_said_once_with_its_place() {
    let folder = Folder::new("unwritten");
    // A file of this name can't be made, now or later.
    let lock = folder.0.join(".trace.spwr.lock");
    std::fs::create_dir_all(&lock).unwrap();
    let output = run(&[("SPANWRIGHT_RECORDER_PATH", &folder.0.join("trace.spwr"))]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    let wanted = format!("spanwright: recordings are not written: `{}` can't be made: ", lock.display());
    assert_eq!(text.matches(&wanted).count(), 1, "{text}");
}

#[test]
fn a_program_names_the_file_in_its_code_and_configuration_wins() {
    let folder = Folder::new("chosen");
    let chosen = folder.0.join("configured.bin");
    for (memory, file) in [(None, "chosen.0.bin"), (Some(&chosen), "configured.0.bin")] {
        let mut program = Command::new(std::env::current_exe().unwrap());
        program.args(["configured::a_program_that_chooses", "--exact", "--ignored"]).current_dir(&folder.0);
        program
            .env("SPANWRIGHT_METRICS_ENABLED", "false")
            .env("SPANWRIGHT_RECORDER_MEMORY_FOLDER", &folder.0);
        program.envs(memory.map(|path| ("SPANWRIGHT_RECORDER_PATH", path)));
        let output = program.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let mut reader = Reader::open(folder.0.join(file)).unwrap();
        assert!(reader.events().any(|record| matches!(&record.event, Event::Runtime(_))), "{file}");
    }
}

#[cfg(unix)]
#[test]
fn what_a_flight_recorder_watches_for_is_configured() {
    let folder = Folder::new("signalled");
    let path = folder.0.join("trace.bin");
    let variables = [
        ("SPANWRIGHT_RECORDER_PATH", path.as_path()),
        ("SPANWRIGHT_RECORDER_FLIGHT", Path::new("30000")),
        ("SPANWRIGHT_RECORDER_PANICS", Path::new("false")),
        ("SPANWRIGHT_RECORDER_SIGNAL", Path::new("SIGUSR2")),
        ("SPANWRIGHT_RECORDER_RECOVER_AS", Path::new("signalled")),
    ];
    let output = run_test("configured::a_program_that_is_signalled", &variables);
    assert!(output.status.success(), "{output:?}");
    let events = folder.events();
    let triggers = events.iter().filter_map(|record| match &record.event {
        Event::Trigger(trigger) => Some(trigger.why.to_string()),
        _ => None,
    });
    assert_eq!(triggers.collect::<Vec<_>>(), ["signal"]);
}

#[test]
fn a_wrong_value_is_named_with_what_it_may_be_and_an_unknown_store_needs_a_feature() {
    let folder = Folder::new("wrong");
    let path = folder.0.join("trace.bin");
    let variables = [
        ("SPANWRIGHT_RECORDER_PATH", path.as_path()),
        ("SPANWRIGHT_RECORDER_LONG_POLL", Path::new("soon")),
        ("SPANWRIGHT_RECORDER_STORE", Path::new("s3://bucket")),
    ];
    let output = run(&variables);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    let long_poll =
        "`SPANWRIGHT_RECORDER_LONG_POLL` is `soon`, not a whole number of milliseconds from 1 to 3600000";
    assert!(said.contains(long_poll), "{said}");
    let store = "`recorder_store` needs the feature `object_store` of `spanwright`";
    assert!(said.contains(store), "{said}");
    assert!(!folder.events().is_empty(), "it is recorded all the same");
}

#[test]
fn a_path_that_can_not_be_written_is_a_problem_and_stops_nothing() {
    let output = run(&[("SPANWRIGHT_RECORDER_PATH", Path::new("/proc/nowhere/trace.bin"))]);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("nothing is recorded: /proc/nowhere/trace.bin"), "{said}");
}
