//! Requests a second, and how long each takes: 50 connections to an echo server on a runtime that is recorded. Who asks is on
//! a thread and a runtime of its own.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::contenders::Recorded;

const CONNECTIONS: usize = 50;
const WARM_UP: Duration = Duration::from_millis(150);
const MEASURED: Duration = Duration::from_millis(500);

/// Requests a second, and the median and the 99th percentile of their nanoseconds.
pub fn measure(server: &Recorded) -> io::Result<[f64; 3]> {
    let listener = server.runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    let (accepts, serves) = (server.spawner(), server.spawner());
    let handle = server.runtime.handle().clone();
    let _entered = handle.enter();
    let accepting = accepts(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(serves(serve(stream)));
        }
    });
    let asking = std::thread::spawn(move || ask(address));
    let mut took = asking.join().expect("who asks ends")?;
    accepting.abort();
    took.sort_unstable();
    let at = |share: f64| f64::from(took[(took.len() as f64 * share) as usize]);
    Ok([took.len() as f64 / MEASURED.as_secs_f64(), at(0.5), at(0.99)])
}

async fn serve(mut stream: TcpStream) {
    let mut buffer = [0; 256];
    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
        if stream.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

/// How long each request took that was measured.
fn ask(address: std::net::SocketAddr) -> io::Result<Vec<u32>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (measuring, over) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let mut clients = Vec::new();
        for _ in 0..CONNECTIONS {
            let (measuring, over) = (Arc::clone(&measuring), Arc::clone(&over));
            clients.push(tokio::spawn(async move {
                let mut stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                let (mut took, mut answer) = (Vec::with_capacity(1 << 14), [0; 21]);
                while !over.load(Ordering::Relaxed) {
                    let start = Instant::now();
                    stream.write_all(b"hello echo benchmark!").await?;
                    stream.read_exact(&mut answer).await?;
                    if measuring.load(Ordering::Relaxed) {
                        took.push(start.elapsed().as_nanos() as u32);
                    }
                }
                io::Result::Ok(took)
            }));
        }
        tokio::time::sleep(WARM_UP).await;
        measuring.store(true, Ordering::Relaxed);
        tokio::time::sleep(MEASURED).await;
        over.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        for client in clients {
            all.extend(client.await.expect("it ends")?);
        }
        Ok(all)
    })
}
