//! The tables of FORMAT.md are those of the code. `SPANWRIGHT_BLESS=1` writes them.

use std::fmt::Write;

use spanwright_recording::event::{KINDS, Time};
use spanwright_recording::{
    FieldType, HEADER_BYTES, MARKER, MAX_EVENTS, MAX_PAYLOAD, MAX_RAW, TRAILER_BYTES, VERSION,
};

/// Lines of a table.
fn rows(rows: impl IntoIterator<Item = String>) -> String {
    rows.into_iter().fold(String::new(), |all, row| all + &row + "\n")
}

fn constants() -> String {
    let marker: Vec<String> = MARKER.iter().map(|byte| format!("{byte:02X}")).collect();
    rows([
        "| | |".to_owned(),
        "| --- | --- |".to_owned(),
        format!("| the version | {VERSION} |"),
        format!("| the marker | {} |", marker.join(" ")),
        format!("| bytes of a header | {HEADER_BYTES} |"),
        format!("| bytes of a trailer | {TRAILER_BYTES} |"),
        format!("| most bytes of a payload | {MAX_PAYLOAD} |"),
        format!("| most bytes of an unpacked packed part | {MAX_RAW} |"),
        format!("| most events of a block, repeated ones included | {MAX_EVENTS} |"),
    ])
}

fn types() -> String {
    let types = FieldType::ALL.iter().map(|ty| format!("| {} | `{}` |", ty.code(), ty.name()));
    rows(["| Code | Type |".to_owned(), "| ---: | --- |".to_owned()].into_iter().chain(types))
}

fn kinds() -> String {
    let mut out = "| Code | Kind | Time | Fields |\n| ---: | --- | --- | --- |\n".to_owned();
    for kind in KINDS {
        let time = match kind.time {
            Time::At => "at",
            Time::Start => "start",
        };
        let fields: Vec<String> = kind
            .fields
            .iter()
            .map(|field| match field.choices {
                [] => format!("`{}` {}", field.name, field.ty.name()),
                choices => format!("`{}` {}: {}", field.name, field.ty.name(), choices.join(", ")),
            })
            .collect();
        writeln!(out, "| {} | `{}` | {time} | {} |", kind.code, kind.name, fields.join("; "))
            .expect("a string takes everything");
    }
    out
}

#[test]
fn the_tables_are_those_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/FORMAT.md");
    let page = std::fs::read_to_string(path).expect("the page is there");
    let mut right = page.clone();
    for (name, table) in [("constants", constants()), ("types", types()), ("kinds", kinds())] {
        let begin = format!("<!-- {name} -->\n");
        let from = right.find(&begin).expect("the page has the table's place") + begin.len();
        let length = right[from..].find("<!-- end -->").expect("the table has an end");
        right.replace_range(from..from + length, &table);
    }
    if std::env::var_os("SPANWRIGHT_BLESS").is_some() {
        std::fs::write(path, &right).expect("the page can be written");
        return;
    }
    assert!(page == right, "the page differs from the code");
}
