//! What becomes of files: appended to, renamed when full, cut off, on a full disk.

use super::*;

#[test]
fn a_file_that_is_there_is_appended_to_and_a_line_that_was_cut_off_is_ended() {
    let folder = Folder::new();
    for name in ["one", "two"] {
        export(&mut FileExporter::new(settings(folder.file(), u64::MAX)).unwrap(), &[named(name)]).unwrap();
    }
    assert_eq!(names(&folder.file()), ["one", "two"]);
    let whole = fs::read_to_string(folder.file()).unwrap();
    fs::write(folder.file(), format!("{whole}{{\"resourceSp")).unwrap();
    export(&mut FileExporter::new(settings(folder.file(), u64::MAX)).unwrap(), &[named("three")]).unwrap();
    let lines = fs::read_to_string(folder.file()).unwrap();
    let lines: Vec<_> = lines.lines().collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[2], "{\"resourceSp");
    assert!(lines[3].contains("three") && lines[3].ends_with("]}]}]}"), "{}", lines[3]);
}

#[cfg(unix)]
#[test]
fn new_files_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let mut exporter = FileExporter::new(settings(folder.file(), 400)).unwrap();
    for name in ["one", "two"] {
        export(&mut exporter, &[named(name)]).unwrap();
    }
    for file in [folder.file(), folder.former()] {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
}

#[test]
fn a_full_file_is_renamed_and_both_keep_to_the_bound() {
    const MAX: u64 = 2000;
    let folder = Folder::new();
    let mut exporter = FileExporter::new(settings(folder.file(), MAX)).unwrap();
    let mut written = Vec::new();
    for at in 0..100 {
        export(&mut exporter, &[named(at)]).unwrap();
        written.push(at.to_string());
        for file in [folder.file(), folder.former()] {
            assert!(fs::metadata(file).map_or(0, |file| file.len()) <= MAX);
        }
        let former = if folder.former().exists() { names(&folder.former()) } else { Vec::new() };
        let kept = [former, names(&folder.file())].concat();
        assert!(written.ends_with(&kept) && kept.last() == written.last(), "{kept:?}");
    }
    let line = fs::metadata(folder.file()).unwrap().len() / names(&folder.file()).len() as u64;
    assert!(fs::metadata(folder.former()).unwrap().len() + line > MAX, "it was renamed before it was full");
}

#[test]
fn a_file_from_before_counts_and_is_filled_to_the_last_byte() {
    for (room, former, file) in [(2, vec![], vec!["1", "2"]), (1, vec!["1"], vec!["2"])] {
        let folder = Folder::new();
        export(&mut FileExporter::new(settings(folder.file(), u64::MAX)).unwrap(), &[named(1)]).unwrap();
        let size = fs::metadata(folder.file()).unwrap().len();
        export(&mut FileExporter::new(settings(folder.file(), room * size)).unwrap(), &[named(2)]).unwrap();
        assert_eq!(names(&folder.file()), file);
        assert_eq!(if room == 1 { names(&folder.former()) } else { Vec::new() }, former);
        assert_eq!(folder.former().exists(), room == 1);
    }
}

#[test]
fn a_line_stops_before_its_limit() {
    let spans = (0..30).map(|at| SpanData { target: ["a", "b", "c"][at / 10].into(), ..named(10 + at) });
    let batch: SpanBatch = spans.collect();
    let spans: Vec<_> = batch.iter().collect();
    let mut out = "what was there before".to_owned();
    for limit in (0..3000).step_by(7) {
        let (mut rest, mut names) = (&spans[..], Vec::new());
        while !rest.is_empty() {
            let taken = request::line(&mut out, &[], rest, limit);
            assert!(taken == 1 || (taken > 1 && out.len() <= limit), "{taken} spans, limit {limit}");
            let request: ExportTraceServiceRequest = serde_json::from_str(&out).unwrap();
            let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
            names.extend(scopes.flat_map(|scope| scope.spans).map(|span| span.name));
            rest = &rest[taken..];
        }
        assert_eq!(names, spans.iter().map(|span| span.name().to_owned()).collect::<Vec<_>>(), "{limit}");
    }
}

#[test]
fn a_great_batch_goes_in_several_lines() {
    let folder = Folder::new();
    let mut exporter = FileExporter::new(settings(folder.file(), u64::MAX)).unwrap();
    let long = "x".repeat(300_000);
    let spans: Vec<_> = (0..10).map(|at| SpanData { error: Some(long.clone()), ..named(at) }).collect();
    export(&mut exporter, &spans).unwrap();
    let lines = fs::read_to_string(folder.file()).unwrap();
    assert!(lines.lines().all(|line| line.len() < MAX_LINE));
    assert_eq!(lines.lines().count(), 4);
    assert_eq!(names(&folder.file()), (0..10).map(|at| at.to_string()).collect::<Vec<_>>());
}

#[test]
fn lines_fit_a_small_file_and_a_span_that_does_not_is_lost_alone() {
    let folder = Folder::new();
    let mut exporter = FileExporter::new(settings(folder.file(), 700)).unwrap();
    let long = SpanData { error: Some("x".repeat(700)), ..named("long") };
    let error = export(&mut exporter, &[named(1), long, named(2), named(3)]).unwrap_err();
    assert_eq!(error.lost, 1, "{error}");
    let file = folder.file();
    assert!(error.reason.starts_with(&format!("`{}` may have 700 bytes, and", file.display())), "{error}");
    let former = if folder.former().exists() { names(&folder.former()) } else { Vec::new() };
    assert_eq!([former, names(&folder.file())].concat(), ["1", "2", "3"]);
    assert!(fs::metadata(folder.file()).unwrap().len() <= 700);
}

