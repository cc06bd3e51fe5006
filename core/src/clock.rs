//! Time in ticks of the processor's counter, turned into nanoseconds when read.
//!
//! On x86-64 with an invariant time-stamp counter (CPUID 8000_0007h, EDX bit 8) and on AArch64 (`CNTVCT_EL0`)
//! a tick is the counter's; elsewhere it is a nanosecond of the system's monotonic clock. The counter's rate is
//! calibrated against the monotonic clock from the first use on: the first conversion waits until a millisecond
//! lies between, later ones sharpen the rate (to a tenth of a second, then to ten seconds) without waiting.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A reading of the counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticks(pub u64);

impl Ticks {
    /// Nanoseconds from `earlier` to here; zero where `earlier` is later.
    #[inline]
    #[must_use]
    pub fn nanos_since(self, earlier: Self) -> u64 {
        let scale = match SCALE.load(Ordering::Relaxed) {
            0 => calibrate(),
            scale => scale,
        };
        scaled(self.0.saturating_sub(earlier.0), scale)
    }

    /// Nanoseconds since the Unix epoch, by the system's clock as it stood at the first use.
    #[must_use]
    pub fn unix_nanos(self) -> u64 {
        let anchor = anchor();
        if self.0 >= anchor.ticks.0 {
            anchor.unix_nanos + self.nanos_since(anchor.ticks)
        } else {
            anchor.unix_nanos.saturating_sub(anchor.ticks.nanos_since(self))
        }
    }
}

/// Reads the counter.
#[inline(always)]
#[must_use]
pub fn now() -> Ticks {
    #[cfg(target_arch = "x86_64")]
    if INVARIANT.load(Ordering::Relaxed) == YES {
        // SAFETY: `rdtsc` is part of every x86-64 processor and touches no memory.
        return Ticks(unsafe { core::arch::x86_64::_rdtsc() });
    }
    #[cfg(all(target_arch = "aarch64", not(miri)))]
    {
        let ticks: u64;
        // SAFETY: the virtual counter is readable from user space on the targets std supports, and reading it
        // touches no memory.
        unsafe { core::arch::asm!("mrs {}, cntvct_el0", out(reg) ticks, options(nomem, nostack)) };
        return Ticks(ticks);
    }
    #[allow(unreachable_code, reason = "AArch64 returns above")]
    slow_now()
}

/// Sharpens the rate, where enough time has passed since the first use; to be called now and then.
pub fn recalibrate() {
    let measured_over = MEASURED_OVER.load(Ordering::Relaxed);
    let elapsed = anchor().instant.elapsed().as_nanos() as u64;
    if measured_over < 10_000_000_000 && elapsed > measured_over.saturating_mul(10) {
        calibrate();
    }
}

/// Nanoseconds per tick, as a fixed-point number with 32 binary places; zero before the first calibration.
static SCALE: AtomicU64 = AtomicU64::new(0);
/// The time over which `SCALE` was measured, in nanoseconds.
static MEASURED_OVER: AtomicU64 = AtomicU64::new(0);
const LEAST_NANOS: u64 = 1_000_000;

#[cfg(target_arch = "x86_64")]
static INVARIANT: AtomicU64 = AtomicU64::new(UNKNOWN);
#[cfg(target_arch = "x86_64")]
const UNKNOWN: u64 = 0;
#[cfg(target_arch = "x86_64")]
const YES: u64 = 1;
#[cfg(target_arch = "x86_64")]
const NO: u64 = 2;

/// The three clocks at the same moment.
struct Anchor {
    ticks: Ticks,
    instant: Instant,
    unix_nanos: u64,
}

fn anchor() -> &'static Anchor {
    static ANCHOR: OnceLock<Anchor> = OnceLock::new();
    ANCHOR.get_or_init(|| {
        let instant = Instant::now();
        let ticks = now();
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Anchor { ticks, instant, unix_nanos: unix.as_nanos() as u64 }
    })
}

fn scaled(ticks: u64, scale: u64) -> u64 {
    ((u128::from(ticks) * u128::from(scale)) >> 32) as u64
}

/// Measures the rate since the anchor, waiting out the first millisecond.
#[cold]
fn calibrate() -> u64 {
    let anchor = anchor();
    if is_system_clock() {
        SCALE.store(1 << 32, Ordering::Relaxed);
        return 1 << 32;
    }
    loop {
        let elapsed = anchor.instant.elapsed().as_nanos() as u64;
        let ticks = now().0.saturating_sub(anchor.ticks.0);
        if elapsed >= LEAST_NANOS && ticks > 0 {
            let scale = ((u128::from(elapsed) << 32) / u128::from(ticks)) as u64;
            MEASURED_OVER.store(elapsed, Ordering::Relaxed);
            SCALE.store(scale, Ordering::Relaxed);
            return scale;
        }
        std::hint::spin_loop();
    }
}

#[cfg(target_arch = "x86_64")]
fn is_system_clock() -> bool {
    INVARIANT.load(Ordering::Relaxed) != YES
}

#[cfg(not(target_arch = "x86_64"))]
fn is_system_clock() -> bool {
    cfg!(not(target_arch = "aarch64")) || cfg!(miri)
}

/// Where the counter can't be used, or nobody has looked yet.
#[cold]
fn slow_now() -> Ticks {
    #[cfg(target_arch = "x86_64")]
    if INVARIANT.load(Ordering::Relaxed) == UNKNOWN {
        INVARIANT.store(if has_invariant_tsc() { YES } else { NO }, Ordering::Relaxed);
        // The anchor is taken here, so that the rate can be measured from the first use on.
        anchor();
        return now();
    }
    static START: OnceLock<Instant> = OnceLock::new();
    // One is added so that no reading is zero.
    Ticks(START.get_or_init(Instant::now).elapsed().as_nanos() as u64 + 1)
}

#[cfg(target_arch = "x86_64")]
#[allow(unused_unsafe, reason = "`__cpuid` is safe from Rust 1.94 on")]
fn has_invariant_tsc() -> bool {
    use core::arch::x86_64::__cpuid;
    // SAFETY: CPUID is part of every x86-64 processor.
    unsafe { __cpuid(0x8000_0000).eax >= 0x8000_0007 && __cpuid(0x8000_0007).edx & (1 << 8) != 0 }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_is_measured_as_the_system_measures_it() {
        let (instant, start) = (Instant::now(), now());
        std::thread::sleep(Duration::from_millis(30));
        let (by_us, by_system) = (now().nanos_since(start), instant.elapsed().as_nanos() as u64);
        assert!(by_us.abs_diff(by_system) < by_system / 20, "{by_us} ns against {by_system} ns");
    }

    #[test]
    fn unix_time_follows_the_system_clock() {
        let system = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
        assert!(now().unix_nanos().abs_diff(system) < 1_000_000_000);
    }

    #[test]
    fn time_never_runs_backwards_in_a_difference() {
        let early = now();
        assert_eq!(early.nanos_since(Ticks(early.0 + 1_000)), 0);
    }
}
