//! The one macro that `#[instrument]` expands to, twice: with the feature `telemetry`, and without.
//!
//! It is always given the same groups, some of them empty:
//! - the mode: how the body runs;
//! - `[]` the variable for the handle to the span, where the body has `record!` in it;
//! - `{}` the calls on the callsite by which `enabled`, `parent` and the like are decided anew for each call;
//! - `{}` the making of a report into metrics of the user's own;
//! - `{}` the callsite's constants, or `()` the variable that has the callsite;
//! - `{}` the labels' combination;
//! - `{}` the recording of fields;
//! - `{}` the meaning of the returned value;
//! - `{}` the return type;
//! - the function's own block, unparsed, behind a label.
//!
//! With the feature, first the callsite is decided, then the span's handle is made ready, and each leaves its group empty; then
//! the mode runs the body. Without it only the block is left; what would have been recorded is looked at by the compiler, and then gone.
//!
//! Where it is not a function's whole body but the future at its end, the mode is within `(future …)`, and the groups that
//! are looked at without the feature are given to `before_future!` too. A function that makes a future or a stream which is
//! to be followed comes with the function that runs the body and follows the value, in its mode.
//!
//! Where the block is not a closure's, it is the tail expression of a block of the macro's, with a label: without one it would
//! be blamed for its own braces (`unused_braces`) in functions of one line. Braces and label are the user's own, since they
//! decide by their edition whether the temporaries of the block's own tail expression are dropped before its variables.
//!
//! What a call comes to is returned by a `return` of the macro's, so that no lint asks the user for one at the attribute.

/// An annotated function's body, observed.
#[cfg(feature = "telemetry")]
#[doc(hidden)]
#[macro_export]
macro_rules! body {
    (sync [] {} {} $site:tt $labels:tt $record:tt { $($outcome:tt)* } { $($ret:tt)* } $label:lifetime $body:tt) => {{
        return $crate::__private::observe(
            $crate::__site!($site),
            // One closure, which starts the call itself: it is bare where nobody listens.
            move |start| -> $($ret)* {
                start.enter($crate::__labels!($labels), $crate::__record!($record));
                $label: $body
            },
            $($outcome)*
        );
    }};
    ((async $($move:tt)?) [] {} {} $site:tt $labels:tt $record:tt { $($outcome:tt)* } { $($ret:tt)* }
        $label:lifetime $body:tt
    ) => {{
        // Stays in the function's own future: nothing is moved where nobody listens.
        let mut call = $crate::__private::Call::new();
        call.open_in_place($crate::__site!($site), $crate::__labels!($labels), $crate::__record!($record));
        let returned = $crate::__private::follow_in_place(
            &mut call,
            $crate::__future!([$($move)?] [$($ret)*] $label $body),
            $($outcome)*
        ).await;
        // Of `!` it is never reached.
        #[allow(unreachable_code)]
        return returned;
    }};
    ((future $mode:tt) $($rest:tt)*) => { $crate::__private::body! { $mode $($rest)* } };
    ($mode:tt $span:tt { $($decided:tt)+ } {} $site:tt $($rest:tt)*) => {{
        let site = $crate::__site!($site) $($decided)+;
        $crate::__private::body! { $mode $span {} {} (site) $($rest)* }
    }};
    ($mode:tt $span:tt { $($decided:tt)+ } { $($report:tt)+ } $site:tt $($rest:tt)*) => {{
        let (site, gate) = $crate::__site!($site) $($decided)+ .gated();
        $crate::__private::body! { $mode $span {} { gate.reporting($($report)+) } (site) $($rest)* }
    }};
    ((made { $($follow:tt)* }) [$($span:ident)?] {} $report:tt
        $site:tt $labels:tt $record:tt { $($outcome:tt)* } $ret:tt $label:lifetime $body:tt
    ) => {{
        let __site = $crate::__site!($site);
        $(let $span = $crate::__private::Outside::of(&__site);)?
        let __call = $crate::__private::Call::open(__site, $crate::__labels!($labels), $crate::__record!($record));
        let __report = $crate::__report_of!(__call $report);
        $($follow)*(__call, __report, $crate::__making!([$($span)?] $ret $body), $($outcome)*)
    }};
    ($mode:tt [$span:ident] {} $report:tt $site:tt $labels:tt $record:tt $outcome:tt $ret:tt
        $label:lifetime $body:tt
    ) => {{
        let __site = $crate::__site!($site);
        let __outside = $crate::__private::Outside::of(&__site);
        $crate::__private::body! { $mode [] {} $report (__site) $labels $record $outcome $ret '_recorded {
            let __inside = __outside.inside();
            let $span = __inside.handle();
            $label: $body
        } }
    }};
    (guard [] {} $report:tt $site:tt $labels:tt $record:tt $outcome:tt $ret:tt $label:lifetime $body:tt) => {{
        let mut guard = $crate::__private::CallGuard::new();
        guard.enter($crate::__site!($site), $crate::__labels!($labels), $crate::__record!($record));
        let _report = $crate::__report_of!(guard $report);
        $label: $body
    }};
    (sync [] {} { $($report:tt)+ } $site:tt $labels:tt $record:tt { $($outcome:tt)* } { $($ret:tt)* }
        $label:lifetime $body:tt
    ) => {{
        let mut call = $crate::__private::Call::new();
        call.enter($crate::__site!($site), $crate::__labels!($labels), $crate::__record!($record));
        let report = call.report($($report)+);
        return call.run_reported(report, move || -> $($ret)* $body, $($outcome)*);
    }};
    ((async $($move:tt)?) [] {} { $($report:tt)+ } $site:tt $labels:tt $record:tt { $($outcome:tt)* } { $($ret:tt)* }
        $label:lifetime $body:tt
    ) => {{
        // In a block: what is borrowed while the body waits is kept with it, though it has been moved.
        return ({
            let call = $crate::__private::Call::open(
                $crate::__site!($site), $crate::__labels!($labels), $crate::__record!($record)
            );
            let report = call.report($($report)+);
            $crate::__private::follow_reported(
                call,
                report,
                $crate::__future!([$($move)?] [$($ret)*] $label $body),
                $($outcome)*
            )
        }).await;
    }};
}

