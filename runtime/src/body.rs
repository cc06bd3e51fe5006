//! The one macro that `#[instrument]` expands to, twice: with the feature `telemetry`, and without.
//!
//! It is given, in groups: the mode, the callsite's constants, the labels' combination, the recording of fields, the
//! meaning of the returned value, the return type, and the function's own block, unparsed. Without the feature only the
//! block is left; what would have been recorded is looked at by the compiler, and then gone.
//!
//! Where the block is not a closure's, its content goes into a block of the macro's: as a tail expression it would be
//! blamed for its own braces (`unused_braces`) in functions of one line, and in the arm of a `match` a returned closure
//! would not get its signature from `-> impl Fn(…)`.

/// An annotated function's body, observed.
#[cfg(feature = "telemetry")]
#[doc(hidden)]
#[macro_export]
macro_rules! body {
    (sync $site:tt $labels:tt $record:tt { $($outcome:tt)* } { $($ret:tt)* } $body:tt) => {
        $crate::__private::Call::enter(
            $crate::__site!($site), $crate::__labels!($labels), $crate::__record!($record)
        ).run(move || -> $($ret)* $body, $($outcome)*)
    };
    (guard $site:tt $labels:tt $record:tt $outcome:tt $ret:tt { $($body:tt)* }) => {{
        let _guard = $crate::__private::Call::enter(
            $crate::__site!($site), $crate::__labels!($labels), $crate::__record!($record)
        ).guard();
        $($body)*
    }};
    ((async $($move:tt)?) $site:tt $labels:tt $record:tt { $($outcome:tt)* } { $($ret:tt)* } { $($body:tt)* }) => {
        $crate::__private::follow(
            $crate::__private::Call::open(
                $crate::__site!($site), $crate::__labels!($labels), $crate::__record!($record)
            ),
            async $($move)? {
                // Never runs: tells the compiler what `return` and `?` in the body come to.
                #[allow(clippy::diverging_sub_expression)]
                if false {
                    return $crate::__private::fake::<$($ret)*>();
                }
                $($body)*
            },
            $($outcome)*
        ).await
    };
}

/// An annotated function's body, bare. What is not `async` calls [`bare`](crate::__private::bare), so that it could not be
/// `const` without telemetry either.
#[cfg(not(feature = "telemetry"))]
#[doc(hidden)]
#[macro_export]
macro_rules! body {
    ((async $($move:tt)?) $site:tt $labels:tt $record:tt $outcome:tt $ret:tt { $($body:tt)* }) => {{
        $crate::__unread!($labels $record);
        $($body)*
    }};
    ($mode:tt $site:tt $labels:tt $record:tt $outcome:tt $ret:tt { $($body:tt)* }) => {{
        $crate::__private::bare();
        $crate::__unread!($labels $record);
        $($body)*
    }};
}

/// Nothing, but parameters that only the attribute uses are used, and what can't be recorded is an error.
///
/// All is moved into a closure, on a path that never returns: what is borrowed once may be kept in a future for longer.
#[cfg(not(feature = "telemetry"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __unread {
    ({} {}) => {
        ()
    };
    ($labels:tt $record:tt) => {
        if false {
            let _unread =
                move || $crate::__private::unread($crate::__labels!($labels), $crate::__record!($record));
            loop {}
        }
    };
}

/// The callsite's `static`, and a reference to it.
#[doc(hidden)]
#[macro_export]
macro_rules! __site {
    ({ $($spec:tt)* }) => {{
        static SITE: $crate::__private::Site =
            $crate::__private::Site::new(&$crate::__private::Spec { $($spec)* }, &SITE);
        $crate::__at_start!(SITES, &'static $crate::__private::Site, &SITE);
        &SITE
    }};
}

/// The combination of the labels' values, evaluated where metrics are on.
#[doc(hidden)]
#[macro_export]
macro_rules! __labels {
    ({}) => { || 0 };
    ({ $($labels:tt)+ }) => { || $($labels)+ };
}

/// The recording of fields, evaluated where somebody listens.
#[doc(hidden)]
#[macro_export]
macro_rules! __record {
    ({}) => { |_| {} };
    ({ $($record:tt)+ }) => { $($record)+ };
}

/// Registers a metrics struct's global instance when telemetry is installed.
#[doc(hidden)]
#[macro_export]
macro_rules! global_metrics {
    ($struct:ident) => {
        $crate::__at_start!(GLOBALS, fn(), || {
            $struct::global();
        });
    };
}

/// Puts a value into one of the slices that are known when the program starts.
#[cfg(all(
    feature = "telemetry",
    any(
        target_os = "linux",
        target_os = "android",
        target_os = "freebsd",
        target_os = "windows",
        target_vendor = "apple"
    )
))]
#[doc(hidden)]
#[macro_export]
macro_rules! __at_start {
    ($slice:ident, $type:ty, $value:expr) => {
        const _: () = {
            #[$crate::__private::linkme::distributed_slice($crate::__private::$slice)]
            #[linkme(crate = $crate::__private::linkme)]
            static ENTRY: $type = $value;
        };
    };
}

/// Elsewhere, callsites and metrics are known from their first use on.
#[cfg(not(all(
    feature = "telemetry",
    any(
        target_os = "linux",
        target_os = "android",
        target_os = "freebsd",
        target_os = "windows",
        target_vendor = "apple"
    )
)))]
#[doc(hidden)]
#[macro_export]
macro_rules! __at_start {
    ($slice:ident, $type:ty, $value:expr) => {};
}
