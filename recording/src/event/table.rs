//! What makes a kind of a struct: its schema, its writing and its reading, all from one declaration.

/// A field through the wrapper that writes it, where it has one.
macro_rules! via {
    (put $value:expr, $out:expr;) => {
        Wire::put(&$value, $out)
    };
    (put $value:expr, $out:expr; $wire:ident) => {
        Wire::put(&$wire($value), $out)
    };
    (get $input:expr;) => {
        Wire::get($input)?
    };
    (get $input:expr; $wire:ident) => {
        $wire::get($input)?.0
    };
    (some $draw:expr;) => {
        Wire::some($draw)
    };
    (some $draw:expr; $wire:ident) => {
        $wire::some($draw).0
    };
    (spec $name:expr, $type:ty;) => {
        FieldSpec { name: $name, ty: <$type as Wire>::TYPE, choices: <$type as Wire>::CHOICES }
    };
    (spec $name:expr, $type:ty; $wire:ident) => {
        FieldSpec { name: $name, ty: <$wire as Wire>::TYPE, choices: &[] }
    };
    (held $type:ty;) => { $type };
    (held $type:ty; $box:ident) => { $box<$type> };
    (hold $event:expr;) => { $event };
    (hold $event:expr; $box:ident) => { $box::new($event) };
    (time at) => {
        Time::At
    };
    (time $duration:ident) => {
        Time::Start
    };
    (duration $of:expr, at) => {
        None
    };
    (duration $of:expr, $duration:ident) => {
        Some($of.$duration)
    };
}

macro_rules! kinds {
    ($(
        $(#[$meta:meta])*
        $code:literal $kind:literal by $time:ident:
        $name:ident $(<$lt:lifetime>)? $(in $box:ident)? {
            $($(#[$doc:meta])* $field:ident: $type:ty $(as $wire:ident)?,)*
        }
    )*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Debug, Default, PartialEq)]
            pub struct $name $(<$lt>)? {
                $($(#[$doc])* pub $field: $type,)*
            }

            impl $(<$lt>)? Kind for $name $(<$lt>)? {
                #[inline]
                fn code(&self) -> u8 {
                    $code
                }

                #[inline]
                fn fused(&self) -> Option<Nanos> {
                    via!(duration self, $time)
                }

                #[inline]
                fn put(&self, columns: &mut [Vec<u8>], bits: &mut BitsOut, state: &mut State) {
                    let mut columns = columns.iter_mut();
                    $(if let Some(column) = columns.next() {
                        let out = &mut Out { column, bits: &mut *bits, state: &mut *state };
                        via!(put self.$field, out; $($wire)?);
                    })*
                }

                #[inline]
                fn note(&self, noted: &mut Noted<'_>) {
                    Note::say(self, noted);
                }
            }

            impl $(<$lt>)? sealed::Sealed for $name $(<$lt>)? {}

            impl<'a> From<$name $(<$lt>)?> for Event<'a> {
                fn from(event: $name $(<$lt>)?) -> Self {
                    Self::$name(via!(hold event; $($box)?))
                }
            }
        )*

        /// What has happened.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Event<'a> {
            $($(#[$meta])* $name(via!(held $name $(<$lt>)?; $($box)?)),)*
            /// Something that this version does not know: another one has written it.
            Other(Other<'a>),
        }

        /// All kinds that this version writes, in the order of their codes.
        pub const KINDS: &[KindSpec] = Event::<'static>::TABLE;

        impl Kind for Event<'_> {
            /// 0 for one that this version does not know.
            fn code(&self) -> u8 {
                match self { $(Self::$name(_) => $code,)* Self::Other(_) => 0 }
            }

            fn fused(&self) -> Option<Nanos> {
                match self { $(Self::$name(event) => event.fused(),)* Self::Other(_) => None }
            }

            fn put(&self, columns: &mut [Vec<u8>], bits: &mut BitsOut, state: &mut State) {
                match self { $(Self::$name(event) => event.put(columns, bits, state),)* Self::Other(_) => {} }
            }

            fn note(&self, noted: &mut Noted<'_>) {
                match self { $(Self::$name(event) => event.note(noted),)* Self::Other(_) => {} }
            }
        }

        impl<'a> Event<'a> {
            const TABLE: &'static [KindSpec] = &[$(KindSpec {
                code: $code,
                name: $kind,
                time: via!(time $time),
                fields: &[$(via!(spec stringify!($field), $type; $($wire)?)),*],
            }),*];

            /// The name of its kind.
            pub fn kind(&self) -> &str {
                match self { $(Self::$name(_) => $kind,)* Self::Other(other) => &other.kind }
            }

            /// Its fields with their names, in the order of the specification.
            pub fn fields(&self) -> Vec<(&str, Value<'_>)> {
                match self {
                    $(Self::$name(event) => vec![$((stringify!($field), Wire::value(&event.$field))),*],)*
                    Self::Other(other) => other.shown(),
                }
            }

            /// An event of which nothing is known but its kind.
            pub(crate) fn blank(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$name(Default::default())),)* _ => None }
            }

            /// Reads the field of this number.
            pub(crate) fn set(&mut self, index: usize, input: &mut In<'_, '_>) -> Result<(), Malformed> {
                match self {
                    $(Self::$name(event) => {
                        let mut fields = 0..;
                        $(if fields.next() == Some(index) {
                            event.$field = via!(get input; $($wire)?);
                        })*
                    })*
                    Self::Other(_) => {}
                }
                Ok(())
            }

            /// Some event of a kind, by the numbers that are drawn.
            #[cfg(test)]
            pub(crate) fn some(code: u8, draw: &mut dyn FnMut() -> u64) -> Self {
                match code {
                    $($code => $name { $($field: via!(some draw; $($wire)?)),* }.into(),)*
                    _ => unreachable!("no kind has this code"),
                }
            }
        }
    };
}