/// The report of a call, or nothing.
#[cfg(feature = "telemetry")]
#[doc(hidden)]
#[macro_export]
macro_rules! __report_of {
    ($call:ident {}) => {
        ()
    };
    ($call:ident { $($report:tt)+ }) => {
        $call.report($($report)+)
    };
}

/// What makes a future or a stream. With `record!` in it, it knows the call's span from before and within the call.
#[cfg(feature = "telemetry")]
#[doc(hidden)]
#[macro_export]
macro_rules! __making {
    ([] { $($ret:tt)* } $body:tt) => { move || -> $($ret)* $body };
    ([$span:ident] { $($ret:tt)* } $body:tt) => {
        || {
            let __inside = $span.inside();
            let $span = __inside.handle();
            $crate::__private::keeping(__inside, move || -> $($ret)* $body)
        }
    };
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
    ([$($move:tt)?] [$($ret:tt)*] $label:lifetime $body:tt) => {
        async $($move)? {
            // Never runs: tells the compiler what `return` and `?` in the body come to.
            #[allow(clippy::diverging_sub_expression)]
            if false {
                return $crate::__private::fake::<$($ret)*>();
            }
            $label: $body
        }
    };
}

/// An annotated function's body, bare. What is not `async` calls [`bare`](crate::__private::bare), so that it could not be
/// `const` without telemetry either.
#[cfg(not(feature = "telemetry"))]
#[doc(hidden)]
#[macro_export]
macro_rules! body {
    ((future $mode:tt) [$($span:ident)?] $decided:tt $report:tt $site:tt $labels:tt $record:tt $outcome:tt $ret:tt
        $label:lifetime $body:tt
    ) => {{
        $(let $span = $crate::__private::SpanHandle::none();)?
        $label: $body
    }};
    ((async $($move:tt)?) [$($span:ident)?] $decided:tt $report:tt $site:tt $labels:tt $record:tt $outcome:tt $ret:tt
        $label:lifetime $body:tt
    ) => {{
        $crate::__unread!($decided $report $labels $record);
        $(let $span = $crate::__private::SpanHandle::none();)?
        $label: $body
    }};
    ($mode:tt [$($span:ident)?] $decided:tt $report:tt $site:tt $labels:tt $record:tt $outcome:tt $ret:tt
        $label:lifetime $body:tt
    ) => {{
        $crate::__private::bare();
        $crate::__unread!($decided $report $labels $record);
        $(let $span = $crate::__private::SpanHandle::none();)?
        $label: $body
    }};
}

