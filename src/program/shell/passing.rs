//! Commands that start nothing: they end soon and open no pool of an application.

use super::Value;

/// Commands that end soon and open no pool of an application. Sorted.
const START_NOTHING: [&str; 78] = [
    "[",
    "addgroup",
    "adduser",
    "alias",
    "apk",
    "apt",
    "apt-get",
    "awk",
    "base64",
    "basename",
    "cat",
    "chgrp",
    "chmod",
    "chown",
    "clear",
    "cp",
    "curl",
    "cut",
    "date",
    "df",
    "dirname",
    "dpkg",
    "du",
    "env",
    "expr",
    "find",
    "free",
    "getconf",
    "getent",
    "git",
    "grep",
    "gunzip",
    "gzip",
    "head",
    "hostname",
    "id",
    "install",
    "ip",
    "jq",
    "kill",
    "less",
    "ln",
    "ls",
    "mkdir",
    "mktemp",
    "mount",
    "mv",
    "nc",
    "ncat",
    "netcat",
    "nproc",
    "nslookup",
    "openssl",
    "pg_isready",
    "ping",
    "pip",
    "pip3",
    "pkill",
    "printenv",
    "ps",
    "psql",
    "readlink",
    "realpath",
    "redis-cli",
    "rm",
    "rmdir",
    "sed",
    "sleep",
    "sort",
    "stat",
    "sysctl",
    "tail",
    "tar",
    "tee",
    "test",
    "touch",
    "tr",
    "uname",
];

/// Further ones, kept apart for the length of the line above. Sorted.
const START_NOTHING_EITHER: [&str; 14] = [
    "uniq",
    "unzip",
    "update-ca-certificates",
    "useradd",
    "usermod",
    "wc",
    "wget",
    "which",
    "whoami",
    "xargs",
    "xmlsec1",
    "xz",
    "yq",
    "zip",
];

/// Whether a command of these words starts nothing that connects to a database for longer than a moment.
pub(in crate::program) fn starts_nothing(words: &[Value]) -> bool {
    let name = words.first().and_then(Value::as_str).unwrap_or_default();
    let name = name.rsplit('/').next().unwrap_or(name);
    let listed =
        START_NOTHING.binary_search(&name).is_ok() || START_NOTHING_EITHER.binary_search(&name).is_ok();
    match name {
        // `env` with a command is a wrapper.
        "env" => words.len() == 1,
        "xargs" => {
            let command = xargs_command(words);
            matches!(command.first().and_then(Value::as_str), None | Some("echo" | "printf"))
                || starts_nothing(command)
        }
        _ => listed,
    }
}

/// What `xargs` runs: the words behind its options.
pub(in crate::program) fn xargs_command(words: &[Value]) -> &[Value] {
    const VALUED: [&str; 12] = [
        "-n",
        "-I",
        "-L",
        "-P",
        "-d",
        "-a",
        "-E",
        "-s",
        "--max-procs",
        "--max-args",
        "--max-lines",
        "--delimiter",
    ];
    let mut at = 1;
    while let Some(word) = words.get(at).map(|word| word.beginning().as_str()) {
        at += match word {
            _ if VALUED.contains(&word) => 2,
            _ if word.starts_with('-') => 1,
            _ => break,
        };
    }
    words.get(at..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{START_NOTHING, START_NOTHING_EITHER};

    #[test]
    fn the_lists_are_sorted() {
        assert!(START_NOTHING.is_sorted() && START_NOTHING_EITHER.is_sorted());
    }
}
