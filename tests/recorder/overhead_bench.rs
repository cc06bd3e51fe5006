//! What a recorder costs a server: requests over TCP, answered by a runtime with and without one.
//!
//! ```text
//! cargo bench                                                    # some seconds, both modes
//! cargo bench --bench overhead_bench -- --seconds 30             # longer
//! cargo bench --bench overhead_bench -- --seconds 30 --validate  # fails where it costs more than it may
//! ```
//!
//! Each mode runs in a process of its own, and they take turns. What else the machine does makes a turn slower and never faster, so that
//! the fastest turn of each mode is what is compared. The server's runtime is recorded into files that rotate; the clients have a runtime
//! of their own, which is not.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program talks to whoever started it")]

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use spanwright::recorder::{RecorderGuard, RecorderHandle, RotatingWriter, TracedRuntime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

/// Clients, each with a connection and one request at a time.
const CONNECTIONS: usize = 50;
/// What each of the server's and the clients' runtimes has.
const WORKERS: usize = 2;
/// A request, and its answer.
const MESSAGE: usize = 64;
/// How long a turn is: short, so that some of each mode meet a machine that does nothing else.
const TURN: Duration = Duration::from_millis(500);
/// Before it: connections, the allocator, the recording's first block.
const WARM_UP: Duration = Duration::from_millis(100);

/// The most that a recorder may cost: of the throughput, in percent …
const MOST_OVERHEAD: f64 = 10.0;
/// … of the disk, for each request of a client, …
const MOST_BYTES_A_REQUEST: f64 = 35.0;
/// … and for each event.
const MOST_BYTES_AN_EVENT: f64 = 12.0;

/// What is asked for.
struct Options {
    /// How long each mode is measured, in all.
    seconds: u32,
    /// Fails where a recorder costs more than it may.
    validate: bool,
    /// One turn of one mode.
    turn: Option<Mode>,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let mut options = Self { seconds: 5, validate: false, turn: None };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--seconds" => {
                    options.seconds = arguments.next()?.parse().ok().filter(|seconds| *seconds > 0)?
                }
                "--validate" => options.validate = true,
                "--turn" => options.turn = Some(Mode::of(&arguments.next()?)?),
                // What `cargo bench` says.
                "--bench" => {}
                _ => return None,
            }
        }
        Some(options)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Baseline,
    Telemetry,
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Telemetry => "telemetry",
        }
    }

    fn of(name: &str) -> Option<Self> {
        [Self::Baseline, Self::Telemetry].into_iter().find(|mode| mode.name() == name)
    }
}

