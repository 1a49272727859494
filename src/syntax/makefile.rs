//! Makefiles (GNU make 4.3, <https://www.gnu.org/software/make/manual/>): assignments and rules, as far as they are plain.

use crate::source::SourceFile;
use crate::trace::Text;

/// A part of a makefile.
#[derive(Clone, Debug)]
pub struct Item {
    /// What it says.
    pub what: What,
    /// Whether a conditional around it may leave it out.
    pub conditional: bool,
}

/// What a part of a makefile says.
#[derive(Clone, Debug)]
pub enum What {
    /// `NAME = value` with any of the signs.
    Assignment(Assignment),
    /// `targets: prerequisites` with the lines below.
    Rule {
        /// The names in front of the colon, not expanded.
        targets: Text,
        /// What stands behind it, not expanded.
        prerequisites: Text,
        /// Its lines without the tab, not expanded.
        recipe: Vec<Text>,
        /// The variable that it sets for its targets alone, in place of prerequisites.
        variable: Option<Assignment>,
    },
    /// `include files`.
    Include(Text),
    /// `export NAME …`; of everything where it is empty.
    Export(Text),
}

/// An assignment.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The variable.
    pub name: Text,
    /// `=`, `:=`, `::=`, `?=`, `+=`, `!=`.
    pub sign: String,
    /// The value, not expanded.
    pub value: Text,
    /// Whether `export` stands before it.
    pub exported: bool,
}

/// Reads `file`.
pub fn read(file: &SourceFile) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let (mut depth, mut in_rule, mut skipping) = (0_usize, false, false);
    let mut index = 0;
    while let Some(range) = file.line_range(index) {
        index += 1;
        let is_recipe = in_rule && file.text.get(range.start..).is_some_and(|rest| rest.starts_with('\t'));
        let mut line = Text::verbatim(file, range.start + usize::from(is_recipe)..range.end);
        while line.as_str().ends_with('\\') && !line.as_str().ends_with("\\\\") {
            let Some(next) = file.line_range(index) else { break };
            index += 1;
            let next = Text::verbatim(file, next);
            if is_recipe {
                // The shell sees the backslash; of the next line only the tab goes.
                line.push(&Text::traced("\n", line.trail()));
                line.push(&next.strip_prefix("\t").unwrap_or(next));
            } else {
                line = line.slice_of(line.as_str()[..line.len() - 1].trim_end());
                line.push(&Text::traced(" ", line.trail()));
                line.push(&next.trim());
            }
        }
        if is_recipe {
            if let Some(Item { what: What::Rule { recipe, .. }, .. }) = items.last_mut() {
                recipe.push(line);
            }
            continue;
        }
        let line = without_comment(&line).trim();
        if line.is_empty() {
            continue;
        }
        match line.as_str().split_whitespace().next().unwrap_or_default() {
            "define" => skipping = true,
            "endef" => skipping = false,
            _ if skipping => {}
            "ifeq" | "ifneq" | "ifdef" | "ifndef" => depth += 1,
            "endif" => depth = depth.saturating_sub(1),
            "else" | "vpath" | "undefine" | "unexport" => {}
            _ => {
                if let Some(what) = plain(&line) {
                    in_rule = matches!(what, What::Rule { .. });
                    items.push(Item { what, conditional: depth > 0 });
                }
            }
        }
    }
    items
}

fn plain(line: &Text) -> Option<What> {
    for word in ["include", "-include", "sinclude"] {
        if let Some(rest) = line.strip_prefix(word).filter(|rest| rest.as_str().starts_with([' ', '\t'])) {
            return Some(What::Include(rest.trim()));
        }
    }
    let exported =
        line.strip_prefix("export").filter(|rest| rest.is_empty() || rest.as_str().starts_with([' ', '\t']));
    let rest = exported.as_ref().map_or_else(|| line.clone(), Text::trim);
    let rest = rest.strip_prefix("override ").map_or(rest, |rest| rest.trim());
    if let Some(assignment) = assignment(&rest, exported.is_some()) {
        return Some(What::Assignment(assignment));
    }
    if exported.is_some() {
        return Some(What::Export(rest));
    }
    let colon = outside(rest.as_str(), |c| c == ':')?;
    let behind = rest.slice(colon + 1..rest.len());
    let behind = behind.strip_prefix(":").unwrap_or(behind);
    let (before, inline) = match outside(behind.as_str(), |c| c == ';') {
        Some(at) => (behind.slice(0..at), Some(behind.slice(at + 1..behind.len()).trim())),
        None => (behind, None),
    };
    let variable = assignment(&before.trim(), false);
    Some(What::Rule {
        targets: rest.slice(0..colon).trim(),
        prerequisites: if variable.is_some() { before.slice(0..0) } else { before.trim() },
        recipe: inline.into_iter().collect(),
        variable,
    })
}

/// `NAME = value`, where the sign comes before any colon of a rule.
fn assignment(line: &Text, exported: bool) -> Option<Assignment> {
    let string = line.as_str();
    let equals = outside(string, |c| c == '=')?;
    let before = string[..equals].trim_end_matches([':', '?', '+', '!']);
    let name = before.trim();
    if name.is_empty() || name.contains([':', '#', ' ', '\t']) {
        return None;
    }
    Some(Assignment {
        name: line.slice_of(name),
        sign: string[before.len()..=equals].to_owned(),
        value: line.slice(equals + 1..line.len()).trim(),
        exported,
    })
}

/// The first character that `wanted` takes outside of `$(…)` and `${…}`.
fn outside(string: &str, wanted: impl Fn(char) -> bool) -> Option<usize> {
    let mut depth = 0_usize;
    let mut before = ' ';
    for (at, character) in string.char_indices() {
        match character {
            '(' | '{' if before == '$' || depth > 0 => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 && wanted(character) => return Some(at),
            _ => {}
        }
        before = character;
    }
    None
}

fn without_comment(line: &Text) -> Text {
    let string = line.as_str();
    let starts = |at: &usize| !string[..*at].ends_with('\\');
    let end = string.match_indices('#').map(|(at, _)| at).find(starts).unwrap_or(string.len());
    line.slice(0..end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources, TreePath};

    #[test]
    fn assignments_and_rules() {
        let text = "W ?= 3 # three\nexport X:=$(W:a=b)\nrun : a b ; echo\n\tgunicorn \\\n\t  -w $(W)\n\n\techo\nall: Y = 1\n\
            ifdef Z\nW = 4\nendif\ninclude x.mk\nlong = a \\\n  b\n";
        let sources = Sources::new(Memory::new([("Makefile", text)]));
        let items = read(&sources.load(&TreePath::new("Makefile")).unwrap());
        let read: Vec<String> = items
            .iter()
            .map(|item| {
                let what = match &item.what {
                    What::Assignment(a) => format!("{} {} {} {}", a.name, a.sign, a.value, a.exported),
                    What::Rule { targets, prerequisites, recipe, variable } => {
                        format!("{targets}: {prerequisites} {recipe:?} {}", variable.is_some())
                    }
                    What::Include(files) => format!("include {files}"),
                    What::Export(names) => format!("export {names}"),
                };
                format!("{what}{}", if item.conditional { " ?" } else { "" })
            })
            .collect();
        assert_eq!(
            read,
            [
                "W ?= 3 false",
                "X := $(W:a=b) true",
                "run: a b [\"echo\", \"gunicorn \\\\\\n  -w $(W)\", \"echo\"] false",
                "all:  [] true",
                "W = 4 false ?",
                "include x.mk",
                "long = a b false",
            ]
        );
    }
}
