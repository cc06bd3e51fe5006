//! The HTTP client of stores in the cloud: with the system's certificates, and ring as everywhere here.
//!
//! `object_store` would take the process's default cryptography, which a library must not set.

use std::sync::Arc;
use std::time::Duration;

use object_store::client::{HttpClient, HttpConnector};
use object_store::{ClientConfigKey, ClientOptions};
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;

#[derive(Debug)]
pub(super) struct Connector;

type Failed = Box<dyn std::error::Error + Send + Sync>;

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        client(options).map_err(|source| object_store::Error::Generic { store: "HTTP", source })
    }
}

fn client(options: &ClientOptions) -> Result<HttpClient, Failed> {
    let allow_http =
        options.get_config_value(&ClientConfigKey::AllowHttp).is_some_and(|value| value == "true");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    let client = reqwest::Client::builder()
        .user_agent(concat!("spanwright/", env!("CARGO_PKG_VERSION")))
        .https_only(!allow_http)
        .connect_timeout(Duration::from_secs(10))
        // Of a large part on a slow line that is all of its time.
        .read_timeout(Duration::from_secs(180))
        .tls_backend_preconfigured(tls)
        .build()?;
    Ok(HttpClient::new(client))
}
