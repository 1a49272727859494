//! Poolers in containers.

mod answers;
mod others;

use super::{Database, Pooler, pooler};
use crate::platform::{Container, Environment, FileView};
use crate::program::Value;
use crate::source::{Memory, Sources, TreePath};
use crate::trace::{Count, Text, Trail};

/// A container of `image` that runs `words` and sees the tree at `/pgb`.
fn container(image: &str, words: &[&str], variables: &[(&str, &str)]) -> Container {
    let text = |word: &str| Text::traced(word, Trail::default_of("test", None));
    let mut environment = Environment::new();
    for (name, value) in variables {
        environment.set(name, text(value));
    }
    let mut files = FileView::new();
    files.add("/pgb", TreePath::root());
    Container {
        words: words.iter().map(|word| text(word)).collect(),
        environment,
        working_dir: "/".to_owned(),
        files,
        image: Some(text(image)),
        ..Container::default()
    }
}

fn number(count: Option<&Count>) -> Option<u64> {
    count.and_then(|count| count.value.number())
}

/// The pooler of `image` with `variables` and no file.
fn by_variables(image: &str, variables: &[(&str, &str)]) -> Pooler {
    pooler(&Sources::new(Memory::new([])), &container(image, &[], variables)).unwrap()
}

/// Each entry in short: `name host:port/dbname user`.
fn entries(pooler: &Pooler) -> Vec<String> {
    let text =
        |value: &Option<Value>| value.as_ref().map_or("-", |value| value.as_str().unwrap_or("?")).to_owned();
    let entry = |entry: &Database| {
        format!(
            "{} {}:{}/{} {}",
            entry.name,
            text(&entry.host),
            text(&entry.port),
            text(&entry.dbname),
            text(&entry.user)
        )
    };
    pooler.databases.iter().map(entry).collect()
}

/// Mode, clients, pool, reserve, and the limits of an entry and a user.
fn numbers(pooler: &Pooler) -> String {
    let limit =
        |count: &Option<Count>| count.as_ref().map_or("none".to_owned(), |count| count.value.to_string());
    format!(
        "{} {} {} {} {} {}",
        pooler.mode.as_ref().map_or("?", Text::as_str),
        pooler.max_client_conn.value,
        pooler.default_pool_size.value,
        pooler.reserve_pool_size.value,
        limit(&pooler.max_db_connections),
        limit(&pooler.max_user_connections)
    )
}

#[test]
fn edoburu_writes_its_file_out_of_variables() {
    let pooler = by_variables(
        "edoburu/pgbouncer:latest",
        &[
            ("DATABASE_URL", "postgres://postgres:my:secret@postgres:5432/mcp"),
            ("POOL_MODE", "transaction"),
            ("MAX_CLIENT_CONN", "5000"),
            ("DEFAULT_POOL_SIZE", "600"),
            ("RESERVE_POOL_SIZE", "150"),
            ("RESERVE_POOL_TIMEOUT", "2"),
            ("MAX_DB_CONNECTIONS", "700"),
            ("MAX_USER_CONNECTIONS", "700"),
            ("SERVER_IDLE_TIMEOUT", "600"),
        ],
    );
    assert_eq!(numbers(&pooler), "transaction 5000 600 150 700 700");
    assert_eq!(entries(&pooler), ["mcp postgres:5432/- -"]);
    assert_eq!(pooler.known_users, Some(vec!["postgres".to_owned()]));
    assert!(pooler.databases[0].auth_query.is_some() && pooler.unread.is_none());

    let pooler = by_variables(
        "edoburu/pgbouncer:1.12.0",
        &[("DB_HOST", "db"), ("DB_USER", "app"), ("DB_NAME", "shop")],
    );
    assert_eq!(
        (numbers(&pooler).as_str(), entries(&pooler)[0].as_str()),
        ("session 100 20 0 none none", "shop db:5432/- app")
    );
    let pooler =
        by_variables("edoburu/pgbouncer", &[("DATABASE_URLS", "postgres://a@h1/x,postgres://b:p@h2:6/y")]);
    assert_eq!(entries(&pooler), ["x h1:5432/- -", "y h2:6/- -"]);
    assert_eq!(pooler.known_users, Some(vec!["b".to_owned()]));
}

