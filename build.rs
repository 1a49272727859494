//! Lists the rule files, the plans of managed servers and the catalogue of clients, so that they are compiled in and a new
//! one needs no line of Rust. `include_str!` alone would need one line for each file, and a crate that includes folders
//! would be one dependency more for a loop of this size. Rules and clients are compiled in as JSON: reading a hundred YAML
//! files took longer than linting a deployment.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, error::Error, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    println!("cargo::rerun-if-changed=rules");
    let folders = sorted(&root.join("rules"))?;
    let (plans, folders): (Vec<PathBuf>, Vec<PathBuf>) =
        folders.into_iter().partition(|folder| folder.ends_with("plans"));
    let (clients, rules): (Vec<PathBuf>, Vec<PathBuf>) =
        folders.into_iter().partition(|folder| folder.ends_with("clients"));
    list(&root, &rules, "rules.rs", as_json)?;
    list(&root, &clients, "clients.rs", as_json)?;
    examples(&root)?;
    list(&root, &plans, "plans.rs", |file| Ok(format!("include_str!({:?})", file.to_string_lossy())))
}

/// The expression that stands for the text of a file.
type Text = fn(&Path) -> Result<String, Box<dyn Error>>;

fn as_json(file: &Path) -> Result<String, Box<dyn Error>> {
    let value: serde_json::Value = serde_yaml::from_str(&fs::read_to_string(file)?)
        .map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(format!("{:?}", value.to_string()))
}

/// Writes the YAML files in `folders`, each as its path and text, to the file `name` of the build.
fn list(root: &Path, folders: &[PathBuf], name: &str, text: Text) -> Result<(), Box<dyn Error>> {
    let mut list = String::from("&[\n");
    for folder in folders {
        for file in sorted(folder)?.iter().filter(|file| file.extension().is_some_and(|ext| ext == "yaml")) {
            let path = file.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
            writeln!(list, "    ({path:?}, {}),", text(file)?)?;
        }
    }
    list.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join(name), list)?;
    Ok(())
}

/// Writes the first example on which each rule fires to the file `examples.rs` of the build: the rule's name, and each file
/// as its path and bytes. `connbudget explain` lints it and shows what comes out.
fn examples(root: &Path) -> Result<(), Box<dyn Error>> {
    let folder = root.join("fixtures/rules");
    println!("cargo::rerun-if-changed=fixtures/rules");
    let mut list = String::from("&[\n");
    for rule in if folder.is_dir() { sorted(&folder)? } else { Vec::new() } {
        let mut cases = sorted(&rule)?.into_iter();
        let Some(case) = cases.find(|case| name(case).starts_with("fires")) else { continue };
        writeln!(list, "    ({:?}, &[", name(&rule))?;
        let mut folders = vec![case.clone()];
        while let Some(folder) = folders.pop() {
            for path in sorted(&folder)? {
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let inside = path.strip_prefix(&case)?.to_string_lossy().replace('\\', "/");
                writeln!(list, "        ({inside:?}, include_bytes!({:?})),", path.to_string_lossy())?;
            }
        }
        list.push_str("    ]),\n");
    }
    list.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("examples.rs"), list)?;
    Ok(())
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// What stands in `folder`, by name, so that the order does not depend on the file system.
fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let entries: Result<Vec<_>, _> = fs::read_dir(folder)?.collect();
    let mut paths: Vec<PathBuf> = entries?.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}
