//! The one macro that `#[instrument]` expands to, twice: with the feature `telemetry`, and without.
//!
//! It is given, in groups: the mode, the callsite's constants, the labels' combination, the recording of fields, the
//! meaning of the returned value, the return type, and the function's own block, unparsed. Without the feature only the
//! block is left; what would have been recorded is looked at by the compiler, and then gone.
//!
//! A function whose body has `record!` in it comes with the name of a variable for the handle to its span, around its mode.
//! One that reports into metrics of the user's own comes with the making of that report, around its mode as well.
//! Where it is not a function's whole body but the future at its end, that is around all of them, and the groups that are
//! looked at without the feature are given to `before_future!` too.
//!
//! Where the block is not a closure's, its content goes into a block of the macro's: as a tail expression it would be
//! blamed for its own braces (`unused_braces`) in functions of one line, and in the arm of a `match` a returned closure
//! would not get its signature from `-> impl Fn(…)`.
//!
//! What a call comes to is returned by a `return` of the macro's, so that no lint asks the user for one at the attribute.

/// An annotated function's body, observed.
#[cfg(feature = "telemetry")]
#[doc(hidden)]
#[macro_export]
macro_rules! body {
    (sync $site:tt $labels:tt $record:tt { $($outcome:tt)* } { $($ret:tt)* } $body:tt) => {{
        // Used where it stays: moving it would cost more than a call that nobody listens to.
        let mut call = $crate::__private::Call::new();
        call.enter($crate::__site!($site), $crate::__labels!($labels), $crate::__record!($record));
        return call.run(move || -> $($ret)* $body, $($outcome)*);
    }};
    (guard $site:tt $labels:tt $record:tt $outcome:tt $ret:tt { $($body:tt)* }) => {{
        let mut guard = $crate::__private::CallGuard::new();
        guard.enter($crate::__site!($site), $crate::__labels!($labels), $crate::__record!($record));
        $($body)*
    }};
    ((async $($move:tt)?) $site:tt $labels:tt $record:tt { $($outcome:tt)* } { $($ret:tt)* } { $($body:tt)* }) => {{
        let returned = $crate::__private::follow(
            $crate::__private::Call::open(
                $crate::__site!($site), $crate::__labels!($labels), $crate::__record!($record)
            ),
            $crate::__future!([$($move)?] [$($ret)*] { $($body)* }),
            $($outcome)*
        ).await;
        // Of `!` it is never reached.
        #[allow(unreachable_code)]
        return returned;
    }};
    ((reported $report:tt sync) $site:tt $labels:tt $record:tt { $($outcome:tt)* } { $($ret:tt)* } $body:tt) => {{
        let mut call = $crate::__private::Call::new();
        call.enter($crate::__site!($site), $crate::__labels!($labels), $crate::__record!($record));
        let report = call.report($crate::__report!($report));
        return call.run_reported(report, move || -> $($ret)* $body, $($outcome)*);
    }};
    ((reported $report:tt guard) $site:tt $labels:tt $record:tt $outcome:tt $ret:tt { $($body:tt)* }) => {{
        let mut guard = $crate::__private::CallGuard::new();
        guard.enter($crate::__site!($site), $crate::__labels!($labels), $crate::__record!($record));
        let _report = guard.report($crate::__report!($report));
        $($body)*
    }};
    ((reported $report:tt (async $($move:tt)?)) $site:tt $labels:tt $record:tt { $($outcome:tt)* } { $($ret:tt)* }
        { $($body:tt)* }
    ) => {{
        // In a block: what is borrowed while the body waits is kept with it, though it has been moved.
        return ({
            let call = $crate::__private::Call::open(
                $crate::__site!($site), $crate::__labels!($labels), $crate::__record!($record)
            );
            let report = call.report($crate::__report!($report));
            $crate::__private::follow_reported(
                call,
                report,
                $crate::__future!([$($move)?] [$($ret)*] { $($body)* }),
                $($outcome)*
            )
        }).await;
    }};
    ((future $mode:tt) $($rest:tt)*) => { $crate::__private::body! { $mode $($rest)* } };
    ((recorded $span:ident $mode:tt) $site:tt $labels:tt $record:tt $outcome:tt $ret:tt { $($body:tt)* }) => {{
        let __site = $crate::__site!($site);
        let __outside = $crate::__private::Outside::of(__site);
        $crate::__private::body! { $mode (__site) $labels $record $outcome $ret {
            let __inside = __outside.inside();
            let $span = __inside.handle();
            $($body)*
        } }
    }};
}

/// Nothing: what a future that is observed evaluates is within it.
#[cfg(feature = "telemetry")]
#[doc(hidden)]
#[macro_export]
macro_rules! before_future {
    ($($unread:tt)*) => {};
}

