//! What is run, so many times.

use std::future::poll_fn;
use std::task::Poll;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::contenders::Recorded;

/// Something that a runtime does.
pub struct Load {
    pub name: &'static str,
    pub count: u64,
    pub run: fn(&Recorded, u64),
}

pub static LOADS: &[Load] = &[
    Load {
        name: "A poll that does nothing, of a task that wakes itself",
        count: 5_000,
        run: |recorded, count| polls(recorded, count, 0),
    },
    Load {
        name: "A poll with a body of some 75 ns, of a task that wakes itself",
        count: 5_000,
        run: |recorded, count| polls(recorded, count, BODY),
    },
    Load {
        name: "A poll after which the worker looks at its driver (`yield_now`)",
        count: 2_000,
        run: yields,
    },
    Load { name: "A channel's round trip between two tasks", count: 4_000, run: round_trips },
    Load { name: "A round trip over TCP, each with parks", count: 500, run: echo },
];

/// Something without a runtime, so many times.
pub struct Floor {
    pub name: &'static str,
    pub run: fn(u64),
}

/// What a recorder cannot do without, and what it does on the thread that polls: the same for all, whoever records.
pub static FLOORS: &[Floor] = &[
    Floor { name: "a body of some 75 ns", run: bodies },
    Floor { name: "with two readings of the clock", run: clocks },
    Floor { name: "with a poll's two hooks", run: hooks },
];

/// Steps of a body of some 75 ns.
const BODY: u32 = 44;

/// Each step waits for the one before, in registers: it costs the same whatever is around it.
#[inline(always)]
fn body(seed: u64, steps: u32) -> u64 {
    let mut number = seed | 1;
    for _ in 0..steps {
        number ^= number << 13;
        number ^= number >> 7;
        number ^= number << 17;
    }
    number
}

fn bodies(count: u64) {
    let mut number = 1;
    for _ in 0..count {
        number = std::hint::black_box(body(number, BODY));
    }
}

fn clocks(count: u64) {
    let mut number = 1;
    for _ in 0..count {
        std::hint::black_box(spanwright_core::clock::now());
        number = std::hint::black_box(body(number, BODY));
        std::hint::black_box(spanwright_core::clock::now());
    }
}

fn hooks(count: u64) {
    use spanwright_core::{clock::Ticks, events};
    let mut number = 1;
    for task in 1..=count {
        let _ = events::begin_poll(task, Ticks(0));
        number = std::hint::black_box(body(number, BODY));
        let _ = events::end_poll();
    }
}

/// The worker has its next task at once.
pub fn polls(recorded: &Recorded, count: u64, steps: u32) {
    let spawn = recorded.spawner();
    recorded.runtime.block_on(async move {
        let (mut left, mut number) = (count, 1);
        let task = spawn(poll_fn(move |context| {
            number = std::hint::black_box(body(number, steps));
            if left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            context.waker().wake_by_ref();
            Poll::Pending
        }));
        task.await.expect("it ends");
    });
}

fn yields(recorded: &Recorded, count: u64) {
    let spawn = recorded.spawner();
    recorded.runtime.block_on(async move {
        let task = spawn(async move {
            for _ in 0..count {
                tokio::task::yield_now().await;
            }
        });
        task.await.expect("it ends");
    });
}

pub fn round_trips(recorded: &Recorded, count: u64) {
    let (there, mut from_here) = mpsc::channel::<u64>(1);
    let (back, mut from_there) = mpsc::channel::<u64>(1);
    let (answers, asks) = (recorded.spawner(), recorded.spawner());
    recorded.runtime.block_on(async move {
        let answers = answers(async move {
            while let Some(number) = from_here.recv().await {
                back.send(number + 1).await.expect("somebody asks");
            }
        });
        let asks = asks(async move {
            for number in 0..count {
                there.send(number).await.expect("somebody answers");
                from_there.recv().await.expect("an answer");
            }
        });
        asks.await.expect("it ends");
        answers.await.expect("it ends");
    });
}

pub fn echo(recorded: &Recorded, count: u64) {
    let (serves, asks) = (recorded.spawner(), recorded.spawner());
    recorded.runtime.block_on(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let serves = serves(async move {
            let (mut stream, _) = listener.accept().await.expect("somebody asks");
            let mut buffer = [0; 256];
            while let Ok(length @ 1..) = stream.read(&mut buffer).await {
                stream.write_all(&buffer[..length]).await.expect("somebody listens");
            }
        });
        let asks = asks(async move {
            let mut stream = TcpStream::connect(address).await.expect("somebody serves");
            stream.set_nodelay(true).expect("a socket");
            let mut answer = [0; 21];
            for _ in 0..count {
                stream.write_all(b"hello echo benchmark!").await.expect("somebody serves");
                stream.read_exact(&mut answer).await.expect("an answer");
            }
        });
        asks.await.expect("it ends");
        serves.await.expect("it ends");
    });
}
