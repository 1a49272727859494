//! Programs that start another one: how many of their words are their own.

use super::alternatives::{Path, Step};
use super::{Launcher, with_variable};
use crate::platform::Unread;
use crate::program::Value;
use crate::program::shell::Call;
use crate::syntax::words::{Comments, split_posix};

/// A program that runs what stands behind its own words.
struct Wrapper {
    names: &'static [&'static str],
    /// Its options that take the next word.
    valued: &'static [&'static str],
    /// Words of its own that are no options: the user of `gosu`, `run` of `poetry run`.
    own: Own,
    /// What its words do to the environment.
    variables: Variables,
    /// Whether it runs the command again after each change of a file.
    watches: bool,
}

enum Own {
    /// This many words.
    Words(usize),
    /// This word, or else it wraps nothing.
    Command(&'static str),
    /// Everything up to `--`.
    UntilDashes,
    /// Its first word that is no option is the whole command, cut as Python's shlex does.
    String,
}

impl Wrapper {
    fn own_is_string(&self) -> bool {
        matches!(self.own, Own::String)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Variables {
    Kept,
    /// `K=V` before the command sets a variable.
    Assigned,
    /// It may set any, out of a file or a service that is not read.
    Opened,
}

const fn plain(names: &'static [&'static str], valued: &'static [&'static str], own: Own) -> Wrapper {
    Wrapper { names, valued, own, variables: Variables::Kept, watches: false }
}

const fn opening(names: &'static [&'static str], valued: &'static [&'static str], own: Own) -> Wrapper {
    Wrapper { names, valued, own, variables: Variables::Opened, watches: false }
}

const fn watching(names: &'static [&'static str], valued: &'static [&'static str], own: Own) -> Wrapper {
    Wrapper { names, valued, own, variables: Variables::Kept, watches: true }
}

const RUN: Own = Own::Command("run");

