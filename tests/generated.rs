//! Completions for shells and man pages, as a shell and a manual take them.

#![allow(clippy::expect_used, reason = "a test")]

mod support;

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use support::connbudget;

/// What bash completes `words` to, once it has read the completions.
fn completed(words: &[&str]) -> Option<String> {
    let script = connbudget(".", &["completions", "bash"]);
    assert_eq!((script.code, script.stderr.as_str()), (0, ""));
    let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let last = words.last().expect("a word");
    let before = &words[words.len() - 2];
    let asked = format!(
        "{}\nCOMP_WORDS=({}); COMP_CWORD={}\n\
         $(complete -p connbudget | sed 's/.*-F \\([^ ]*\\).*/\\1/') connbudget {last} {before}\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        script.stdout,
        words.join(" "),
        words.len() - 1
    );
    let shell =
        Command::new("bash").args(["--norc", "-s"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut shell = shell.ok()?;
    shell.stdin.take().expect("a pipe").write_all(asked.as_bytes()).expect("it listens");
    let output = shell.wait_with_output().expect("it ends");
    Some(String::from_utf8(output.stdout).expect("completions are UTF-8").trim().to_owned())
}

#[test]
fn bash_completes() {
    for (words, expected) in [
        (&["connbudget", "li"][..], "lint"),
        (&["connbudget", "lint", "--stdin"], "--stdin-filename"),
        (&["connbudget", "lint", "--format", "sar"], "sarif"),
        (&["connbudget", "ex"], "explain"),
        (&["connbudget", "--vers"], "--version"),
    ] {
        let Some(found) = completed(words) else { return };
        assert_eq!(found, expected, "{words:?}");
    }
}

#[test]
fn every_shell_has_its_script() {
    for (shell, word) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef connbudget"),
        ("fish", "complete -c connbudget"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion"),
    ] {
        let run = connbudget(".", &["completions", shell]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        assert!(run.stdout.contains(word) && run.stdout.contains("stdin-filename"), "{shell}");
    }
    let run = connbudget(".", &["completions", "tcsh"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("[possible values: bash, elvish, fish, powershell, zsh]"), "{}", run.stderr);
}

/// `page` as `man` shows it; where there is no groff, as it stands.
fn rendered(page: &str) -> String {
    let groff = Command::new("groff")
        .args(["-man", "-Kutf8", "-Tutf8", "-P-cbou", "-ww", "-rLL=100n"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut groff) = groff else { return page.to_owned() };
    groff.stdin.take().expect("a pipe").write_all(page.as_bytes()).expect("it listens");
    let output = groff.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_page_is_what_a_manual_can_show() {
    let run = connbudget(".", &["man"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let page = rendered(&run.stdout);
    for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "SUBCOMMANDS", "EXIT STATUS", "VERSION"] {
        assert!(
            page.lines().any(|line| line.trim_start_matches(".SH ").trim_matches('"') == section),
            "{section}: {page}"
        );
    }
    assert!(page.contains("connbudget-lint(1)"), "{page}");
    let lint = rendered(&connbudget(".", &["man", "lint"]).stdout);
    assert!(lint.contains("connbudget-lint") && lint.contains("stdin") && lint.contains("sarif"), "{lint}");
    let run = connbudget(".", &["man", "lunt"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.said().contains("no command is called `lunt`"), "{}", run.stderr);
}

#[test]
fn a_package_gets_every_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = connbudget(".", &["man", "--dir", &folder.path().to_string_lossy()]);
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""));
    let mut pages: Vec<String> = fs::read_dir(folder.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    pages.sort();
    for page in ["connbudget.1", "connbudget-lint.1", "connbudget-explain.1"] {
        assert!(pages.iter().any(|found| found == page), "{pages:?}");
    }
    // What is not shown in the help has no page.
    assert!(!pages.iter().any(|page| page.contains("completions")), "{pages:?}");
    let run = connbudget(".", &["man", "--dir", "/nowhere"]);
    assert_eq!(run.code, 2);
    assert!(run.said().contains("connbudget.1 cannot be written"), "{}", run.stderr);
}
