//! What the macros accept, and what they say about what they don't: programs that compile, in `<macro>/pass`, and
//! programs that don't, in `<macro>/fail`, each beside what the compiler says. A file's name is the mistake.
//!
//! `TRYBUILD=overwrite cargo test -p spanwright-ui-tests --test fail` writes down what the compiler says now. Read it:
//! one mistake is one error, on its own token, with the remedy.
