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
        scaled(self.0.saturating_sub(earlier.0), scale())
    }
}

/// The counter and the system's clock at the same moment. Taken for each batch of spans, so that wall times follow the
/// system's clock wherever it goes.
#[derive(Clone, Copy, Debug)]
pub struct Wall {
    ticks: Ticks,
    unix_nanos: u64,
}

impl Wall {
    /// The clocks now.
    #[must_use]
    pub fn now() -> Self {
        let (ticks, unix) = together(SystemTime::now);
        let unix = unix.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self { ticks, unix_nanos: unix.as_nanos() as u64 }
    }

    /// The clocks at a moment that is known.
    #[must_use]
    pub fn at(ticks: Ticks, unix_nanos: u64) -> Self {
        Self { ticks, unix_nanos }
    }

    /// The counter, and nanoseconds since the Unix epoch at the same moment.
    #[must_use]
    pub fn pair(&self) -> (Ticks, u64) {
        (self.ticks, self.unix_nanos)
    }

    /// Nanoseconds since the Unix epoch at `ticks`.
    #[must_use]
    pub fn unix_nanos(&self, ticks: Ticks) -> u64 {
        if ticks >= self.ticks {
            self.unix_nanos.saturating_add(ticks.nanos_since(self.ticks))
        } else {
            self.unix_nanos.saturating_sub(self.ticks.nanos_since(ticks))
        }
    }

    /// The counter at a time in nanoseconds since the Unix epoch. What was before the counter's zero, usually the
    /// system's start, is at its zero.
    #[must_use]
    pub fn ticks(&self, unix_nanos: u64) -> Ticks {
        let distance = unscaled(unix_nanos.abs_diff(self.unix_nanos), scale());
        Ticks(if unix_nanos >= self.unix_nanos {
            self.ticks.0.saturating_add(distance)
        } else {
            self.ticks.0.saturating_sub(distance)
        })
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

/// Nanoseconds per tick, as a fixed-point number with 32 binary places, as far as it is known now; zero where nothing is yet.
#[must_use]
pub fn rate() -> u64 {
    SCALE.load(Ordering::Relaxed)
}

/// Ticks of another process, whose clock was at `pair` when it was at that time, as nanoseconds since the Unix epoch.
#[must_use]
pub fn unix_nanos_at(ticks: Ticks, pair: (Ticks, u64), rate: u64) -> u64 {
    let distance = scaled(ticks.0.abs_diff(pair.0.0), rate);
    if ticks >= pair.0 { pair.1.saturating_add(distance) } else { pair.1.saturating_sub(distance) }
}

/// Sharpens the rate, where enough time has passed since the first use; to be called now and then, by whoever reads
/// values or exports spans.
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

/// The counter and the monotonic clock at the first use.
struct Anchor {
    ticks: Ticks,
    instant: Instant,
}

fn anchor() -> &'static Anchor {
    static ANCHOR: OnceLock<Anchor> = OnceLock::new();
    ANCHOR.get_or_init(|| {
        let (ticks, instant) = together(Instant::now);
        Anchor { ticks, instant }
    })
}

/// The counter and another clock at the same moment: the closest of five readings, so that being suspended in between
/// does no harm.
fn together<T>(clock: impl Fn() -> T) -> (Ticks, T) {
    // Before the first reading, which must not come back here.
    detect();
    let read = || {
        let (before, time, after) = (now(), clock(), now());
        let gap = after.0.saturating_sub(before.0);
        (gap, Ticks(before.0 + gap / 2), time)
    };
    let closest = (0..4).map(|_| read()).fold(read(), |one, other| if other.0 < one.0 { other } else { one });
    (closest.1, closest.2)
}

#[inline]
fn scale() -> u64 {
    match SCALE.load(Ordering::Relaxed) {
        0 => calibrate(),
        scale => scale,
    }
}

fn scaled(ticks: u64, scale: u64) -> u64 {
    ((u128::from(ticks) * u128::from(scale)) >> 32) as u64
}

fn unscaled(nanos: u64, scale: u64) -> u64 {
    u64::try_from((u128::from(nanos) << 32) / u128::from(scale.max(1))).unwrap_or(u64::MAX)
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
        let (ticks, instant) = together(Instant::now);
        let elapsed = instant.duration_since(anchor.instant).as_nanos() as u64;
        let ticks = ticks.0.saturating_sub(anchor.ticks.0);
        let known = SCALE.load(Ordering::Relaxed);
        if ticks == 0 && known != 0 {
            // The counter has begun anew, as it may after a suspension: the rate is still the same.
            return known;
        }
        if elapsed >= LEAST_NANOS {
            let scale = ((u128::from(elapsed) << 32) / u128::from(ticks.max(1))) as u64;
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
        detect();
        // Taken here, so that the rate can be measured from the first use on.
        anchor();
        return now();
    }
    static START: OnceLock<Instant> = OnceLock::new();
    // One is added so that no reading is zero.
    Ticks(START.get_or_init(Instant::now).elapsed().as_nanos() as u64 + 1)
}

/// Looks whether the counter can be used.
fn detect() {
    #[cfg(target_arch = "x86_64")]
    if INVARIANT.load(Ordering::Relaxed) == UNKNOWN {
        INVARIANT.store(if has_invariant_tsc() { YES } else { NO }, Ordering::Relaxed);
    }
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
        assert!(Wall::now().unix_nanos(now()).abs_diff(system) < 1_000_000_000);
        let wall = Wall::now();
        assert_eq!(wall.unix_nanos(wall.ticks), wall.unix_nanos);
    }

    #[test]
    fn ticks_of_a_wall_time_lead_back_to_it() {
        let wall = Wall::now();
        for distance in [0, 1, 1_000, 1_000_000_000] {
            for time in [wall.unix_nanos - distance, wall.unix_nanos + distance] {
                let back = wall.unix_nanos(wall.ticks(time));
                assert!(back.abs_diff(time) <= 2 + distance / 1_000, "{time} {back}");
            }
        }
        assert_eq!(wall.ticks(0), Ticks(0));
    }

    /// In a process of its own: nothing else may have used the clock before.
    #[test]
    fn recalibrating_may_be_the_clocks_first_use() {
        let program = std::env::current_exe().unwrap();
        let first_use = ["--exact", "--ignored", "clock::tests::first_use_by_recalibration"];
        let mut child = std::process::Command::new(program).args(first_use).spawn().unwrap();
        let start = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if start.elapsed() > Duration::from_secs(20) {
                child.kill().unwrap();
                panic!("it hangs");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(child.wait().unwrap().success());
    }

    #[test]
    #[ignore = "a program for the test above"]
    fn first_use_by_recalibration() {
        recalibrate();
        assert!(now().nanos_since(now()) < 1_000_000_000);
    }

    #[test]
    fn time_never_runs_backwards_in_a_difference() {
        let early = now();
        assert_eq!(early.nanos_since(Ticks(early.0 + 1_000)), 0);
    }
}
