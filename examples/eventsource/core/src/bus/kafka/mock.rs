//! The client's own mock of a cluster: a broker for programs that have none, and for tests.

use std::fmt;

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;

use super::failed;
use crate::EventSourceError;

/// Brokers in this process, on ports of loopback; other processes may use them too. They end with this, and what they have is in
/// memory alone.
pub struct MockKafka {
    cluster: MockCluster<'static, DefaultProducerContext>,
}

impl MockKafka {
    /// One broker.
    ///
    /// # Errors
    /// Where the client can't be made.
    pub fn start() -> Result<Self, EventSourceError> {
        Ok(Self { cluster: MockCluster::new(1).map_err(failed)? })
    }

    /// Where it is.
    #[must_use]
    pub fn bootstrap_servers(&self) -> String {
        self.cluster.bootstrap_servers()
    }

    /// Makes a topic of so many partitions. Otherwise one is made when it is first named, of four.
    ///
    /// # Errors
    /// Where there is such a topic.
    pub fn create_topic(&self, topic: &str, partitions: i32) -> Result<(), EventSourceError> {
        self.cluster.create_topic(topic, partitions, 1).map_err(failed)
    }

    /// Takes it down, with all its connections, or up again.
    ///
    /// # Errors
    /// Where the broker is gone for good.
    pub fn set_up(&self, is_up: bool) -> Result<(), EventSourceError> {
        let set = if is_up { self.cluster.broker_up(1) } else { self.cluster.broker_down(1) };
        set.map_err(failed)
    }
}

impl fmt::Debug for MockKafka {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MockKafka").field(&self.bootstrap_servers()).finish()
    }
}
