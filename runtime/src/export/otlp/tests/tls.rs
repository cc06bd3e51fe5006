use std::fs;
use std::path::PathBuf;

use super::super::{OtlpError, OtlpExporter, OtlpSettings};
use super::data::settings;

/// A file with this text, for as long as it is kept.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("spanwright-{}-{name}.pem", std::process::id()));
        fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> Option<PathBuf> {
        Some(self.0.clone())
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _gone_already = fs::remove_file(&self.0);
    }
}

fn https() -> OtlpSettings {
    settings("https://localhost")
}

#[test]
fn files_that_cannot_be_used_are_refused_by_name() {
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let (key, empty) = (File::new("lonely-key", &key), File::new("empty", ""));
    let missing = Some(PathBuf::from("/nowhere/ca.pem"));
    for (settings, path, said) in [
        (OtlpSettings { certificate: missing.clone(), ..https() }, missing, "No such file"),
        (OtlpSettings { certificate: key.path(), ..https() }, key.path(), "it has no certificate in PEM"),
        (OtlpSettings { client_key: key.path(), ..https() }, key.path(), "key needs its certificate"),
        (OtlpSettings { client_certificate: empty.path(), ..https() }, empty.path(), "needs its key"),
    ] {
        let error = OtlpExporter::new(settings).unwrap_err();
        let OtlpError::Certificate { path: of, reason } = &error else { panic!("{error:?}") };
        assert_eq!(Some(of), path.as_ref(), "{error}");
        assert!(reason.contains(said), "{error}");
    }
}

#[test]
fn files_are_not_read_for_http() {
    let certificate = Some(PathBuf::from("/nowhere/ca.pem"));
    OtlpExporter::new(OtlpSettings { certificate, ..OtlpSettings::default() }).unwrap();
}

/// Both transports against a server whose certificate a private authority signed, and which asks for the client's.
#[cfg(feature = "grpc")]
mod handshake {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};

    use super::super::super::OtlpProtocol;
    use super::super::data::{LONG, SHORT, assert_lost, export_spans, spans};
    use super::super::grpc_receiver::{Call, Receiver, Step};
    use super::*;

    /// A private authority.
    struct Authority {
        pem: String,
        issuer: Issuer<'static, KeyPair>,
    }

    impl Authority {
        fn new() -> Self {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let key = KeyPair::generate().unwrap();
            let pem = params.self_signed(&key).unwrap().pem();
            Self { pem, issuer: Issuer::new(params, key) }
        }

        /// A certificate and its key.
        fn sign(&self, name: &str) -> (String, String) {
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new([name.to_owned()]).unwrap();
            (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
        }
    }

    fn start(authority: &Authority) -> Receiver {
        let (certificate, key) = authority.sign("localhost");
        let tls = ServerTlsConfig::new()
            .identity(Identity::from_pem(certificate, key))
            .client_ca_root(Certificate::from_pem(&authority.pem));
        // Over HTTP/1 it answers every path with 200.
        let server = Server::builder().accept_http1(true).tls_config(tls).unwrap();
        Receiver::with("https", server, vec![Step::Answer(Vec::new())])
    }

    #[test]
    fn certificates_of_files_are_used_by_both_transports() {
        let authority = Authority::new();
        let (certificate, key) = authority.sign("client");
        let ca = File::new("ca", &authority.pem);
        let (certificate, key) = (File::new("client", &certificate), File::new("client-key", &key));
        let receiver = start(&authority);
        for protocol in [OtlpProtocol::HttpProtobuf, OtlpProtocol::Grpc] {
            let with = |certificate, client: Option<(&File, &File)>| {
                let settings = OtlpSettings {
                    protocol,
                    certificate,
                    client_certificate: client.and_then(|(certificate, _)| certificate.path()),
                    client_key: client.and_then(|(_, key)| key.path()),
                    ..settings(&receiver.url)
                };
                OtlpExporter::new(settings).unwrap()
            };
            let client = Some((&certificate, &key));
            assert_lost(
                export_spans(&mut with(None, client), &spans(3), LONG),
                3,
                &["UnknownIssuer", "OTEL_EXPORTER_OTLP_CERTIFICATE"],
            );
            assert_lost(export_spans(&mut with(ca.path(), None), &spans(3), SHORT), 3, &[&receiver.url]);
            export_spans(&mut with(ca.path(), client), &spans(3), LONG).unwrap();
        }
        assert_eq!(receiver.calls().iter().map(Call::spans).collect::<Vec<_>>(), [3]);
    }
}
