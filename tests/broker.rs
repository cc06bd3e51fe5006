//! Message brokers on loopback, each on a port of its own.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::backends::on_path;
use crate::process::{Process, TempDir, free_port, until};

/// A broker on loopback. It ends with this.
pub(crate) struct Broker {
    pub(crate) name: &'static str,
    pub(crate) address: String,
    _processes: Vec<Process>,
    _data: TempDir,
}

pub(crate) fn start_nats() -> Result<Broker, String> {
    let program = on_path("nats-server")?;
    let port = free_port();
    let process = Process::start(Command::new(program).args(["-a", "127.0.0.1", "-p"]).arg(port.to_string()));
    until("NATS to be ready", || TcpStream::connect(("127.0.0.1", port)).ok());
    let address = format!("nats://127.0.0.1:{port}");
    Ok(Broker { name: "nats", address, _processes: vec![process], _data: TempDir::new() })
}

/// Debian's script of this name on the `PATH` changes the user; the one that it calls does not.
const RABBITMQ: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

pub(crate) fn start_rabbitmq() -> Result<Broker, String> {
    let epmd = on_path("epmd")?;
    if !Path::new(RABBITMQ).is_file() {
        return Err(format!("no {RABBITMQ} (Debian: apt-get install rabbitmq-server)"));
    }
    let (port, names_port, nodes_port) = (free_port(), free_port(), free_port());
    // Started by RabbitMQ itself it would stay behind.
    let names = Process::start(
        Command::new(epmd).args(["-address", "127.0.0.1", "-port"]).arg(names_port.to_string()),
    );
    until("epmd", || TcpStream::connect(("127.0.0.1", names_port)).ok());
    let data = TempDir::new();
    let file = |name: &str, text: &str| {
        let path = data.path().join(name);
        fs::write(&path, text).expect("the temporary directory is writable");
        path
    };
    let config = file("rabbitmq.conf", &format!("listeners.tcp.1 = 127.0.0.1:{port}\n"));
    let plugins = file("enabled_plugins", "[].\n");
    let mut command = Command::new(RABBITMQ);
    command.env("HOME", data.path()).env("RABBITMQ_MNESIA_BASE", data.path().join("mnesia"));
    command.env("RABBITMQ_LOG_BASE", data.path().join("log")).env("RABBITMQ_CONFIG_FILE", config);
    command.env("RABBITMQ_ENABLED_PLUGINS_FILE", plugins).env("ERL_EPMD_PORT", names_port.to_string());
    command.env("RABBITMQ_NODENAME", format!("spanwright{}@localhost", std::process::id()));
    command
        .env("RABBITMQ_DIST_PORT", nodes_port.to_string())
        .env("RABBITMQ_PID_FILE", data.path().join("pid"));
    // Erlang itself is then the process that ends with the test.
    command.env("RUNNING_UNDER_SYSTEMD", "1");
    let mut process = Process::start(&mut command);
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(
            process.is_running() && begun.elapsed() < Duration::from_secs(120),
            "RabbitMQ does not start"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    let address = format!("amqp://guest:guest@127.0.0.1:{port}/%2f");
    Ok(Broker { name: "rabbitmq", address, _processes: vec![process, names], _data: data })
}
