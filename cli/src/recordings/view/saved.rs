//! The viewer with a recording within it.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

/// What is larger makes pages that browsers open slowly or not at all.
const MOST: u64 = 64 << 20;

/// The page with these recordings, and what was found in them.
pub(super) fn page(recordings: &[PathBuf], analysis: &str) -> Result<String, Box<dyn std::error::Error>> {
    let (mut list, mut size) = (Vec::new(), 0);
    for path in recordings {
        let named = |error: std::io::Error| format!("`{}` can't be read: {error}", path.display());
        size += fs::metadata(path).map_err(named)?.len();
        if size > MOST {
            return Err("the recording has more than 64 MiB, which is too much for one page: give fewer files, or serve it without `--save`".into());
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        list.push(json!({ "name": name, "bytes": base64(&fs::read(path).map_err(named)?) }));
    }
    let viewer = spanwright_viewer::VIEWER;
    // What it reads comes before the script that reads it; data need no leave of the page's policy.
    let (before, after) = viewer.rsplit_once("<script>").ok_or("the viewer has no script")?;
    let recordings = data("recordings", &serde_json::Value::Array(list).to_string());
    Ok([before, &recordings, &data("analysis", analysis), "<script>", after].concat())
}

/// JSON that no markup can be read from.
fn data(id: &str, json: &str) -> String {
    format!("<script type=\"application/json\" id=\"{id}\">{}</script>\n", json.replace('<', "\\u003c"))
}

/// RFC 4648.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for bytes in bytes.chunks(3) {
        let word =
            bytes.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - bytes.len()));
        for letter in 0..4 {
            let is_there = letter <= bytes.len();
            text.push(if is_there {
                LETTERS[(word >> (18 - 6 * letter) & 63) as usize] as char
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_letters_and_data_no_markup() {
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert!(data("a", r#"["</script><b>"]"#).contains(r#">["\u003c/script>\u003cb>"]</script>"#));
    }
}
