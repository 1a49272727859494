//! Text of files and people inside Markdown and Mermaid: it is shown as it is, and means nothing there.

use std::fmt::Write;

use crate::report::canvas::visible;

/// `text` as prose on one line. A name behind an `@` is not called: a comment must not wake up a stranger.
pub(in crate::report) fn prose(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars().map(visible) {
        match c {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '!' | '&'
            | '$' => {
                escaped.push('\\');
                escaped.push(c);
            }
            '@' => escaped.push_str("@<!-- -->"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// `text` as code, also inside a table, where a bar is escaped even in code (GFM, section 4.10).
pub(in crate::report) fn code(text: &str) -> String {
    let text: String = text.chars().map(visible).collect();
    if text.trim().is_empty() {
        return "` `".to_owned();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{}{space}{fence}", text.replace('|', "\\|"))
}

/// `text` inside the quotes of a Mermaid label, by Mermaid's own entities
/// (<https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters>).
pub(super) fn label(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars().map(visible) {
        match c {
            '"' => escaped.push_str("#quot;"),
            '#' | '`' | '&' | '<' | '>' | '\\' | ';' | '*' | '_' | '$' => {
                let _ = write!(escaped, "#{};", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(markdown: &str) -> String {
        let mut html = String::new();
        let options = pulldown_cmark::Options::ENABLE_GFM | pulldown_cmark::Options::ENABLE_TABLES;
        pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new_ext(markdown, options));
        html
    }

    #[test]
    fn prose_is_read_as_it_stands() {
        let wild = "a*b*_c_ <img src=x> [x](y) `z` #1 |~~ \\ !&amp; $x$ 1\n# heading";
        let shown = html(&prose(wild));
        let expected = "a*b*_c_ &lt;img src=x&gt; [x](y) `z` #1 |~~ \\ !&amp;amp; $x$ 1 # heading";
        assert_eq!(shown.trim(), format!("<p>{expected}</p>"));
        assert_eq!(html(&prose("mail @octocat")).trim(), "<p>mail @<!-- -->octocat</p>");
    }

    #[test]
    fn code_is_read_as_it_stands_also_in_a_table() {
        for wild in ["a`b", "``", "`a", "x|y", "<b>", "a\nb"] {
            let shown = html(&format!("|a|\n|-|\n| {} |\n", code(wild)));
            let expected = wild.replace('<', "&lt;").replace('>', "&gt;").replace('\n', " ");
            assert!(shown.contains(&format!("<td><code>{expected}</code></td>")), "{wild}: {shown}");
        }
    }

    #[test]
    fn a_label_cannot_leave_its_quotes() {
        assert_eq!(label("a\"] --> b; `x` #1"), "a#quot;] --#62; b#59; #96;x#96; #35;1");
    }
}
