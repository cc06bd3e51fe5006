//! What runs. The comments name the lines that analyses are to find.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use spanwright::{instrument, spawn};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;

const MILLI: Duration = Duration::from_millis(1);

#[instrument] // the function that blocks
async fn reads_a_large_file() {
    sleep(5 * MILLI).await;
    // It takes a while.
    std::thread::sleep(300 * MILLI);
}

pub(super) async fn blocks() {
    let task = spawn(async { reads_a_large_file().await }); // the task that blocks
    for _ in 0..20 {
        spawn(sleep(MILLI)).await.unwrap();
    }
    task.await.unwrap();
}

pub(super) async fn leaks() {
    let mut subscribers = Vec::new();
    for _ in 0..300 {
        let (sender, mut messages) = mpsc::channel::<u32>(1);
        // Nobody ever sends, and nobody drops what could.
        subscribers.push(sender);
        drop(spawn(async move { while messages.recv().await.is_some() {} })); // the leak
        spawn(sleep(MILLI)).await.unwrap();
        sleep(8 * MILLI).await;
    }
    drop(subscribers.split_off(200));
}

async fn waits_for(receiver: oneshot::Receiver<()>, ready: oneshot::Sender<()>) {
    ready.send(()).unwrap();
    receiver.await.unwrap();
}

/// Who is woken last is polled next, by this worker and no other.
async fn wakes_and_blocks(sender: oneshot::Sender<()>) {
    sender.send(()).unwrap();
    std::thread::sleep(300 * MILLI);
}

pub(super) async fn starves() {
    for _ in 0..2 {
        let (sender, receiver) = oneshot::channel::<()>();
        let (ready, is_ready) = oneshot::channel::<()>();
        let waits = spawn(waits_for(receiver, ready)); // the task that starves
        is_ready.await.unwrap();
        sleep(20 * MILLI).await;
        let blocks = spawn(wakes_and_blocks(sender)); // what it starves by
        blocks.await.unwrap();
        waits.await.unwrap();
    }
}

/// Something that will be ready, and its only waker.
#[derive(Default)]
struct State {
    is_ready: bool,
    waker: Option<Waker>,
}

/// Looks whether it is ready, and does not ask to be woken.
struct ForgetsTheWaker(Arc<Mutex<State>>);

impl Future for ForgetsTheWaker {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<()> {
        if self.0.lock().unwrap().is_ready { Poll::Ready(()) } else { Poll::Pending }
    }
}

pub(super) async fn loses_its_waker() {
    let state = Arc::new(Mutex::new(State::default()));
    drop(spawn(ForgetsTheWaker(Arc::clone(&state)))); // the waker that is lost
    sleep(50 * MILLI).await;
    let made_ready = spawn(async move { state.lock().unwrap().is_ready = true });
    made_ready.await.unwrap();
    sleep(1500 * MILLI).await;
}

/// Looks first, and stores the waker then: what happens in between is missed.
struct StoresTheWakerTooLate {
    state: Arc<Mutex<State>>,
    /// What happens in between, if something does.
    in_between: Option<Box<dyn FnOnce() + Send>>,
}

impl Future for StoresTheWakerTooLate {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.state.lock().unwrap().is_ready {
            return Poll::Ready(());
        }
        if let Some(happens) = self.in_between.take() {
            happens();
        }
        self.state.lock().unwrap().waker = Some(context.waker().clone());
        Poll::Pending
    }
}

fn set_ready(state: &Mutex<State>) {
    let mut state = state.lock().unwrap();
    state.is_ready = true;
    state.waker.take().into_iter().for_each(Waker::wake);
}

pub(super) async fn misses_a_wake() {
    let mut kept = Vec::new();
    for round in 0..60 {
        let state = Arc::new(Mutex::new(State::default()));
        kept.push(Arc::clone(&state));
        let early = Arc::clone(&state);
        let in_between: Option<Box<dyn FnOnce() + Send>> = match round {
            30 => Some(Box::new(move || set_ready(&early))),
            _ => None,
        };
        let future = StoresTheWakerTooLate { state: Arc::clone(&state), in_between };
        let waits = spawn(future); // the wake-up that is missed
        sleep(MILLI).await;
        if round != 30 {
            spawn(async move { set_ready(&state) }).await.unwrap();
            waits.await.unwrap();
        }
    }
    // Much longer than others wait on a machine that is busy with something else.
    sleep(3000 * MILLI).await;
}

pub(super) async fn panics() {
    let task = spawn(async { panic!("on purpose") }); // the panic
    assert!(task.await.is_err());
}

async fn answers(mut stream: TcpStream) {
    let mut bytes = [0; 64];
    while let Ok(count @ 1..) = stream.read(&mut bytes).await {
        let echo = handles(&bytes[..count]).await;
        if stream.write_all(&echo).await.is_err() {
            return;
        }
    }
}

#[instrument]
async fn handles(bytes: &[u8]) -> Vec<u8> {
    let bytes = bytes.to_vec();
    spanwright::spawn_blocking(move || bytes).await.unwrap()
}

/// Clients come, talk for a while and go; one stays and says nothing.
pub(super) async fn echoes() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serves = spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(spawn(answers(stream)));
        }
    });
    let quiet = TcpStream::connect(address).await.unwrap();
    for _ in 0..6 {
        let mut clients = spanwright::JoinSet::new();
        for _ in 0..8 {
            clients.spawn(async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                let mut bytes = [0; 64];
                for round in 0..60u8 {
                    stream.write_all(&[round; 32]).await.unwrap();
                    assert_ne!(stream.read(&mut bytes).await.unwrap(), 0);
                    sleep(MILLI).await;
                }
            });
        }
        while clients.join_next().await.is_some() {}
    }
    sleep(1200 * MILLI).await;
    serves.abort();
    drop(quiet);
}