#[test]
fn what_stops_edoburus_image_is_said_at_the_variable() {
    for (variables, word) in [
        (vec![("DB_HOST", "db"), ("POOL_SIZE", "5")], "`pool_size` is no setting of [pgbouncer]"),
        (vec![("DB_HOST", "db"), ("DEFAULT_POOL_SIZE", "lots")], "not a whole number"),
        (vec![("DB_HOST", "db"), ("CLIENT_ENCODING", "UTF8")], "CLIENT_ENCODING"),
        (vec![("DB_NAME", "x")], "DB_HOST is not set"),
        (vec![("DATABASE_URL", "postgres://u:p@h/x?sslmode=require")], "first `/`"),
    ] {
        let pooler = by_variables("edoburu/pgbouncer", &variables);
        let Some(crate::trace::Bound::Unknown(unknown)) = pooler.unread.as_ref().map(|lost| &lost.value)
        else {
            panic!("{variables:?}: is read")
        };
        assert!(unknown.why.contains(word), "{variables:?}: {}", unknown.why);
        assert!(pooler.default_pool_size.value.is_unknown());
    }
}

#[test]
fn other_images_have_variables_of_their_own() {
    let pooler = by_variables(
        "bitnami/pgbouncer:1.23.1",
        &[
            ("POSTGRESQL_HOST", "pg"),
            ("POSTGRESQL_USERNAME", "app"),
            ("PGBOUNCER_DATABASE", "shop"),
            ("PGBOUNCER_SET_DATABASE_USER", "yes"),
            ("PGBOUNCER_POOL_MODE", "transaction"),
            ("PGBOUNCER_DEFAULT_POOL_SIZE", "25"),
            ("PGBOUNCER_MAX_USER_CONNECTIONS", "9"),
            ("POOL_MODE", "statement"),
            ("PGBOUNCER_DSN_0", "second=host=pg2 port=6 dbname=d pool_size=0"),
        ],
    );
    assert_eq!(
        numbers(&pooler),
        "transaction 100 25 0 none none",
        "there is no variable for max_user_connections"
    );
    assert_eq!(entries(&pooler), ["shop pg:5432/shop app", "second pg2:6/d -"]);
    assert_eq!(number(pooler.databases[1].pool_size.as_ref()), Some(1), "0 is 1 before 1.24");
    let pooler = by_variables(
        "pgbouncer/pgbouncer",
        &[
            ("DATABASES_HOST", "pg"),
            ("DATABASES_USER", "u"),
            ("DATABASES_POOL_SIZE", "7"),
            ("PGBOUNCER_POOL_MODE", "statement"),
        ],
    );
    assert_eq!(
        (numbers(&pooler).as_str(), entries(&pooler)[0].as_str()),
        ("statement 100 20 0 none none", "* pg:5432/- u")
    );
    assert_eq!(number(pooler.databases[0].pool_size.as_ref()), Some(7));
    let pooler = by_variables("brainsam/pgbouncer:1.7.2", &[("DB_HOST", "pg"), ("DEFAULT_POOL_SIZE", "3")]);
    assert_eq!(
        (numbers(&pooler).as_str(), entries(&pooler)[0].as_str()),
        ("session 100 3 0 none none", "* pg:5432/- postgres")
    );
    // Of an image that is not known, what is called as a setting is one, and what nobody sets is not known.
    let pooler = by_variables(
        "rmccaffrey/pgbouncer:latest",
        &[("DATABASE_URL", "postgres://u:p@db:5432/x"), ("DEFAULT_POOL_SIZE", "40")],
    );
    assert_eq!(pooler.default_pool_size.value.to_string(), "40");
    assert!(pooler.reserve_pool_size.value.is_unknown() && pooler.max_client_conn.value.is_unknown());
    assert!(by_variables("icoretech/pgbouncer-docker:1.24.1", &[]).unread.is_some());
}

#[test]
fn zero_is_the_worse_of_its_meanings_where_the_release_is_not_known() {
    for (tag, pool) in [("latest", "unbounded"), ("v1.24.1-p0", "unbounded"), ("1.23.1", "1")] {
        let pooler = by_variables(
            &format!("edoburu/pgbouncer:{tag}"),
            &[("DB_HOST", "db"), ("DEFAULT_POOL_SIZE", "0")],
        );
        assert_eq!(pooler.default_pool_size.value.to_string(), pool, "{tag}");
    }
    let pooler = by_variables(
        "edoburu/pgbouncer",
        &[("DB_HOST", "db"), ("RESERVE_POOL_SIZE", "5"), ("RESERVE_POOL_TIMEOUT", "0")],
    );
    assert_eq!(pooler.reserve_pool_size.value.to_string(), "0", "no client ever waits long enough");
}