fn main() -> io::Result<ExitCode> {
    let Some(options) = Options::parse(std::env::args().skip(1)) else {
        eprintln!("usage: overhead_bench [--seconds N] [--validate]");
        return Ok(ExitCode::from(2));
    };
    if let Some(mode) = options.turn {
        println!("{}", measure(mode, TURN)?.to_line());
        return Ok(ExitCode::SUCCESS);
    }
    let (mut baseline, mut telemetry) = (Vec::new(), Vec::new());
    let turns = Duration::from_secs(options.seconds.into()).as_millis() / TURN.as_millis();
    for _ in 0..turns {
        baseline.push(in_a_process(Mode::Baseline)?);
        telemetry.push(in_a_process(Mode::Telemetry)?);
    }
    let telemetry = Measured::fastest(telemetry);
    let (text, failed) = report(&Measured::fastest(baseline), &telemetry);
    print!("{text}");
    if telemetry.lost > 0.0 {
        eprintln!(
            "{:.0} events found no room in the recording, and are not in these numbers",
            telemetry.lost
        );
    }
    failed.iter().for_each(|failed| eprintln!("FAILED: {failed}"));
    Ok(if options.validate && !failed.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The lines that are printed, and what costs more than it may.
pub(crate) fn report(baseline: &Measured, telemetry: &Measured) -> (String, Vec<String>) {
    let overhead = 100.0 * (1.0 - telemetry.per_second / baseline.per_second);
    let bytes_a_request = telemetry.bytes / telemetry.requests;
    let bytes_an_event = telemetry.bytes / telemetry.events;
    let text = format!(
        "\
=== Comparison ===
Baseline:   {}
Telemetry:  {}
Overhead:   {overhead:.1}%

=== Trace Efficiency ===
Trace bytes/request:    {bytes_a_request:.2}
Bytes/trace event:      {bytes_an_event:.2}
Client requests/sec:    {:.0}
",
        baseline.shown(),
        telemetry.shown(),
        telemetry.per_second
    );
    let limits = [
        ("overhead in percent", overhead, MOST_OVERHEAD),
        ("trace bytes a request", bytes_a_request, MOST_BYTES_A_REQUEST),
        ("bytes a trace event", bytes_an_event, MOST_BYTES_AN_EVENT),
    ];
    // What could not be measured is not good either.
    let too_much = limits.into_iter().filter(|(_, measured, most)| !measured.is_finite() || measured > most);
    let failed =
        too_much.map(|(what, measured, most)| format!("{what}: {measured:.2}, and {most} is the most"));
    (text, failed.collect())
}

/// What a turn has shown.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Measured {
    pub(crate) requests: f64,
    pub(crate) per_second: f64,
    /// In microseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) events: f64,
    pub(crate) lost: f64,
    pub(crate) bytes: f64,
}

impl Measured {
    fn to_line(self) -> String {
        let Self { requests, per_second, p50, p99, events, lost, bytes } = self;
        format!("{requests} {per_second} {p50} {p99} {events} {lost} {bytes}")
    }

    fn of_line(line: &str) -> Option<Self> {
        let numbers: Vec<f64> = line.split_whitespace().map_while(|word| word.parse().ok()).collect();
        let [requests, per_second, p50, p99, events, lost, bytes] = numbers[..] else { return None };
        Some(Self { requests, per_second, p50, p99, events, lost, bytes })
    }

    /// The turn with the highest throughput.
    fn fastest(turns: Vec<Self>) -> Self {
        turns.into_iter().max_by(|one, other| one.per_second.total_cmp(&other.per_second)).unwrap_or_default()
    }

    fn shown(&self) -> String {
        format!("{:.0} req/s, p50={:.1}µs, p99={:.1}µs", self.per_second, self.p50, self.p99)
    }
}

fn in_a_process(mode: Mode) -> io::Result<Measured> {
    let output = Command::new(std::env::current_exe()?).args(["--turn", mode.name()]).output()?;
    let measured = Measured::of_line(&String::from_utf8_lossy(&output.stdout));
    measured.ok_or_else(|| io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
}

pub(crate) fn measure(mode: Mode, time: Duration) -> io::Result<Measured> {
    let folder = std::env::temp_dir().join(format!("overhead_bench-{}", std::process::id()));
    let (server, recorder) = server(mode, &folder)?;
    let listener = server.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    server.spawn(serve(listener));
    let clients = builder().build()?;
    clients.block_on(load(address, WARM_UP))?;
    let before = recorder.as_ref().map(|(_, recorder)| recorder.status()).unwrap_or_default();
    let (started, latencies) = (Instant::now(), clients.block_on(load(address, time))?);
    let took = started.elapsed();
    drop(clients);
    drop(server);
    let mut measured = Measured::of(latencies, took);
    if let Some((guard, recorder)) = recorder {
        // What is still in memory belongs to it.
        drop(guard);
        let after = recorder.status();
        measured.events = (after.events - before.events) as f64;
        measured.lost = (after.lost - before.lost) as f64;
        measured.bytes = (after.bytes_written - before.bytes_written) as f64;
        fs::remove_dir_all(folder)?;
    }
    Ok(measured)
}

impl Measured {
    fn of(mut latencies: Vec<u32>, took: Duration) -> Self {
        latencies.sort_unstable();
        let quantile = |share: usize| {
            latencies.get(latencies.len() * share / 100).map_or(0.0, |nanos| f64::from(*nanos) / 1e3)
        };
        let requests = latencies.len() as f64;
        let per_second = requests / took.as_secs_f64();
        Self { requests, per_second, p50: quantile(50), p99: quantile(99), ..Self::default() }
    }
}

fn builder() -> Builder {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(WORKERS).enable_all();
    builder
}

/// The server's runtime, and what records it.
fn server(
    mode: Mode,
    folder: &std::path::Path,
) -> io::Result<(Runtime, Option<(RecorderGuard, RecorderHandle)>)> {
    if mode == Mode::Baseline {
        return Ok((builder().build()?, None));
    }
    let writer = RotatingWriter::new(folder.join("trace.bin"), 1024 * 1024, 5 * 1024 * 1024)?;
    let (runtime, guard) = TracedRuntime::build_and_start(builder(), writer)?;
    let handle = guard.handle();
    Ok((runtime, Some((guard, handle))))
}

/// Answers each connection in a task of its own, spawned as users do: it is the recorder that makes the difference.
async fn serve(listener: TcpListener) {
    while let Ok((mut connection, _)) = listener.accept().await {
        spanwright::spawn(async move {
            let mut message = [0; MESSAGE];
            let _ = connection.set_nodelay(true);
            while connection.read_exact(&mut message).await.is_ok()
                && connection.write_all(&message).await.is_ok()
            {}
        });
    }
}

/// Sends requests for that long; how long each took, in nanoseconds.
async fn load(address: SocketAddr, time: Duration) -> io::Result<Vec<u32>> {
    let stop = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let mut connection = TcpStream::connect(address).await?;
        connection.set_nodelay(true)?;
        let stop = Arc::clone(&stop);
        clients.spawn(async move {
            let (mut message, mut latencies) = ([7; MESSAGE], Vec::new());
            while !stop.load(Ordering::Relaxed) {
                let sent = Instant::now();
                connection.write_all(&message).await?;
                connection.read_exact(&mut message).await?;
                latencies.push(u32::try_from(sent.elapsed().as_nanos()).unwrap_or(u32::MAX));
            }
            io::Result::Ok(latencies)
        });
    }
    tokio::time::sleep(time).await;
    stop.store(true, Ordering::Relaxed);
    let mut all = Vec::new();
    while let Some(latencies) = clients.join_next().await {
        all.extend(latencies??);
    }
    Ok(all)
}
