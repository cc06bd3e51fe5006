//! Who looks, and what is sent to them: server-sent events, the same bytes for all.
//!
//! Each client has a mailbox of [`MOST_WAITING`] events. Who lets it fill up is forgotten, which ends their stream: nobody waits for
//! them, and they may come again.

use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use tokio::sync::mpsc;

/// Clients at a time.
pub(crate) const MOST_CLIENTS: usize = 8;
/// Events that wait for a client.
const MOST_WAITING: usize = 32;
/// How long a browser waits until it comes again.
const RETRY: &str = "retry: 2000\n\n";

/// All who look.
#[derive(Debug, Default)]
pub(super) struct Hub(Mutex<Clients>);

#[derive(Debug, Default)]
struct Clients {
    known: Vec<mpsc::Sender<Bytes>>,
    /// They have nothing yet.
    new: Vec<mpsc::Sender<Bytes>>,
    /// Of the last event.
    id: u64,
    ended: bool,
}

impl Hub {
    fn clients(&self) -> MutexGuard<'_, Clients> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more who looks; nothing where there are as many as there may be, or all is over.
    pub(super) fn join(&self) -> Option<mpsc::Receiver<Bytes>> {
        let mut clients = self.clients();
        clients.forget_gone();
        if clients.ended || clients.known.len() + clients.new.len() >= MOST_CLIENTS {
            return None;
        }
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        clients.new.push(sender);
        Some(receiver)
    }

    /// Whether somebody looks.
    pub(super) fn is_watched(&self) -> bool {
        let mut clients = self.clients();
        clients.forget_gone();
        !(clients.known.is_empty() && clients.new.is_empty())
    }

    /// Ends all streams, and begins none any more.
    pub(super) fn end(&self) {
        *self.clients() = Clients { ended: true, ..Clients::default() };
    }

    /// Sends an event to all who have had the first ones.
    pub(super) fn send(&self, event: &str, json: &str) {
        let mut clients = self.clients();
        let frame = clients.frame(event, json);
        clients.known.retain(|client| client.try_send(frame.clone()).is_ok());
    }

    /// Sends first events to those who have come; `all` writes them.
    pub(super) fn welcome(&self, all: impl FnOnce() -> Vec<(&'static str, String)>) {
        let new = std::mem::take(&mut self.clients().new);
        if new.is_empty() {
            return;
        }
        let events = all();
        let mut clients = self.clients();
        let mut bytes = RETRY.to_owned();
        for (event, json) in events {
            clients.write(&mut bytes, event, &json);
        }
        let frame = Bytes::from(bytes);
        let welcomed = new.into_iter().filter(|client| client.try_send(frame.clone()).is_ok());
        let ended = clients.ended;
        clients.known.extend(welcomed.filter(|_| !ended));
    }
}

impl Clients {
    fn forget_gone(&mut self) {
        self.known.retain(|client| !client.is_closed());
        self.new.retain(|client| !client.is_closed());
    }

    fn frame(&mut self, event: &str, json: &str) -> Bytes {
        let mut text = String::with_capacity(json.len() + 64);
        self.write(&mut text, event, json);
        text.into()
    }

    /// Output: `id: 7`, `event: logs`, `data: {…}` and an empty line. JSON on one line has no line end.
    fn write(&mut self, out: &mut String, event: &str, json: &str) {
        self.id += 1;
        // A text takes whatever is written into it.
        let _ = write!(out, "id: {}\nevent: {event}\ndata: {json}\n\n", self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(receiver: &mut mpsc::Receiver<Bytes>) -> Option<String> {
        receiver.try_recv().ok().map(|bytes| String::from_utf8(bytes.into()).unwrap())
    }

    #[test]
    fn who_comes_gets_the_first_events_at_once_and_the_others_as_they_come() {
        let hub = Hub::default();
        let mut client = hub.join().unwrap();
        hub.send("logs", "{}");
        assert_eq!(text(&mut client), None, "nothing before the first ones");
        hub.welcome(|| vec![("hello", r#"{"a":1}"#.to_owned())]);
        hub.send("logs", "{}");
        assert_eq!(text(&mut client).unwrap(), "retry: 2000\n\nid: 2\nevent: hello\ndata: {\"a\":1}\n\n");
        assert_eq!(text(&mut client).unwrap(), "id: 3\nevent: logs\ndata: {}\n\n");
        hub.welcome(|| panic!("nobody has come"));
    }

    #[test]
    fn who_reads_nothing_is_forgotten_and_holds_up_nobody() {
        let hub = Hub::default();
        let (mut slow, mut quick) = (hub.join().unwrap(), hub.join().unwrap());
        hub.welcome(Vec::new);
        for _ in 0..2 * MOST_WAITING {
            hub.send("logs", "{}");
            while quick.try_recv().is_ok() {}
        }
        let mut had = 0;
        while text(&mut slow).is_some() {
            had += 1;
        }
        assert_eq!(had, MOST_WAITING);
        assert!(slow.is_closed() && !quick.is_closed());
    }

    #[test]
    fn there_are_places_for_so_many_and_those_of_who_has_left_are_free() {
        let hub = Hub::default();
        let mut clients: Vec<_> = (0..MOST_CLIENTS).map(|_| hub.join().unwrap()).collect();
        assert!(hub.join().is_none());
        clients.pop();
        assert!(hub.join().is_some());
        drop(clients);
        assert!(!hub.is_watched());
        hub.end();
        assert!(hub.join().is_none());
    }
}
