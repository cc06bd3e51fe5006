//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::trouble::Trouble;

/// What `--help` says.
pub const HELP: &str = "\
A small shop, instrumented by annotations.

Usage: shop [OPTIONS]

Options:
  --listen ADDR      where to serve [default: 127.0.0.1:3000]; port 0 takes a free one
  --database FILE    where to keep orders [default: in memory]
  --load             send requests to itself for a while, then print a summary and end
  --seconds N        how long to do so [default: 15]
  --fail-ratio R     have this share of charges and shipments fail, from 0 to 1, so that alerts fire
  --slow MS          have each query take so many milliseconds longer
  --slow-shipping MS have each shipment take so many milliseconds longer
  --explain-config   say what configuration is in force, and where each value comes from
  --catalog          say everything that it can emit, as JSON for `spanwright dashboards` and `alerts`
  --help             this text

Environment:
  OTEL_EXPORTER_OTLP_ENDPOINT    export spans there, such as http://127.0.0.1:4318
  SPANWRIGHT_METRICS_PORT        serve /metrics, /catalog, /health, /ready and /live there [default: 9090]
  SPANWRIGHT_RECORDER_PATH       record the process into files of this name, such as trace/shop.spwr
  SPANWRIGHT_CONFIG              a file of TOML with more of the configuration
  RUST_LOG                       what to log, such as shop=debug
";

const NAMES: [&str; 10] = [
    "--listen",
    "--database",
    "--load",
    "--seconds",
    "--fail-ratio",
    "--slow",
    "--slow-shipping",
    "--explain-config",
    "--catalog",
    "--help",
];

/// What was asked for.
#[derive(Debug)]
pub struct Options {
    pub listen: SocketAddr,
    pub database: Option<PathBuf>,
    /// How long to send requests to itself, where that was asked for.
    pub load: Option<Duration>,
    /// What is to go wrong.
    pub trouble: Trouble,
    /// Only say what configuration is in force.
    pub explain_config: bool,
    /// Only say what it can emit.
    pub catalog: bool,
    pub help: bool,
}

/// What is wrong with the command line.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    #[error("unknown option `{0}`; did you mean `{1}`?")]
    Unknown(String, &'static str),
    #[error("`{0}` needs a value, as in `{0} {1}`")]
    Missing(String, &'static str),
    #[error("`{0} {1}`: write something like `{0} {2}`")]
    Wrong(String, String, &'static str),
}

impl Options {
    /// Reads the arguments, without the program's name. `--name value` and `--name=value` are the same.
    pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Self, OptionsError> {
        let mut options = Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            database: None,
            load: None,
            trouble: Trouble::default(),
            explain_config: false,
            catalog: false,
            help: false,
        };
        let mut load = false;
        let mut seconds = 15;
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            let arg = arg.to_string_lossy();
            let (name, inline) = match arg.split_once('=') {
                Some((name, value)) => (name, Some(OsString::from(value))),
                None => (&*arg, None),
            };
            let mut value = || inline.clone().or_else(|| args.next());
            match name {
                "--listen" => options.listen = parsed(name, value(), "127.0.0.1:3000")?,
                "--database" => options.database = Some(parsed(name, value(), "shop.db")?),
                "--seconds" => seconds = parsed(name, value(), "15")?,
                "--load" => load = true,
                "--fail-ratio" => options.trouble.fail_ratio = parsed(name, value(), "0.2")?,
                "--slow" => options.trouble.slow = milliseconds(name, value())?,
                "--slow-shipping" => options.trouble.slow_shipping = milliseconds(name, value())?,
                "--explain-config" => options.explain_config = true,
                "--catalog" => options.catalog = true,
                "--help" | "-h" => options.help = true,
                _ => return Err(OptionsError::Unknown(name.to_owned(), nearest(name))),
            }
        }
        options.load = load.then(|| Duration::from_secs(seconds));
        Ok(options)
    }
}

fn parsed<T: FromStr>(name: &str, value: Option<OsString>, example: &'static str) -> Result<T, OptionsError> {
    let value = value.ok_or_else(|| OptionsError::Missing(name.to_owned(), example))?;
    let value = value.to_string_lossy();
    value.parse().map_err(|_| OptionsError::Wrong(name.to_owned(), value.into_owned(), example))
}

fn milliseconds(name: &str, value: Option<OsString>) -> Result<Duration, OptionsError> {
    Ok(Duration::from_millis(parsed(name, value, "100")?))
}

/// The option that shares the most pairs of letters with what was written.
fn nearest(written: &str) -> &'static str {
    let shared = |name: &str| {
        name.as_bytes().windows(2).filter(|pair| written.as_bytes().windows(2).any(|w| w == *pair)).count()
    };
    let likeness = |name: &str| shared(name) * 100 / name.len();
    NAMES.into_iter().max_by_key(|name| likeness(name)).unwrap_or("--help")
}