const INI: &str = "[databases]\n* = host=db user=app pool_size=5\n[pgbouncer]\nauth_file = /pgb/users\nauth_user = x\ndefault_pool_size = 9\n";

fn with_files(
    image: &str,
    words: &[&str],
    files: &[(&str, &str)],
    mounts: &[(&str, &str)],
) -> Option<Pooler> {
    let mut container = container(image, words, &[("DB_HOST", "elsewhere")]);
    for (inside, source) in mounts {
        container.files.add(inside, TreePath::new(source));
    }
    pooler(&Sources::new(Memory::new(files.iter().copied())), &container)
}

#[test]
fn a_file_that_is_mounted_or_named_is_what_counts() {
    let files = [("p.ini", INI), ("users", "\"a\" \"x\"\n\"b\"\"c\" \"\"\n")];
    let mounted = [("/etc/pgbouncer/pgbouncer.ini", "p.ini")];
    let pooler = with_files("edoburu/pgbouncer", &[], &files, &mounted).unwrap();
    assert_eq!(
        (numbers(&pooler).as_str(), entries(&pooler)[0].as_str()),
        ("session 100 9 0 none none", "* db:-/- app")
    );
    assert_eq!(pooler.known_users, Some(vec!["a".to_owned(), "b\"c".to_owned()]));
    assert!(pooler.auth_query.is_some());
    assert_eq!(pooler.read, [TreePath::new("p.ini"), TreePath::new("users")]);
    for words in [
        &["pgbouncer", "-qu", "postgres", "/pgb/p.ini"][..],
        &["/usr/bin/pgbouncer", "-d", "/pgb/p.ini"],
        &["sh", "-c", "exec pgbouncer -u nobody /pgb/p.ini"],
        &["/pgb/start.sh"],
    ] {
        let files = [files[0], files[1], ("start.sh", "#!/bin/sh\nset -e\nexec pgbouncer /pgb/p.ini\n")];
        let pooler = with_files("debian:12", words, &files, &[]).unwrap();
        assert_eq!(numbers(&pooler), "session 100 9 0 none none", "{words:?}");
        assert_eq!(pooler.processes.value.to_string(), "1");
    }
    let twice = ["sh", "-c", "pgbouncer -d /pgb/p.ini; pgbouncer -d /pgb/p.ini; sleep infinity"];
    assert_eq!(with_files("debian:12", &twice, &files, &[]).unwrap().processes.value.to_string(), "2");
    assert!(with_files("debian:12", &["sleep", "1"], &files, &[]).is_none());
    assert!(
        with_files("edoburu/pgbouncer", &["psql", "-h", "db"], &files, &[]).is_none(),
        "it runs something else"
    );
}

#[test]
fn a_file_that_the_image_writes_over_does_not_count() {
    let sources = Sources::new(Memory::new([("p.ini", INI)]));
    let size = |container: &Container| number(Some(&pooler(&sources, container).unwrap().default_pool_size));
    let words = ["pgbouncer", "/etc/pgbouncer/pgbouncer.ini"];
    let variables = [("DATABASES_HOST", "pg"), ("PGBOUNCER_DEFAULT_POOL_SIZE", "5")];
    // Its words are given to an entrypoint that takes none, unless there is another.
    for (words, has_entrypoint, variables, expected) in [
        (&[][..], false, &variables[..], 5),
        (&words, false, &variables, 5),
        (&words, true, &variables, 9),
        (&[], false, &variables[1..], 9),
    ] {
        let mut own = container("pgbouncer/pgbouncer", words, variables);
        own.files.add("/etc/pgbouncer/pgbouncer.ini", TreePath::new("p.ini"));
        own.has_entrypoint = has_entrypoint;
        assert_eq!(size(&own), Some(expected), "{words:?} {has_entrypoint} {variables:?}");
    }
    let mut other = container("edoburu/pgbouncer", &[], &[("DB_HOST", "pg"), ("DEFAULT_POOL_SIZE", "5")]);
    other.files.add("/etc/pgbouncer/pgbouncer.ini", TreePath::new("p.ini"));
    assert_eq!(size(&other), Some(9), "edoburu's writes a file only where there is none");
}

