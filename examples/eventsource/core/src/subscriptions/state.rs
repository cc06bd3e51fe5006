//! What a subscription is at.

use spanwright::Label;

/// What a subscription is at. The numbers are those of the gauge `subscription.state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Label)]
#[repr(u8)]
pub enum SubscriptionState {
    /// Subscription initializing
    Starting = 1,
    /// Processing historical events
    CatchingUp = 2,
    /// Processing real-time events
    Live = 3,
    /// Temporarily paused
    Paused = 4,
    /// Stopped
    Stopped = 5,
    /// Error state
    Error = 6,
}

impl SubscriptionState {
    /// All of them, by their numbers.
    pub const ALL: [Self; 6] =
        [Self::Starting, Self::CatchingUp, Self::Live, Self::Paused, Self::Stopped, Self::Error];

    /// As spans and logs have it: `catching_up`.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::VALUES[self.index() as usize]
    }

    /// As the gauge has it.
    #[must_use]
    pub const fn value(self) -> u8 {
        self as u8
    }
}
