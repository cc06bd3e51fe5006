//! The columns of each table.
//!
//! They follow from what the format states of a kind: a field that it gets later is a column that comes later, and none is ever renamed.

use spanwright_recording::FieldType;
use spanwright_recording::event::{KINDS, KindSpec};

/// The version of the schema, in each file's metadata.
pub(super) const VERSION: &str = "1";

/// What is in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The number of the recording.
    Recording,
    /// The time, of what took a while its end.
    At,
    /// When it began.
    Start,
    Thread,
    ThreadName,
    /// The field at this place.
    Field(usize),
    /// What is known of the task that is the field at this place.
    TaskName(usize),
    TaskPlace(usize),
}

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Time,
    Signed,
    Unsigned,
    Float,
    Bool,
    Text,
    UnsignedList,
    TextList,
}

impl Type {
    /// As Parquet's schema language has it, with its logical type behind the name.
    fn parts(self) -> (&'static str, &'static str) {
        match self {
            Self::Time => ("int64", " (TIMESTAMP(NANOS,true))"),
            Self::Signed => ("int64", " (INTEGER(64,true))"),
            Self::Unsigned | Self::UnsignedList => ("int64", " (INTEGER(64,false))"),
            Self::Float => ("double", ""),
            Self::Bool => ("boolean", ""),
            Self::Text | Self::TextList => ("binary", " (STRING)"),
        }
    }

    pub(super) fn is_list(self) -> bool {
        matches!(self, Self::UnsignedList | Self::TextList)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) ty: Type,
    /// Whether it may hold nothing.
    pub(super) optional: bool,
    pub(super) source: Source,
}

/// The kind of this name, if it is one that this version knows.
pub(super) fn kind(name: &str) -> Option<&'static KindSpec> {
    KINDS.iter().find(|kind| kind.name == name)
}

pub(super) fn columns(kind: &KindSpec) -> Vec<Column> {
    let column = |name: &str, ty, optional, source| Column { name: name.to_owned(), ty, optional, source };
    let mut columns = vec![
        column("recording", Type::Text, false, Source::Recording),
        // `at` is a word of some dialects of SQL.
        column("time", Type::Time, false, Source::At),
    ];
    if kind.fields.iter().any(|field| field.name == "duration") {
        columns.push(column("start", Type::Time, false, Source::Start));
    }
    columns.push(column("thread", Type::Unsigned, false, Source::Thread));
    columns.push(column("thread_name", Type::Text, true, Source::ThreadName));
    for (place, field) in kind.fields.iter().enumerate() {
        let (ty, optional, ending) = stored(field.ty);
        columns.push(column(&format!("{}{ending}", field.name), ty, optional, Source::Field(place)));
    }
    // A task's spawn says itself what it is.
    let says_itself = matches!(kind.name, "task_spawn" | "blocking_spawn");
    if let (Some(place), false) = (kind.fields.iter().position(|field| field.name == "task"), says_itself) {
        columns.push(column("task_name", Type::Text, true, Source::TaskName(place)));
        columns.push(column("task_place", Type::Text, true, Source::TaskPlace(place)));
    }
    columns
}

/// How a field's type is stored, whether it may hold nothing, and what its column's name ends with.
fn stored(ty: FieldType) -> (Type, bool, &'static str) {
    match ty {
        FieldType::Uint => (Type::Unsigned, false, ""),
        FieldType::OptionalUint => (Type::Unsigned, true, ""),
        FieldType::Int => (Type::Signed, false, ""),
        FieldType::Float => (Type::Float, false, ""),
        FieldType::Bool => (Type::Bool, false, ""),
        FieldType::Duration => (Type::Signed, false, "_ns"),
        FieldType::OptionalDuration => (Type::Signed, true, "_ns"),
        FieldType::Task | FieldType::Woken => (Type::Signed, false, ""),
        FieldType::OptionalTask => (Type::Signed, true, ""),
        FieldType::Span | FieldType::Trace | FieldType::Choice => (Type::Text, false, ""),
        FieldType::Uints => (Type::UnsignedList, false, ""),
        FieldType::Texts => (Type::TextList, false, ""),
        // Empty ones hold nothing; fields and links are JSON.
        _ => (Type::Text, true, ""),
    }
}

/// A table in Parquet's schema language.
pub(super) fn message(kind: &KindSpec, columns: &[Column]) -> String {
    let mut out = format!("message {} {{\n", kind.name);
    for Column { name, ty, optional, .. } in columns {
        let (physical, logical) = ty.parts();
        out.push_str(&if ty.is_list() {
            format!(
                "  required group {name} (LIST) {{ repeated group list {{ required {physical} element{logical}; }} }}\n"
            )
        } else {
            let repetition = if *optional { "optional" } else { "required" };
            format!("  {repetition} {physical} {name}{logical};\n")
        });
    }
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(column: &Column) -> String {
        let ty = match column.ty {
            Type::Time => "timestamp",
            Type::Signed => "int64",
            Type::Unsigned => "uint64",
            Type::Float => "double",
            Type::Bool => "boolean",
            Type::Text => "text",
            Type::UnsignedList => "list of uint64",
            Type::TextList => "list of text",
        };
        format!("`{}` {ty}{}", column.name, if column.optional { "?" } else { "" })
    }

    /// `SPANWRIGHT_BLESS=1` writes it.
    #[test]
    fn the_page_has_the_columns_of_all_tables() {
        const BEGIN: &str = "<!-- tables -->\n";
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/parquet.md");
        let page = std::fs::read_to_string(path).expect("the page is there");
        let mut tables = "| Table | Columns |\n| --- | --- |\n".to_owned();
        for kind in KINDS {
            let columns: Vec<_> = columns(kind).iter().map(shown).collect();
            tables.push_str(&format!("| `{}` | {} |\n", kind.name, columns.join("; ")));
        }
        let (before, rest) = page.split_once(BEGIN).expect("the table is marked");
        let (_, after) = rest.split_once("<!-- end -->").expect("the table's end is marked");
        let right = format!("{before}{BEGIN}{tables}<!-- end -->{after}");
        if std::env::var_os("SPANWRIGHT_BLESS").is_some() {
            std::fs::write(path, &right).expect("the page can be written");
        }
        assert!(page == right, "docs/parquet.md is not as the code has it; see it with SPANWRIGHT_BLESS=1");
    }
}
