//! A bucket within the process, so that there is something to look at without a server.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::bucket::{Bucket, S3Error};

/// A bucket in memory, which fails when it is told to.
#[derive(Debug, Default)]
pub struct MemoryBucket {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<String, Vec<u8>>,
    /// What the next requests are answered with.
    failures: VecDeque<S3Error>,
    requests: u64,
    /// Every so many requests, one is told to slow down.
    slow_down_every: Option<u64>,
}

impl MemoryBucket {
    /// Answers the next requests with these errors.
    pub fn fail_next(&self, failures: impl IntoIterator<Item = S3Error>) {
        self.state(|state| state.failures.extend(failures));
    }

    /// Tells one of so many requests to slow down; none with 0.
    pub fn slow_down_every(&self, requests: u64) {
        self.state(|state| state.slow_down_every = (requests > 0).then_some(requests));
    }

    /// Changes what is stored, as a broken disk would.
    pub fn tamper(&self, key: &str, data: Vec<u8>) {
        self.state(|state| state.objects.insert(key.to_owned(), data));
    }

    fn state<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        with(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    fn answer(&mut self) -> Result<(), S3Error> {
        self.requests += 1;
        if let Some(failure) = self.failures.pop_front() {
            return Err(failure);
        }
        match self.slow_down_every {
            Some(every) if self.requests.is_multiple_of(every) => Err(S3Error::slow_down()),
            _ => Ok(()),
        }
    }
}

impl Bucket for MemoryBucket {
    fn put_object(&self, key: &str, data: &[u8]) -> Result<(), S3Error> {
        self.state(|state| {
            state.answer()?;
            state.objects.insert(key.to_owned(), data.to_owned());
            Ok(())
        })
    }

    fn get_object(&self, key: &str) -> Result<Vec<u8>, S3Error> {
        self.state(|state| {
            state.answer()?;
            state.objects.get(key).cloned().ok_or_else(S3Error::no_such_key)
        })
    }
}