/// Every wrapper that is known.
const WRAPPERS: &[Wrapper] = &[
    Wrapper {
        names: &["env"],
        valued: &["-u", "--unset", "-C", "--chdir"],
        own: Own::Words(0),
        variables: Variables::Assigned,
        watches: false,
    },
    Wrapper {
        names: &["sudo", "doas"],
        valued: &["-u", "--user", "-g", "--group", "-h", "-p", "-C", "-T", "-r", "-t", "-D"],
        own: Own::Words(0),
        variables: Variables::Assigned,
        watches: false,
    },
    plain(&["tini", "tini-static", "docker-init"], &["-p", "-e"], Own::Words(0)),
    plain(&["dumb-init"], &["-r", "--rewrite"], Own::Words(0)),
    plain(
        &[
            "catatonit",
            "pid1",
            "my_init",
            "setsid",
            "nohup",
            "time",
            "exec",
            "command",
            "with-contenv",
            "catchsegv",
            "unbuffer",
            "eatmydata",
            "fixuid",
            "launcher",
        ],
        &[],
        Own::Words(0),
    ),
    plain(&["gosu", "su-exec", "s6-setuidgid", "setuidgid"], &[], Own::Words(1)),
    plain(
        &["setpriv"],
        &["--reuid", "--regid", "--groups", "--inh-caps", "--ambient-caps", "--bounding-set"],
        Own::Words(0),
    ),
    plain(
        &["runuser"],
        &["-u", "--user", "-g", "--group", "-G", "--supp-group", "-s", "--shell"],
        Own::Words(0),
    ),
    plain(
        &["chpst"],
        &["-u", "-U", "-b", "-e", "-/", "-n", "-l", "-L", "-m", "-d", "-o", "-p", "-f", "-c", "-r"],
        Own::Words(0),
    ),
    plain(&["flock"], &["-w", "--timeout", "--wait", "-E", "--conflict-exit-code"], Own::Words(1)),
    plain(&["setlock", "s6-setlock", "chrt"], &[], Own::Words(1)),
    plain(
        &["softlimit", "s6-softlimit"],
        &["-m", "-d", "-s", "-l", "-a", "-o", "-p", "-f", "-c", "-r", "-t"],
        Own::Words(0),
    ),
    opening(&["envdir", "s6-envdir"], &[], Own::Words(1)),
    plain(&["nice"], &["-n", "--adjustment"], Own::Words(0)),
    plain(&["ionice"], &["-c", "-n", "-p", "--class", "--classdata"], Own::Words(0)),
    plain(&["taskset", "prlimit"], &[], Own::Words(1)),
    plain(&["numactl"], &["-N", "-m", "-C", "-i"], Own::Words(0)),
    plain(&["stdbuf"], &["-i", "-o", "-e"], Own::Words(0)),
    plain(&["timeout"], &["-s", "--signal", "-k", "--kill-after"], Own::Words(1)),
    plain(&["xvfb-run"], &["-n", "-s", "-e", "-f", "-p", "-w"], Own::Words(0)),
    plain(&["poetry"], &["-C", "--directory", "-P", "--project"], RUN),
    plain(
        &["uv"],
        &[
            "--with",
            "--with-editable",
            "--with-requirements",
            "--extra",
            "--group",
            "--only-group",
            "--no-group",
            "--no-extra",
            "-p",
            "--python",
            "--directory",
            "--project",
            "--package",
            "--index",
            "--default-index",
            "--index-url",
            "--extra-index-url",
            "--find-links",
            "--config-file",
            "--cache-dir",
            "--color",
            "-w",
            "-i",
            "-f",
        ],
        RUN,
    ),
    plain(
        &["uvx"],
        &["--from", "--with", "-p", "--python", "--index", "--index-url", "--env-file"],
        Own::Words(0),
    ),
    plain(&["pipx"], &["--spec", "--python", "--pip-args", "--index-url"], RUN),
    plain(&["pipenv"], &["--python"], RUN),
    plain(&["pdm"], &["-p", "--project", "-g"], RUN),
    plain(&["rye"], &["-f"], RUN),
    plain(&["hatch"], &["-e", "--env", "-p", "--project"], RUN),
    plain(&["conda", "mamba", "micromamba"], &["-n", "--name", "-p", "--prefix", "--cwd"], RUN),
    plain(&["pixi"], &["-e", "--environment", "--manifest-path"], RUN),
    plain(&["newrelic-admin"], &[], Own::Command("run-program")),
    plain(
        &["ddtrace-run", "elasticapm-run", "scout-apm-run", "splunk-py-trace", "sentry-run", "logfire-run"],
        &[],
        Own::Words(0),
    ),
    plain(
        &["opentelemetry-instrument"],
        &[
            "--traces_exporter",
            "--metrics_exporter",
            "--logs_exporter",
            "--service_name",
            "--exporter_otlp_endpoint",
            "--exporter_otlp_protocol",
            "--exporter_otlp_traces_endpoint",
            "--exporter_otlp_metrics_endpoint",
            "--propagators",
            "--id_generator",
            "--resource_attributes",
            "--disabled_instrumentations",
            "--python_disabled_instrumentations",
        ],
        Own::Words(0),
    ),
    plain(&["coverage"], &["--rcfile", "--source", "--include", "--omit", "--data-file", "--context"], RUN),
    plain(
        &[
            "wait-for-it",
            "wait-for",
            "wait_for_it",
            "wait-for-db",
            "wait-for-postgres",
            "wait-for-command",
            "waitforit",
            "wait4x",
            "wait",
        ],
        &[],
        Own::UntilDashes,
    ),
    plain(
        &["dockerize"],
        &[
            "-wait",
            "-timeout",
            "-wait-retry-interval",
            "-wait-http-header",
            "-template",
            "-stdout",
            "-stderr",
            "-delims",
            "-env",
            "-env-section",
            "-poll",
            "--wait",
            "--timeout",
        ],
        Own::Words(0),
    ),
    // watchdog 7.1.0, watchmedo.py: `auto-restart [options] command [arguments]`.
    watching(
        &["watchmedo"],
        &[
            "-d",
            "--directory",
            "-p",
            "--pattern",
            "--patterns",
            "-i",
            "--ignore-pattern",
            "--ignore-patterns",
            "--interval",
            "--timeout",
            "--signal",
            "--kill-after",
            "--debounce-interval",
        ],
        Own::Command("auto-restart"),
    ),
    // watchfiles 1.3.0, cli.py.
    watching(
        &["watchfiles"],
        &[
            "--ignore-paths",
            "--target-type",
            "--filter",
            "--args",
            "--verbosity",
            "--sigint-timeout",
            "--grace-period",
            "--sigkill-timeout",
        ],
        Own::String,
    ),
    plain(&["memray"], &["-o", "--output"], RUN),
    plain(&["viztracer", "pyinstrument"], &["-o", "--output_file", "--outfile"], Own::Words(0)),
    opening(
        &["doppler", "infisical", "op"],
        &["-p", "--project", "-c", "--config", "-t", "--token", "--env", "--path", "--env-file"],
        RUN,
    ),
    opening(
        &["chamber", "aws-vault", "berglas", "envconsul", "summon", "teller", "bws"],
        &[],
        Own::UntilDashes,
    ),
    opening(&["vault-env", "ssm-env", "aws-env"], &[], Own::Words(0)),
    opening(&["dotenvx"], &["-f", "--env-file", "-e", "--env"], RUN),
    opening(&["dotenv"], &["-f", "--file", "-q", "--quote", "-e", "--export"], RUN),
];