#[test]
fn a_path_that_cannot_be_opened_is_named() {
    let folder = Folder::new();
    fs::write(folder.0.join("file"), "").unwrap();
    for path in [folder.0.join("no/such/spans.jsonl"), folder.0.join("file/spans.jsonl"), folder.0.clone()] {
        let expected = format!("`{}` can't be opened: ", path.display());
        let spans = FileExporter::new(settings(path.clone(), u64::MAX)).unwrap_err().to_string();
        let logs = FileLogExporter::new(settings(path, u64::MAX)).unwrap_err().to_string();
        assert!(spans.starts_with(&expected) && spans.len() > expected.len(), "{spans}");
        assert_eq!(spans, logs);
    }
}

#[test]
fn what_cannot_be_renamed_loses_the_batch_until_it_can() {
    let folder = Folder::new();
    let mut exporter = FileExporter::new(settings(folder.file(), 400)).unwrap();
    export(&mut exporter, &[named("one")]).unwrap();
    let in_the_way = folder.former().join("folder");
    fs::create_dir_all(&in_the_way).unwrap();
    for _ in 0..2 {
        let long = SpanData { error: Some("x".repeat(400)), ..named("long") };
        let error = export(&mut exporter, &[long, named("two"), named("three")]).unwrap_err();
        assert_eq!(error.lost, 3);
        let expected = format!("is full and can't be renamed to `{}`: ", folder.former().display());
        assert!(error.reason.contains(&expected), "{error}");
    }
    fs::remove_dir_all(folder.former()).unwrap();
    export(&mut exporter, &[named("five")]).unwrap();
    assert_eq!((names(&folder.former()), names(&folder.file())), (vec!["one".into()], vec!["five".into()]));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_the_batch_and_is_tried_again() {
    let folder = Folder::new();
    let mut exporter = FileExporter::new(settings(folder.file(), u64::MAX)).unwrap();
    fs::remove_file(folder.file()).unwrap();
    std::os::unix::fs::symlink("/dev/full", folder.file()).unwrap();
    let mut full = FileExporter::new(settings(folder.file(), u64::MAX)).unwrap();
    let error = export(&mut full, &[named(1), named(2)]).unwrap_err();
    assert_eq!(error.lost, 2);
    assert!(error.reason.contains("can't be written to: No space left on device"), "{error}");
    // The disk has room again, under the same name.
    fs::remove_file(folder.file()).unwrap();
    export(&mut full, &[named(3)]).unwrap();
    assert_eq!(names(&folder.file()), ["3"]);
    // And who has lost nothing keeps its file, wherever that is by now.
    export(&mut exporter, &[named(4)]).unwrap();
    assert_eq!(names(&folder.file()), ["3"]);
}

/// Run by the test below, in a process that may write no more than 1,024 bytes to a file.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "run by `a_line_that_is_written_in_part_is_taken_back`"]
fn writes_in_part() {
    let folder = Folder::new();
    let mut exporter = FileExporter::new(settings(folder.file(), u64::MAX)).unwrap();
    export(&mut exporter, &[named("one")]).unwrap();
    let long = SpanData { error: Some("x".repeat(2000)), ..named("long") };
    // Without that bound there is nothing to see.
    if let Err(error) = export(&mut exporter, &[long]) {
        assert_eq!(error.lost, 1);
        export(&mut exporter, &[named("two")]).unwrap();
        assert_eq!(names(&folder.file()), ["one", "two"]);
        io::Write::write_all(&mut io::stdout(), b"taken back\n").unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_line_that_is_written_in_part_is_taken_back() {
    let test = "export::file::tests::files::writes_in_part";
    // In units of 512 bytes; what goes beyond is an error rather than a signal.
    let script = format!("trap '' XFSZ; ulimit -f 2; exec \"$0\" {test} --exact --ignored --nocapture");
    let output =
        Command::new("sh").arg("-c").arg(script).arg(std::env::current_exe().unwrap()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("taken back"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Run by the test below, in a process whose standard output is not that of the tests.
#[test]
#[ignore = "run by `a_dash_is_standard_output_without_a_bound`"]
fn writes_to_standard_output() {
    let mut exporter = FileExporter::new(settings("-".into(), 1)).unwrap();
    export(&mut exporter, &[named("one")]).unwrap();
    export(&mut exporter, &[named("two")]).unwrap();
}

#[test]
fn a_dash_is_standard_output_without_a_bound() {
    let test = "export::file::tests::files::writes_to_standard_output";
    let arguments = [test, "--exact", "--ignored", "--nocapture", "--test-threads=1"];
    let output = Command::new(std::env::current_exe().unwrap()).args(arguments).output().unwrap();
    assert!(output.status.success());
    let folder = Folder::new();
    // The test's name stands before the first line.
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines =
        lines.lines().filter_map(|line| line.find("{\"resource").map(|at| format!("{}\n", &line[at..])));
    fs::write(folder.file(), lines.collect::<String>()).unwrap();
    assert_eq!(names(&folder.file()), ["one", "two"]);
    assert!(!Path::new("-").exists());
}