#[test]
fn without_an_entry_no_client_is_taken() {
    for text in ["[pgbouncer]\n", "[databases]\n[pgbouncer]\ndefault_pool_size = 9\n"] {
        let pooler = with_files("debian:12", &["pgbouncer", "/pgb/p.ini"], &[("p.ini", text)], &[]).unwrap();
        assert_eq!((pooler.databases.len(), pooler.problems.len()), (0, 1), "{text}");
        assert!(pooler.problems[0].message.contains("refuses every client"), "{text}");
    }
}

#[test]
fn a_file_that_is_not_here_or_made_at_start_is_said_to_be_unknown() {
    let why = |pooler: Option<Pooler>| match pooler.unwrap().unread.unwrap().value {
        crate::trace::Bound::Unknown(unknown) => unknown.why.to_string(),
        known => panic!("{known}"),
    };
    let mounted = [("/etc/pgbouncer/pgbouncer.ini", "config/p.ini")];
    assert!(
        why(with_files("edoburu/pgbouncer", &[], &[], &mounted)).contains("config/p.ini, which is not among")
    );
    let made = ["sh", "-c", "envsubst < /t > /pgb/p.ini && pgbouncer /pgb/p.ini"];
    assert!(why(with_files("debian:12", &made, &[("p.ini", INI)], &[])).contains("a script makes"));
    assert!(
        why(with_files("debian:12", &["pgbouncer", "/x.ini"], &[], &[]))
            .contains("/x.ini, which is not among")
    );
    assert!(why(with_files("debian:12", &["pgbouncer", "-d"], &[], &[])).contains("no configuration file"));
    let script = "#!/bin/sh\ncat > \"$CONFIG\" <<EOF\n[pgbouncer]\ndefault_pool_size = $SIZE\nEOF\nexec pgbouncer /etc/pgbouncer/pgbouncer.ini\n";
    let own = why(with_files("edoburu/pgbouncer", &["/pgb/run.sh"], &[("run.sh", script)], &[]));
    assert!(own.contains("a script makes"), "{own}");
    // Whatever runs there, it reads this file.
    let mounted = [("/etc/pgbouncer/pgbouncer.ini", "p.ini")];
    assert!(with_files("own/pooling", &[], &[("p.ini", INI)], &mounted).unwrap().unread.is_none());
}

#[test]
fn a_text_of_the_compose_file_is_a_file_and_what_builds_the_image_may_change_one() {
    let sources = Sources::new(Memory::new([("p.ini", INI)]));
    let mut own = container("edoburu/pgbouncer", &[], &[]);
    own.files.add_text("/etc/pgbouncer/pgbouncer.ini", Text::traced(INI, Trail::default_of("test", None)));
    assert_eq!(numbers(&pooler(&sources, &own).unwrap()), "session 100 9 0 none none");
    let mut built = container("alpine:3", &["pgbouncer", "/pgb/p.ini"], &[]);
    built
        .built_by
        .push(Text::traced("apk add pgbouncer && sed -i s/a/b/ /etc/hosts", Trail::default_of("test", None)));
    assert!(pooler(&sources, &built).unwrap().unread.is_none());
    built.built_by.push(Text::traced("sed -i s/9/90/ /pgb/p.ini", Trail::default_of("test", None)));
    assert!(pooler(&sources, &built).unwrap().unread.is_some());
}

#[test]
fn where_a_refused_file_dials_is_known_all_the_same() {
    let text = "[databases]\na = host=db foo=1 port=6000 pool_size=3\n[pgbouncer]\nmax_client_conn = many\n";
    let pooler = with_files("debian:12", &["pgbouncer", "/pgb/p.ini"], &[("p.ini", text)], &[]).unwrap();
    assert_eq!(entries(&pooler), ["a db:6000/- -"]);
    assert!(pooler.databases[0].pool_size.is_none() && pooler.default_pool_size.value.is_unknown());
    assert_eq!(pooler.problems.len(), 2);
}

#[test]
fn variables_that_decide_a_pooler_are_on_the_list() {
    for name in super::names::DECISIVE {
        for name in [name.to_ascii_uppercase(), format!("PGBOUNCER_{}", name.to_ascii_uppercase())] {
            assert!(crate::platform::decides(&name), "{name}");
        }
    }
}
