// SPDX-License-Identifier: GPL-3.0-or-later
//! Text that strangers put on the network, made fit to be shown. Input: bytes; output: short lines without tricks.

/// What is left of `text` for showing: valid UTF-8, one line, no control characters and none that change the direction
/// of the text around them, no blanks at the ends, at most `max` characters.
pub(crate) fn clean(bytes: &[u8], max: usize) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::new();
    let mut characters = 0;
    for c in text.chars() {
        let c = if c.is_whitespace() { ' ' } else { c };
        if c.is_control() || is_invisible(c) || (c == ' ' && (out.is_empty() || out.ends_with(' ')))
        {
            continue;
        }
        if characters == max {
            break;
        }
        characters += 1;
        out.push(c);
    }
    out.truncate(out.trim_end().len());
    out
}

/// Direction marks and overrides, the byte order mark, line separators, noncharacters: they hide or reorder what stands
/// near them. Joiners stay, because emoji and several scripts need them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn hostile_names_become_harmless_lines() {
        let table: [(&[u8], &str); 7] = [
            ("⚡ Yurovision® ULTRA™".as_bytes(), "⚡ Yurovision® ULTRA™"),
            (b"TV\n\x1b[31mred\x07", "TV [31mred"),
            (b"  many   blanks \t ", "many blanks"),
            ("safe\u{202e}gpj.exe".as_bytes(), "safegpj.exe"),
            (b"\xff\xfe broken", "\u{fffd}\u{fffd} broken"),
            ("👩\u{200d}👧".as_bytes(), "👩\u{200d}👧"),
            (b"\0\0\0", ""),
        ];
        for (bytes, expected) in table {
            assert_eq!(clean(bytes, 200), expected);
        }
    }

    #[test]
    fn long_names_are_cut_at_a_character() {
        assert_eq!(clean("ää ä".as_bytes(), 3), "ää");
        assert_eq!(clean("x".repeat(10_000).as_bytes(), 200).len(), 200);
    }
}
