//! The programs that a Python project installs: `pyproject.toml`, `setup.cfg` and `setup.py`.
//!
//! Sources: <https://packaging.python.org/en/latest/specifications/entry-points/> (`name = module:object`),
//! <https://packaging.python.org/en/latest/guides/writing-pyproject-toml/> (`[project.scripts]`),
//! <https://python-poetry.org/docs/pyproject/#scripts> (`[tool.poetry.scripts]`).

use std::collections::HashMap;

use serde::Deserialize;
use toml::Spanned;

use super::ini::{self, Style};
use crate::source::SourceFile;
use crate::trace::Text;

/// Files that say what a project installs, in the order in which they are asked.
pub const NAMES: [&str; 3] = ["pyproject.toml", "setup.cfg", "setup.py"];

#[derive(Deserialize, Default)]
struct Pyproject {
    #[serde(default)]
    project: Project,
    #[serde(default)]
    tool: Tool,
}

#[derive(Deserialize, Default)]
struct Project {
    #[serde(default)]
    scripts: HashMap<String, Spanned<Script>>,
}

#[derive(Deserialize, Default)]
struct Tool {
    #[serde(default)]
    poetry: Project,
}

/// Poetry takes a table as well.
#[derive(Deserialize)]
#[serde(untagged)]
enum Script {
    Reference(String),
    Table { reference: Option<String>, callable: Option<String> },
}

/// `module:object` behind the program `name` in `file`, one of [`NAMES`]; `None` where it installs no such program or cannot
/// be read.
pub fn script(file: &SourceFile, name: &str) -> Option<Text> {
    match file.path.file_name() {
        "pyproject.toml" => in_pyproject(file, name),
        "setup.cfg" => in_setup_cfg(file, name),
        _ => in_setup_py(file, name),
    }
}

fn in_pyproject(file: &SourceFile, name: &str) -> Option<Text> {
    let Pyproject { mut project, mut tool } = toml::from_str(&file.text).ok()?;
    let script = project.scripts.remove(name).or_else(|| tool.poetry.scripts.remove(name))?;
    let place = file.at(script.span());
    let reference = match script.into_inner() {
        Script::Reference(reference) => reference,
        Script::Table { reference, callable } => reference.or(callable)?,
    };
    Some(Text::decoded(reference, place))
}

/// The options of setuptools are lists, an item a line.
fn in_setup_cfg(file: &SourceFile, name: &str) -> Option<Text> {
    let read = ini::read(file, Style { inline_comments: &[], default_section: "DEFAULT" });
    let scripts = &read.sections.get("options.entry_points")?.options.get("console_scripts")?.value;
    let mut lines = scripts.as_str().lines().map(|line| scripts.slice_of(line));
    lines.find_map(|line| reference(&line, name))
}

/// A string of a `setup.py` that says `name = module:object`: what the program around it comes to is not asked.
fn in_setup_py(file: &SourceFile, name: &str) -> Option<Text> {
    (0..file.lines()).filter_map(|index| file.line_range(index)).find_map(|range| {
        let line = Text::verbatim(file, range);
        let written = line.as_str();
        let quotes: Vec<usize> = written.match_indices(['"', '\'']).map(|(at, _)| at).collect();
        let strings = quotes.iter().zip(quotes.iter().skip(1));
        let mut inside = strings.map(|(start, end)| line.slice(start + 1..*end));
        inside.find_map(|string| reference(&string, name)).or_else(|| reference(&line, name))
    })
}

/// What stands behind `name =`.
fn reference(line: &Text, name: &str) -> Option<Text> {
    let (key, value) = line.split_once('=')?;
    let value = value.trim();
    let object = value.as_str();
    let is_reference = object.contains(':')
        && object
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '[' | ']' | ' ' | ','));
    (key.as_str().trim() == name && is_reference).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources, TreePath};

    #[test]
    fn programs_of_every_form() {
        let pyproject = "[project]\nname = \"shop\"\n[project.scripts]\nshop = \"shop.cli:main\"\n";
        let poetry = "[tool.poetry.scripts]\nshop = 'shop.cli:main'\nother = { reference = \"x:y\", type = \"file\" }\n";
        let cfg = "[options.entry_points]\nconsole_scripts =\n    other = x:y\n    shop = shop.cli:main\n";
        let setup =
            "setup(\n  entry_points={\"console_scripts\": [\"other=x:y\", 'shop = shop.cli:main']},\n)\n";
        let block = "setup(entry_points='''\n    [console_scripts]\n    shop=shop.cli:main\n''')\n";
        for (path, text) in [
            ("pyproject.toml", pyproject),
            ("a/pyproject.toml", poetry),
            ("setup.cfg", cfg),
            ("setup.py", setup),
            ("a/setup.py", block),
        ] {
            let sources = Sources::new(Memory::new([(path, text)]));
            let file = sources.load(&TreePath::new(path)).unwrap();
            let found = script(&file, "shop");
            let found = found.as_ref();
            assert_eq!(found.map(Text::as_str), Some("shop.cli:main"), "{path}");
            let place = found.and_then(Text::span).map(|span| sources.text(span));
            assert!(place.is_some_and(|place| place.contains("shop.cli:main")), "{path}");
            assert!(script(&file, "shopkeeper").is_none(), "{path}");
        }
    }

    #[test]
    fn what_is_no_manifest_installs_nothing() {
        for text in ["", "[project", "shop = shop.cli:main", "[project.scripts]\nshop = 3"] {
            let sources = Sources::new(Memory::new([("pyproject.toml", text)]));
            let file = sources.load(&TreePath::new("pyproject.toml")).unwrap();
            assert!(script(&file, "shop").is_none(), "{text}");
        }
    }
}