/// The future of an annotated function's body.
#[cfg(feature = "telemetry")]
#[doc(hidden)]
#[macro_export]
macro_rules! __future {
    ([$($move:tt)?] [$($ret:tt)*] { $($body:tt)* }) => {
        async $($move)? {
            // Never runs: tells the compiler what `return` and `?` in the body come to.
            #[allow(clippy::diverging_sub_expression)]
            if false {
                return $crate::__private::fake::<$($ret)*>();
            }
            $($body)*
        }
    };
}

/// An annotated function's body, bare. What is not `async` calls [`bare`](crate::__private::bare), so that it could not be
/// `const` without telemetry either.
#[cfg(not(feature = "telemetry"))]
#[doc(hidden)]
#[macro_export]
macro_rules! body {
    ((future (recorded $span:ident $mode:tt)) $site:tt $labels:tt $record:tt $outcome:tt $ret:tt
        { $($body:tt)* }
    ) => {{
        let $span = $crate::__private::SpanHandle::none();
        $($body)*
    }};
    ((future $mode:tt) $site:tt $labels:tt $record:tt $outcome:tt $ret:tt { $($body:tt)* }) => {{
        $($body)*
    }};
    ((recorded $span:ident $mode:tt) $site:tt $labels:tt $record:tt $outcome:tt $ret:tt { $($body:tt)* }) => {
        $crate::__private::body! { $mode $site $labels $record $outcome $ret {
            let $span = $crate::__private::SpanHandle::none();
            $($body)*
        } }
    };
    ((reported { $($report:tt)* } $mode:tt) $site:tt $labels:tt $record:tt $outcome:tt $ret:tt { $($body:tt)* }) => {
        $crate::__private::body! { $mode $site $labels $record $outcome $ret {
            $crate::__unreported!({ $($report)* });
            $($body)*
        } }
    };
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

/// What stands before the future that a function returns: looked at there, it is not kept in the future.
#[cfg(not(feature = "telemetry"))]
#[doc(hidden)]
#[macro_export]
macro_rules! before_future {
    ($labels:tt $record:tt) => {
        $crate::__unread!($labels $record);
    };
    ($labels:tt $record:tt $report:tt) => {
        $crate::__unread!($labels $record);
        $crate::__unreported!($report);
    };
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

/// The same of what a call would have reported into.
#[cfg(not(feature = "telemetry"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __unreported {
    ($report:tt) => {
        if false {
            let _unreported = move || $crate::__private::unreported($crate::__report!($report));
            loop {}
        }
    };
}

/// Fills in fields of the span of the annotated function around it.
///
/// ```
/// use spanwright::{instrument, record};
///
/// #[instrument(record(order), fields(total = Empty, shop.status = Empty))]
/// fn charge(order: u64) -> u64 {
///     let total = order * 7;
///     record!(total = total, shop.status = %"charged");
///     total
/// }
/// # charge(7);
/// ```
///
/// The fields are those that the function's [`instrument`](macro@crate::instrument) declares, by `record` or `fields`: any
/// other is an error. One whose name is no path of identifiers is written as a string, `"odd-name" = value`. A field that
/// has a value already gets the new one.
///
/// A value is written as in `fields`: as it is, where it is a boolean, a number or text (see [`Record`](crate::Record)),
/// `%value` by `Display`, `?value` by `Debug`. It is evaluated once, and only where somebody listens, after sampling; it
/// can't use `?`, `return` or `.await`, so that whether somebody listens changes nothing else.
///
/// It is always the span of the function that `record!` is written in: also within closures and `async` blocks, while
/// other spans are entered, and from a task or a thread that the function has started. Once the function has ended,
/// nothing is recorded any more. A closure or a block that may outlive the function takes the way to its span along, and so
/// is `move`, as with any other variable. To a layer of `tracing` that has the function's span it is a `Span::record`.
///
/// # Errors
///
/// A function that is not annotated: the compiler then can't find `__the_instrumented_function_around_this_record`. So it
/// says too where the call is not spelled `record!` in the function's own body, but comes out of another macro, or
/// `record` has been renamed. A field that is not declared, two values of one field, a value that can't be recorded, such
/// as a [`Secret`](crate::Secret).
#[macro_export]
macro_rules! record {
    () => { ::core::compile_error!("`record!` records nothing here: write `record!(name = value)`") };
    ($($fields:tt)*) => { __the_instrumented_function_around_this_record! { $($fields)* } };
}

/// The callsite's `static`, and a reference to it; or the variable that has the reference.
#[doc(hidden)]
#[macro_export]
macro_rules! __site {
    (($site:ident)) => { $site };
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

/// The making of a report, evaluated where metrics are on.
#[doc(hidden)]
#[macro_export]
macro_rules! __report {
    ({ $($report:tt)* }) => { $($report)* };
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
    ($global:ident) => {
        $crate::__at_start!(GLOBALS, fn(), || {
            $crate::__private::global(&$global);
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
