//! `postgres -C` of the server that is installed, against our reading of the same files and words.

use std::path::Path;

use serde_json::Value;

use crate::answer::{EXCEPTIONS, answer, load};
use crate::stage::{ask, folder, is_set};

/// What the server says of `max_connections`; `None` where it does not start.
fn said(case: &Value, folder: &Path) -> Option<u64> {
    let fill = |text: &str| text.replace("{dir}", folder.to_str().unwrap());
    for (name, text) in case["files"].as_object().unwrap() {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, fill(text.as_str().unwrap())).unwrap();
    }
    let words = case["words"].as_array().into_iter().flatten().map(|word| fill(word.as_str().unwrap()));
    let mut arguments = vec!["postgres".to_owned(), "-D".to_owned(), folder.to_str().unwrap().to_owned()];
    arguments.extend(words);
    arguments.extend(["-C".to_owned(), "max_connections".to_owned()]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    Some(ask(&arguments, folder).ok()?.parse().unwrap())
}

#[test]
fn the_installed_server_reads_files_and_words_as_we_do() {
    if !is_set("the_installed_server_reads_files_and_words_as_we_do") {
        return;
    }
    let version = ask(&["postgres", "--version"], Path::new("/")).unwrap();
    let number = version.split(' ').nth(2).and_then(|number| number.split('.').next());
    let major: u64 = number.and_then(|major| major.parse().ok()).unwrap_or_else(|| panic!("{version}"));
    let (cases, base) = (load("cases.json"), folder());
    let (mut compared, mut wrong) = (0, Vec::new());
    for (index, case) in cases.as_array().unwrap().iter().enumerate() {
        let name = case["name"].as_str().unwrap();
        let is_asked = name.starts_with("facts: ") || name.starts_with("words: ");
        if !is_asked || EXCEPTIONS.iter().any(|(exception, _)| *exception == name) {
            continue;
        }
        let folder = base.path().join(index.to_string());
        std::fs::create_dir(&folder).unwrap();
        let (theirs, ours) = (said(case, &folder), answer(case, "max_connections", major));
        compared += 1;
        if theirs != ours {
            wrong.push(format!("{name}: {ours:?}, the server says {theirs:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {compared} differ from {version}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared >= 100, "{compared}");
}
