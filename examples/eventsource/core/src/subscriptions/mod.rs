//! Subscriptions: a handler gets all events in their order, first those of the past from the store, then live ones from the bus.
//!
//! | Type | Does |
//! | --- | --- |
//! | [`SubscriptionManager`] | is what programs use |
//! | [`SubscriptionLifecycleManager`] | starts and stops all subscriptions |
//! | [`TransitionCoordinator`] | takes one from the past to live events |
//! | [`CatchUpRunner`] | delivers events of the store |
//! | [`LiveRunner`] | delivers events of the bus |
//! | [`PauseResumeController`] | has one wait, and go on |
//!
//! The store decides what comes when: what arrives from the bus out of order, twice or not at all is made good for from there. So
//! an event is delivered at least once, and in the order of positions.

mod catchup;
mod lifecycle;
mod live;
mod manager;
mod metrics;
mod pause_resume;
mod state;
mod subscription;
mod transition;

pub use catchup::CatchUpRunner;
pub use lifecycle::SubscriptionLifecycleManager;
pub use live::LiveRunner;
pub use manager::SubscriptionManager;
pub use metrics::{MetricSnapshot, SubscriptionMetrics, get_metrics};
pub use pause_resume::PauseResumeController;
pub use state::SubscriptionState;
pub use subscription::{Subscription, SubscriptionConfig};
pub use transition::{Phase, TransitionCoordinator};
