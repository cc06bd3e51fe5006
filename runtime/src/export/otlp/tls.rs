//! Certificates and keys from files.

use std::path::Path;

use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use super::{OtlpError, OtlpSettings};

/// What the settings' files hold. Has a key, and hence no `Debug`.
pub(super) struct Pem {
    /// Who signs the receiver's certificate.
    roots: Option<File>,
    /// The client's certificates and its key.
    client: Option<(File, File)>,
}

/// A file's text, and what of it is meant.
struct File {
    #[cfg_attr(not(feature = "grpc"), allow(dead_code, reason = "gRPC reads the text itself"))]
    text: Vec<u8>,
    certificates: Vec<Certificate<'static>>,
    key: Option<PrivateKey<'static>>,
}

impl Pem {
    pub(super) fn read(settings: &OtlpSettings) -> Result<Self, OtlpError> {
        let roots = settings.certificate.as_deref().map(certificates).transpose()?;
        let client = match (&settings.client_certificate, &settings.client_key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some((certificates(certificate)?, self::key(key)?)),
            (Some(lonely), None) => return Err(wrong(lonely, "a client's certificate needs its key")),
            (None, Some(lonely)) => return Err(wrong(lonely, "a client's key needs its certificate")),
        };
        Ok(Self { roots, client })
    }

    pub(super) fn for_http(self) -> TlsConfig {
        let roots = self.roots.map(|file| RootCerts::new_with_certs(&file.certificates));
        let client = self.client.and_then(|(certificates, key)| {
            Some(ClientCert::new_with_certs(&certificates.certificates, key.key?))
        });
        TlsConfig::builder().root_certs(roots.unwrap_or(RootCerts::WebPki)).client_cert(client).build()
    }

    #[cfg(feature = "grpc")]
    pub(super) fn for_grpc(self) -> tonic::transport::ClientTlsConfig {
        use tonic::transport::{Certificate, ClientTlsConfig, Identity};

        let config = match self.roots {
            Some(file) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(file.text)),
            None => ClientTlsConfig::new().with_webpki_roots(),
        };
        match self.client {
            Some((certificates, key)) => config.identity(Identity::from_pem(certificates.text, key.text)),
            None => config,
        }
    }
}

fn certificates(path: &Path) -> Result<File, OtlpError> {
    let file = file(path)?;
    if file.certificates.is_empty() {
        return Err(wrong(path, "it has no certificate in PEM"));
    }
    Ok(file)
}

fn key(path: &Path) -> Result<File, OtlpError> {
    let file = file(path)?;
    if file.key.is_none() {
        return Err(wrong(path, "it has no private key in PEM"));
    }
    Ok(file)
}

fn file(path: &Path) -> Result<File, OtlpError> {
    let text = std::fs::read(path).map_err(|error| wrong(path, &error.to_string()))?;
    let (mut certificates, mut key) = (Vec::new(), None);
    for item in parse_pem(&text) {
        match item.map_err(|_| wrong(path, "it is not PEM"))? {
            PemItem::Certificate(certificate) => certificates.push(certificate),
            PemItem::PrivateKey(private) => key = Some(private),
            _ => {}
        }
    }
    Ok(File { text, certificates, key })
}

fn wrong(path: &Path, reason: &str) -> OtlpError {
    OtlpError::Certificate { path: path.to_owned(), reason: reason.to_owned() }
}