/// What stands before the future that a function returns: looked at there, it is not kept in the future.
#[cfg(not(feature = "telemetry"))]
#[doc(hidden)]
#[macro_export]
macro_rules! before_future {
    ($($unread:tt)*) => {
        $crate::__unread!($($unread)*);
    };
}

/// Nothing, but parameters that only the attribute uses are used, and what can't be recorded is an error.
///
/// Each group is moved into a closure, on a path that never returns: what is borrowed once may be kept in a future for longer.
#[cfg(not(feature = "telemetry"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __unread {
    ({} {} {} {}) => {
        ()
    };
    ({} {} $labels:tt $record:tt) => {
        if false {
            let _unread =
                move || $crate::__private::unread($crate::__labels!($labels), $crate::__record!($record));
            loop {}
        }
    };
    ({} { $($report:tt)+ } $labels:tt $record:tt) => {
        $crate::__unread!({} {} $labels $record);
        if false {
            let _unreported = move || $crate::__private::unreported($($report)+);
            loop {}
        }
    };
    ({ $($decided:tt)+ } $report:tt $labels:tt $record:tt) => {
        $crate::__unread!({} $report $labels $record);
        if false {
            let _unswitched = move || $crate::__private::unswitched() $($decided)+;
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
    // Behind the magic text, the version and the kind of the record, and before its end, as `core::catalog` has them.
    ({ [$($texts:tt)*] $($spec:tt)* }) => {{
        $crate::__at_start! { SITES
            static SITE: $crate::__private::Site = $crate::__private::Site::new(
                &$crate::__private::Spec { $($spec)* },
                ::core::concat!("\u{1}spanwright\u{1a}\r\n\u{2}\u{3}1\01\0", $($texts)* "\u{3}\0"),
                &SITE,
            );
        }
        &SITE
    }};
    // What is in it only the compiler knows.
    ({ $($spec:tt)* }) => {{
        const __SPEC: $crate::__private::Spec = $crate::__private::Spec { $($spec)* };
        $crate::__at_start! { SITES
            static SITE: $crate::__private::Site = $crate::__private::Site::new(
                &__SPEC,
                $crate::__private::span_record::<{ $crate::__private::span_length(&__SPEC) }>(&__SPEC).as_str(),
                &SITE,
            );
        }
        &SITE
    }};
}

/// The combination of the labels' values, evaluated where metrics are on.
#[doc(hidden)]
#[macro_export]
macro_rules! __labels {
    ({}) => { $crate::__private::unlabelled };
    ({ $($labels:tt)+ }) => { || $($labels)+ };
}

/// The recording of fields, evaluated where somebody listens.
#[doc(hidden)]
#[macro_export]
macro_rules! __record {
    ({}) => { $crate::__private::unrecorded };
    ({ $($record:tt)+ }) => { $($record)+ };
}

/// Puts a `static` into one of the slices that are known when the program starts.
///
/// This is what `linkme`'s own attribute expands to, but for its check of the type, which is known here: two fifths of the
/// time that an annotation takes to compile. It is not `linkme`'s public interface, and so its version is pinned.
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
    ($slice:ident $static:item) => {
        $crate::__private::$slice! {
            #![linkme_macro = $crate::__private::$slice]
            $static
        }
    };
}

/// Elsewhere, callsites and metrics are known from their first use on; in the binary they are described all the same.
#[cfg(all(
    feature = "telemetry",
    not(any(
        target_os = "linux",
        target_os = "android",
        target_os = "freebsd",
        target_os = "windows",
        target_vendor = "apple"
    ))
))]
#[doc(hidden)]
#[macro_export]
macro_rules! __at_start {
    ($slice:ident $static:item) => {
        #[used]
        $static
    };
}

/// Without telemetry there are neither.
#[cfg(not(feature = "telemetry"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __at_start {
    ($slice:ident $static:item) => {};
}
