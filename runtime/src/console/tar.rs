//! Several files as one: POSIX' ustar, as far as small files with short names need it.

/// A header and each file's last part fill blocks of this size.
const BLOCK: usize = 512;

/// Appends a file. Its name has at most 100 bytes; a longer one is cut.
pub(super) fn append(out: &mut Vec<u8>, name: &str, content: &[u8], unix_seconds: u64) {
    let mut header = [0_u8; BLOCK];
    let mut end = name.len().min(100);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, &name[..end]);
    put(100, "0000644\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{:011o}\0", content.len()));
    put(136, &format!("{:011o}\0", unix_seconds));
    // The checksum is counted as if it were spaces.
    put(148, "        ");
    put(156, "0");
    put(257, "ustar");
    // Behind a zero, its version.
    put(263, "00");
    let checksum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{checksum:06o}\0 ").as_bytes());
    out.extend_from_slice(&header);
    out.extend_from_slice(content);
    out.resize(out.len().next_multiple_of(BLOCK), 0);
}

/// Ends it.
pub(super) fn finish(out: &mut Vec<u8>) {
    out.resize(out.len() + 2 * BLOCK, 0);
}
