//! Fields that are one of a few.

macro_rules! choices {
    ($(
        $(#[$meta:meta])*
        $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)* }
    )*) => {$(
        $(#[$meta])*
        ///
        /// In files it is a number, by the order here: new ones come last. One that is not known is read as the first.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            /// Not known.
            #[default]
            Unknown,
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            pub(crate) const NAMES: &'static [&'static str] = &["unknown", $($text),*];
            const ALL: &'static [Self] = &[Self::Unknown, $(Self::$variant),*];

            /// As it is called in files.
            pub const fn name(self) -> &'static str {
                Self::NAMES[self as usize]
            }

            pub(crate) fn from_index(index: u64) -> Self {
                usize::try_from(index).ok().and_then(|index| Self::ALL.get(index)).copied().unwrap_or_default()
            }
        }
    )*};
}

choices! {
    /// How a task was woken.
    WakeKind {
        /// By reference.
        ByRef = "by_ref",
        /// By value.
        ByValue = "by_value",
        /// By a timer.
        Timer = "timer",
        /// By the reactor.
        Io = "io",
    }
    /// How a task came to be.
    SpawnKind {
        /// On a runtime's workers.
        Async = "async",
        /// On one thread.
        Local = "local",
        /// On the blocking pool.
        Blocking = "blocking",
        /// It is the future that a thread blocks on.
        BlockOn = "block_on",
    }
    /// How a task ended.
    End {
        /// It finished.
        Completed = "completed",
        /// It was dropped before it finished.
        Cancelled = "cancelled",
        /// It panicked.
        Panicked = "panicked",
    }
    /// What kind of a span it is, as in OpenTelemetry.
    SpanKind {
        /// Within the process.
        Internal = "internal",
        /// It answers a request.
        Server = "server",
        /// It makes a request.
        Client = "client",
        /// It starts work that others do later.
        Producer = "producer",
        /// It does work that others started.
        Consumer = "consumer",
    }
    /// How a span ended.
    Status {
        /// Well.
        Ok = "ok",
        /// With an error.
        Error = "error",
        /// Its future was dropped before it finished.
        Cancelled = "cancelled",
        /// It panicked.
        Panicked = "panicked",
    }
    /// How serious a log event is.
    Level {
        /// The finest.
        Trace = "trace",
        /// For development.
        Debug = "debug",
        /// Worth knowing.
        Info = "info",
        /// Unusual.
        Warn = "warn",
        /// Failed.
        Error = "error",
    }
    /// Why something is missing.
    Why {
        /// The rings were full.
        Full = "full",
        /// The oldest was overwritten, as the flight recorder does.
        Recycled = "recycled",
        /// The process died while it was being written.
        Torn = "torn",
        /// Recording was off.
        Paused = "paused",
        /// The file could not be written.
        Unwritten = "unwritten",
    }
    /// What was open when the process died.
    Opened {
        /// A span.
        Span = "span",
        /// A poll of a task.
        Poll = "poll",
        /// A worker was parked.
        Park = "park",
        /// A call on the blocking pool.
        Blocking = "blocking",
    }
    /// What a thread is for.
    Role {
        /// A worker of a runtime.
        Worker = "worker",
        /// Of a runtime's blocking pool.
        Blocking = "blocking",
        /// The program's own.
        Other = "other",
    }
    /// The flavour of a runtime.
    Flavour {
        /// Several workers.
        MultiThread = "multi_thread",
        /// One thread.
        CurrentThread = "current_thread",
    }
    /// What of Tokio could be seen.
    Mode {
        /// By the stable hooks, and by futures of our own.
        Stable = "stable",
        /// Every task: built with `--cfg tokio_unstable`.
        Unstable = "unstable",
        /// There was no Tokio.
        Absent = "absent",
    }
}
