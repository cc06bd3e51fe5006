//! Where a catalogue is read from.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use spanwright_catalog::{Catalog, Unreadable};

/// No catalogue is larger, in bytes.
const LONGEST: u64 = 64 << 20;

/// A running service, a file, or a binary.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// The address of its admin server.
    Service(String),
    /// The catalogue, or the binary that has it.
    File(PathBuf),
}

/// Why there is no catalogue.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoCatalog {
    #[error("`{address}` does not answer: {error}; is the service running, with its admin server?")]
    Unreachable { address: String, error: Box<ureq::Error> },
    #[error("`{}` can't be read: {error}", .path.display())]
    File { path: PathBuf, error: std::io::Error },
    #[error("`{from}`: {error}")]
    Unreadable { from: String, error: Unreadable },
}

impl FromStr for Source {
    type Err = std::convert::Infallible;

    fn from_str(written: &str) -> Result<Self, Self::Err> {
        let is_address = written.starts_with("http://") || written.starts_with("https://");
        Ok(if is_address { Self::Service(written.to_owned()) } else { Self::File(written.into()) })
    }
}

impl Source {
    /// Reads it.
    pub(crate) fn read(&self) -> Result<Catalog, NoCatalog> {
        let (from, catalog) = match self {
            Self::Service(address) => {
                let address = with_path(address);
                let text = fetch(&address).map_err(|error| NoCatalog::Unreachable {
                    address: address.clone(),
                    error: Box::new(error),
                })?;
                (address, Catalog::from_json(&text))
            }
            Self::File(path) => {
                let content =
                    std::fs::read(path).map_err(|error| NoCatalog::File { path: path.clone(), error })?;
                (path.display().to_string(), from_file(&content))
            }
        };
        catalog.map_err(|error| NoCatalog::Unreadable { from, error })
    }
}

/// What is no text is a binary: those have zero bytes, and texts have none.
fn from_file(content: &[u8]) -> Result<Catalog, Unreadable> {
    match std::str::from_utf8(content) {
        Ok(text) if !text.contains('\0') => Catalog::from_json(text),
        _ => Catalog::from_binary(content),
    }
}

/// The page of the catalogue, where no page is said.
fn with_path(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("http", address));
    match rest.trim_end_matches('/') {
        host if !host.contains('/') => format!("{scheme}://{host}/catalog"),
        _ => address.to_owned(),
    }
}

fn fetch(address: &str) -> Result<String, ureq::Error> {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(10))).build().into();
    agent.get(address).call()?.body_mut().with_config().limit(LONGEST).read_to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_that_of_the_catalogue_unless_said() {
        for (written, read) in [
            ("http://localhost:9090", "http://localhost:9090/catalog"),
            ("http://localhost:9090/", "http://localhost:9090/catalog"),
            ("https://host/shop/catalog", "https://host/shop/catalog"),
        ] {
            assert_eq!(with_path(written), read);
        }
    }

    #[test]
    fn what_is_no_catalogue_is_named() {
        let no_file = "no-such-file.json".parse::<Source>().unwrap().read().unwrap_err();
        assert!(no_file.to_string().starts_with("`no-such-file.json` can't be read: "), "{no_file}");
        // This program itself has the recorder's metrics.
        let binary = env!("CARGO").parse::<Source>().unwrap();
        let no_records = binary.read().unwrap_err();
        assert!(
            no_records.to_string().contains("`: nothing in it is described: build it with"),
            "{no_records}"
        );
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let no_json = manifest.parse::<Source>().unwrap().read().unwrap_err();
        assert!(no_json.to_string().contains("Cargo.toml`: this is no catalogue: "), "{no_json}");
    }
}
