//! Panics as triggers.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use spanwright_core::events;

use super::trigger::Trigger;

/// Where a panic ends the process, this is how long it waits for the recording.
const LAST: Duration = Duration::from_millis(500);

/// Watches panics from here on, of whatever recorder is there then. The hook that there was is called after ours; ours is set once.
pub(super) fn watch() {
    static SET: Mutex<bool> = Mutex::new(false);
    let mut set = SET.lock().unwrap_or_else(PoisonError::into_inner);
    // Who panics can't set a hook.
    if *set || std::thread::panicking() {
        return;
    }
    *set = true;
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tell(panic);
        before(panic);
    }));
}

fn tell(panic: &std::panic::PanicHookInfo<'_>) {
    if !events::is_on() || crate::Context::here().is_suppressed() {
        return;
    }
    let Some(shared) = super::current() else { return };
    let payload = panic.payload();
    let text = payload.downcast_ref::<&'static str>().copied();
    let text =
        text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("Box<dyn Any>");
    let mut trigger = Trigger::new("panic").with("message", text.to_owned());
    if let Some(place) = panic.location() {
        trigger = trigger.with("location", place.to_string());
    }
    (trigger.thread, trigger.task) = (events::thread_number(), events::current_task());
    shared.trigger(trigger);
    if cfg!(panic = "abort") {
        shared.flush(LAST);
    }
}
