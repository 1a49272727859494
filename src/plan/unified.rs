//! A plan as a unified diff that `git apply` takes.

use similar::TextDiff;

use super::write::Rewrite;

/// The changes of `files`. Names are seen from the folder that was read, which is where `git apply` is run.
pub fn unified(files: &[Rewrite]) -> String {
    files.iter().map(one).collect()
}

fn one(file: &Rewrite) -> String {
    // By line feeds alone, as git has it: a lone carriage return ends no line.
    let before: Vec<&str> = file.before.split_inclusive('\n').collect();
    let after: Vec<&str> = file.after.split_inclusive('\n').collect();
    let diff = TextDiff::configure().newline_terminated(true).diff_slices(&before, &after);
    let [old, new] = ["a", "b"].map(|side| name(&format!("{side}/{}", file.path)));
    diff.unified_diff().context_radius(3).header(&old, &new).to_string()
}

/// A name as git quotes it (`core.quotePath`): one with a control character, a quote or a backslash in C's way, one with a
/// space with a tab behind, so that its end is seen.
fn name(name: &str) -> String {
    let is_odd = |c: char| c.is_control() || matches!(c, '"' | '\\');
    if !name.contains(is_odd) {
        return if name.contains(' ') { format!("{name}\t") } else { name.to_owned() };
    }
    let quoted: String = name
        .bytes()
        .map(|byte| match byte {
            b'"' => "\\\"".to_owned(),
            b'\\' => "\\\\".to_owned(),
            b' '..=b'~' => char::from(byte).to_string(),
            byte => format!("\\{byte:03o}"),
        })
        .collect();
    format!("\"{quoted}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::TreePath;

    fn diff(path: &str, before: &str, after: &str) -> String {
        unified(&[Rewrite { path: TreePath::new(path), before: before.to_owned(), after: after.to_owned() }])
    }

    #[test]
    fn line_ends_and_the_end_of_the_file_are_kept() {
        assert_eq!(
            diff("x", "a=1\r\nb=\r2\r\nc=3", "a=1\r\nb=\r9\r\nc=3"),
            "--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n a=1\r\n-b=\r2\r\n+b=\r9\r\n c=3\n\\ No newline at end of file\n"
        );
    }

    #[test]
    fn names_are_quoted_as_git_has_it() {
        assert!(diff("my app/x", "1\n", "2\n").starts_with("--- a/my app/x\t\n+++ b/my app/x\t\n"));
        assert!(diff("a\"b/é", "1\n", "2\n").starts_with("--- \"a/a\\\"b/\\303\\251\"\n"));
        assert!(diff("é", "1\n", "2\n").starts_with("--- a/é\n"));
    }
}
