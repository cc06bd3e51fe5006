//! Which formats are spoken, in which order.

use std::sync::atomic::{AtomicU32, Ordering};

/// A way to say in headers what a trace is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    TraceContext = 1,
    Baggage,
    B3,
    B3Multi,
    Jaeger,
}

/// As many as there are, four bits each, the first one lowest; zero ends them. Publishes nothing but itself.
static FORMATS: AtomicU32 = AtomicU32::new(packed(&[Format::TraceContext, Format::Baggage]));

const fn packed(formats: &[Format]) -> u32 {
    let (mut all, mut at) = (0, 0);
    while at < formats.len() && at < 8 {
        all |= (formats[at] as u32) << (4 * at);
        at += 1;
    }
    all
}

/// Speaks these formats from now on.
#[cfg(feature = "telemetry")]
pub(crate) fn set_formats(formats: &[Format]) {
    FORMATS.store(packed(formats), Ordering::Relaxed);
}

/// The formats that are spoken.
pub(super) fn formats() -> impl Iterator<Item = Format> {
    let mut all = FORMATS.load(Ordering::Relaxed);
    std::iter::from_fn(move || {
        let format = match all & 0xf {
            1 => Format::TraceContext,
            2 => Format::Baggage,
            3 => Format::B3,
            4 => Format::B3Multi,
            5 => Format::Jaeger,
            _ => return None,
        };
        all >>= 4;
        Some(format)
    })
}