/// Those whose `-m` says that what follows is the name of a module (uv 0.9, `uv run --help`; coverage 7, cmdline.py;
/// memray 1.19, commands/run.py).
const RUN_MODULES: [&str; 3] = ["uv", "coverage", "memray"];

/// What `call` runs when its first word, `base` without its folder, is a wrapper.
pub(super) fn unwrap(
    launcher: &Launcher<'_, '_>,
    call: &Call,
    base: &str,
    depth: usize,
) -> Option<Vec<Path>> {
    // Copies of the waiting scripts go by their names with an ending.
    let waiting =
        base.strip_suffix(".sh").or_else(|| base.strip_suffix(".py")).filter(|name| name.starts_with("wait"));
    let wrapper = WRAPPERS.iter().find(|wrapper| wrapper.names.contains(&waiting.unwrap_or(base)))?;
    let mut inner = call.clone();
    if wrapper.watches {
        inner.development = Some(call.words[0].trail());
    }
    let mut rest = call.words.get(1..).unwrap_or_default();
    if wrapper.own_is_string() {
        let string = behind_own(wrapper, rest, &mut inner)?.first()?.known()?;
        inner.words = split_posix(string, Comments::Kept).ok()?.into_iter().map(Value::Known).collect();
        return Some(launcher.resolve(&inner, depth + 1));
    }
    if matches!(wrapper.own, Own::UntilDashes) {
        let dashes = rest.iter().position(|word| word.as_str() == Some("--"));
        // Without dashes a script of that name may be anything: it is followed as any other.
        rest = rest.get(dashes? + 1..)?;
    } else {
        rest = behind_own(wrapper, rest, &mut inner)?;
    }
    if wrapper.variables == Variables::Opened {
        let why = format!("{base} may set any variable");
        inner.environment.leave_open(Unread::new(why, call.words[0].trail()));
    }
    if rest.is_empty() {
        return Some(vec![vec![Step::unknown(
            format!("{base} is given nothing to run"),
            call.words[0].trail(),
        )]]);
    }
    let own = call.words.get(1..call.words.len() - rest.len()).unwrap_or_default();
    let flagged = own.iter().any(|word| matches!(word.as_str(), Some("-m" | "--module")));
    if flagged && RUN_MODULES.contains(&base) {
        return Some(super::interpreter::module(
            launcher,
            &inner,
            rest,
            call.words[0].beginning(),
            depth + 1,
        ));
    }
    inner.words = rest.to_vec();
    Some(launcher.resolve(&inner, depth + 1))
}

/// The words behind those of the wrapper itself; `None` where it does not wrap.
fn behind_own<'w>(wrapper: &Wrapper, words: &'w [Value], inner: &mut Call) -> Option<&'w [Value]> {
    let mut own = match wrapper.own {
        Own::Words(count) => count,
        Own::Command(_) => 1,
        Own::UntilDashes | Own::String => 0,
    };
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let beginning = word.beginning().as_str();
        match beginning {
            "--" => {
                at += 1 + std::mem::take(&mut own);
                break;
            }
            file if file.starts_with("--env-file") => {
                let why = format!("{file} may set any variable");
                inner.environment.leave_open(Unread::new(why, word.trail()));
                at += if file.contains('=') { 1 } else { 2 };
            }
            _ if wrapper.valued.contains(&beginning) => at += 2,
            option if option.starts_with('-') && option.len() > 1 => {
                if matches!(option, "-i" | "--ignore-environment") && wrapper.variables == Variables::Assigned
                {
                    inner.environment = crate::platform::Environment::new();
                }
                at += 1;
            }
            _ if wrapper.variables == Variables::Assigned && beginning.contains('=') => {
                let (name, _) = beginning.split_once('=')?;
                with_variable(&mut inner.environment, name, &word.behind(name.len() + 1));
                at += 1;
            }
            _ if own == 0 => break,
            _ => {
                if let Own::Command(command) = wrapper.own
                    && word.as_str() != Some(command)
                {
                    return None;
                }
                own -= 1;
                at += 1;
            }
        }
    }
    Some(words.get(at..).unwrap_or_default())
}
