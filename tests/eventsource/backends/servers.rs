//! The servers: PostgreSQL and Redis from Debian, on free ports of loopback; and a way to lose one for a while.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;

use crate::backends::on_path;
use crate::broker::{Broker, start_rabbitmq};
use crate::process::{Process, TempDir, free_port, until};

/// What must not be seen anywhere: the password of each server.
pub(crate) const PASSWORD: &str = "a-pass-word/of-the-test";
/// The same in a URL.
pub(crate) const ENCODED: &str = "a-pass-word%2Fof-the-test";

/// The RabbitMQ of all tests that run at this time: it takes its time to start. It ends with the last of them.
pub(crate) fn rabbitmq() -> Result<Arc<Broker>, String> {
    static RUNNING: Mutex<Weak<Broker>> = Mutex::new(Weak::new());
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(broker) = running.upgrade() {
        return Ok(broker);
    }
    let broker = Arc::new(start_rabbitmq()?);
    *running = Arc::downgrade(&broker);
    Ok(broker)
}

/// A Redis with a password. It ends with this.
pub(crate) struct Redis {
    pub(crate) port: u16,
    process: Option<Process>,
    data: TempDir,
}

impl Redis {
    pub(crate) fn start() -> Result<Self, String> {
        on_path("redis-server")?;
        let mut redis = Self { port: free_port(), process: None, data: TempDir::new() };
        redis.start_again();
        Ok(redis)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://:{ENCODED}@127.0.0.1:{}/", self.port)
    }

    /// Ends it, and all that it knew.
    pub(crate) fn stop(&mut self) {
        self.process = None;
    }

    pub(crate) fn start_again(&mut self) {
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--requirepass", PASSWORD]);
        command.args(["--port", &self.port.to_string(), "--dir"]).arg(self.data.path());
        self.process = Some(Process::start(&mut command));
        until("Redis to be ready", || TcpStream::connect(("127.0.0.1", self.port)).ok());
    }
}

/// A PostgreSQL with a password. It ends with this.
pub(crate) struct Postgres {
    pub(crate) port: u16,
    process: Process,
    /// The cluster, in a folder of PostgreSQL's own user.
    _data: TempDir,
}

impl Postgres {
    pub(crate) fn start() -> Result<Self, String> {
        let programs = postgres_programs()?;
        let (data, port) = (TempDir::new(), free_port());
        let user = unprivileged(data.path())?;
        let (cluster, password) = (data.path().join("cluster"), data.path().join("password"));
        fs::write(&password, PASSWORD).expect("the temporary directory is writable");
        let run = |name: &str| {
            let mut command = Command::new(programs.join(name));
            command.current_dir(data.path()).env("LC_ALL", "C");
            if let Some((uid, gid)) = user {
                command.uid(uid).gid(gid);
            }
            command
        };
        let mut initdb = run("initdb");
        initdb.args(["--username=orders", "--auth=scram-sha-256", "--encoding=UTF8", "--no-sync"]);
        initdb.arg(format!("--pwfile={}", password.display())).arg("--pgdata").arg(&cluster);
        let made = initdb.output().expect("initdb starts");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let mut postgres = run("postgres");
        // What is lost with the machine is nothing to a test.
        postgres.args([
            "-c",
            "fsync=off",
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "unix_socket_directories=",
        ]);
        postgres.args(["-p", &port.to_string(), "-D"]).arg(&cluster);
        let process = Process::start(&mut postgres);
        until("PostgreSQL to be ready", || {
            process.stderr().contains("ready to accept connections").then_some(())
        });
        Ok(Self { port, process, _data: data })
    }

    pub(crate) fn url(&self) -> String {
        format!("postgresql://orders:{ENCODED}@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Killed, it would leave its children behind for a moment: they are to be gone before their folder is.
        self.process.signal("QUIT");
        self.process.wait();
    }
}

/// The folder with the newest PostgreSQL's programs: Debian does not put them on the `PATH`.
fn postgres_programs() -> Result<PathBuf, String> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders = versions.map(|version| version.path().join("bin"));
    let newest = folders.filter(|folder| folder.join("initdb").is_file()).max();
    newest.ok_or_else(|| "no /usr/lib/postgresql/*/bin/initdb (`.ci/backends.sh` installs it)".to_owned())
}

/// PostgreSQL refuses to run as root: then the folder becomes that of the user which Debian's package has made.
fn unprivileged(folder: &Path) -> Result<Option<(u32, u32)>, String> {
    let is_root = fs::metadata(folder).is_ok_and(|folder| folder.uid() == 0);
    if !is_root {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").map_err(|error| format!("/etc/passwd: {error}"))?;
    let ids = users.lines().find_map(|line| {
        let mut fields = line.strip_prefix("postgres:")?.split(':').skip(1);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    });
    let (uid, gid) = ids.ok_or("no user `postgres`, whom Debian's package makes")?;
    chown(folder, Some(uid), Some(gid)).expect("root may");
    Ok(Some((uid, gid)))
}

/// A way to a server that can be cut.
pub(crate) struct Wire {
    pub(crate) port: u16,
    inner: Arc<Inner>,
}

struct Inner {
    to: u16,
    is_cut: AtomicBool,
    connections: Mutex<Vec<TcpStream>>,
}

impl Wire {
    /// To a port of loopback.
    pub(crate) fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
        let its_port = listener.local_addr().expect("it is bound").port();
        let inner =
            Arc::new(Inner { to: port, is_cut: AtomicBool::new(false), connections: Mutex::default() });
        let its = Arc::clone(&inner);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                // Who is refused may be gone already.
                let _ = its.join(connection);
            }
        });
        Self { port: its_port, inner }
    }

    /// Ends all connections, and each new one at once.
    pub(crate) fn cut(&self) {
        self.inner.is_cut.store(true, Ordering::SeqCst);
        let mut connections = self.inner.connections.lock().unwrap_or_else(PoisonError::into_inner);
        for connection in connections.drain(..) {
            // It may have ended by itself.
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    pub(crate) fn mend(&self) {
        self.inner.is_cut.store(false, Ordering::SeqCst);
    }
}

impl Inner {
    fn join(&self, here: TcpStream) -> io::Result<()> {
        let there = TcpStream::connect(("127.0.0.1", self.to))?;
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_cut.load(Ordering::SeqCst) {
            return Ok(());
        }
        for (mut from, mut to) in
            [(here.try_clone()?, there.try_clone()?), (there.try_clone()?, here.try_clone()?)]
        {
            thread::spawn(move || {
                let mut bytes = [0; 16 * 1024];
                while let Ok(count @ 1..) = from.read(&mut bytes) {
                    if to.write_all(&bytes[..count]).is_err() {
                        break;
                    }
                }
                // The other way may have ended it.
                let _ = to.shutdown(Shutdown::Both);
            });
        }
        connections.extend([here, there]);
        Ok(())
    }
}
