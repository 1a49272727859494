//! Poolers in containers, held against a running PgBouncer (`fixtures/pgbouncer/answers.json`) and by hand.

use serde_json::Value as Json;

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

/// What the settings of one case come to, as PgBouncer shows them: `None` where it does not start.
fn shown(case: &Json, base: &str) -> (Option<Pooler>, Vec<String>) {
    let place = |text: &Json| text.as_str().unwrap().replace("@BASE@", base).replace("@DIR@", "/pgb");
    let mut files =
        vec![("pgbouncer.ini".to_owned(), place(&case["text"])), ("users.txt".to_owned(), String::new())];
    let others = case["files"].as_object().into_iter().flatten();
    files.extend(others.map(|(name, text)| (name.clone(), place(text))));
    let sources = Sources::new(Memory::new(files.iter().map(|(path, text)| (path.as_str(), text.as_str()))));
    let pooler =
        pooler(&sources, &container("x/pgbouncer:1.18.0", &["pgbouncer", "/pgb/pgbouncer.ini"], &[]))
            .unwrap();
    let messages = pooler.problems.iter().map(|problem| problem.message.clone()).collect();
    (Some(pooler).filter(|pooler| pooler.unread.is_none()), messages)
}

/// A number that PgBouncer 1.18 shows, in our meaning of it: a pool of 0 or less holds one connection.
fn size(shown: &Json) -> u64 {
    let number = shown.as_i64().or_else(|| shown.as_str()?.parse().ok()).unwrap();
    u64::try_from(number).ok().filter(|number| *number > 0).unwrap_or(1)
}

fn least_zero(shown: &Json) -> u64 {
    let number = shown.as_i64().or_else(|| shown.as_str()?.parse().ok()).unwrap();
    u64::try_from(number).unwrap_or(0)
}

fn hold_database(case: &str, pooler: &Pooler, ours: &Database, theirs: &Json) {
    let text = |value: &Option<Value>| value.as_ref().map(|value| value.as_str().unwrap().to_owned());
    let theirs_text = |key: &str| theirs[key].as_str().map(str::to_owned);
    assert_eq!(text(&ours.host), theirs_text("host"), "{case}: host");
    let port = text(&ours.port).map_or(5432, |port| i64::from(super::number::leading(&port)));
    assert_eq!(port, theirs["port"].as_i64().unwrap(), "{case}: port");
    let dbname = text(&ours.dbname).unwrap_or_else(|| ours.name.to_string());
    assert_eq!(Some(dbname), theirs_text("database"), "{case}: database");
    assert_eq!(text(&ours.user), theirs_text("force_user"), "{case}: user");
    assert_eq!(ours.pool_mode.as_ref().map(Text::to_string), theirs_text("pool_mode"), "{case}: mode");
    let pool = ours.pool_size.as_ref().or(Some(&pooler.default_pool_size));
    assert_eq!(number(pool), Some(size(&theirs["pool_size"])), "{case}: pool_size");
    let reserve = ours.reserve_pool_size.as_ref().or(Some(&pooler.reserve_pool_size));
    assert_eq!(number(reserve), Some(least_zero(&theirs["reserve_pool"])), "{case}: reserve");
    let most = ours.max_db_connections.as_ref().or(pooler.max_db_connections.as_ref());
    assert_eq!(
        number(most).unwrap_or(0),
        least_zero(&theirs["max_connections"]),
        "{case}: max_db_connections"
    );
}

#[test]
fn a_running_pgbouncer_reads_its_file_alike() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/pgbouncer/answers.json");
    let answers: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cases = answers["cases"].as_array().unwrap();
    assert!(cases.len() >= 150, "{}", cases.len());
    for recorded in cases {
        let case = recorded["case"].as_str().unwrap();
        let (pooler, messages) = shown(recorded, answers["base"].as_str().unwrap());
        if recorded.get("refused").is_some() {
            assert!(pooler.is_none(), "{case}: PgBouncer does not start");
            // A file that is included and not there is unknown to us: the tree may not hold all that the image does.
            let missing = recorded["refused"][0].as_str().unwrap().starts_with("could not load")
                || recorded["refused"][0].as_str().unwrap().contains("could not load file");
            assert!(missing || !messages.is_empty(), "{case}: no word on why");
            continue;
        }
        let Some(pooler) = pooler else { panic!("{case}: PgBouncer starts: {messages:?}") };
        let config = &recorded["config"];
        assert_eq!(
            number(Some(&pooler.max_client_conn)),
            Some(least_zero(&config["max_client_conn"])),
            "{case}"
        );
        assert_eq!(
            number(Some(&pooler.default_pool_size)),
            Some(size(&config["default_pool_size"])),
            "{case}"
        );
        assert_eq!(
            number(Some(&pooler.reserve_pool_size)),
            Some(least_zero(&config["reserve_pool_size"])),
            "{case}"
        );
        for (ours, name) in [
            (&pooler.max_db_connections, "max_db_connections"),
            (&pooler.max_user_connections, "max_user_connections"),
        ] {
            assert_eq!(number(ours.as_ref()).unwrap_or(0), least_zero(&config[name]), "{case}: {name}");
        }
        assert_eq!(pooler.mode.as_ref().map(Text::as_str), config["pool_mode"].as_str(), "{case}: pool_mode");
        let timeouts = &pooler.timeouts;
        for (ours, name) in [
            (&timeouts.server_idle, "server_idle_timeout"),
            (&timeouts.client_idle, "client_idle_timeout"),
            (&timeouts.server_lifetime, "server_lifetime"),
        ] {
            assert_eq!(
                ours.value.unwrap().as_secs().to_string(),
                config[name].as_str().unwrap(),
                "{case}: {name}"
            );
        }
        let ours: Vec<&Database> =
            pooler.databases.iter().filter(|entry| entry.name.as_str() != "*").collect();
        let theirs = recorded["databases"].as_array().unwrap();
        assert_eq!(ours.len(), theirs.len(), "{case}: databases");
        for entry in theirs {
            let found = ours.iter().find(|ours| entry["name"].as_str() == Some(ours.name.as_str()));
            hold_database(case, &pooler, found.unwrap_or_else(|| panic!("{case}: {entry}")), entry);
        }
        for user in &pooler.users {
            let theirs = recorded["users"]
                .as_array()
                .unwrap()
                .iter()
                .find(|theirs| theirs["name"] == user.name.as_str());
            let theirs = theirs.unwrap_or_else(|| panic!("{case}: {}", user.name));
            assert_eq!(
                user.pool_mode.as_ref().map(Text::as_str),
                theirs["pool_mode"].as_str(),
                "{case}: {}",
                user.name
            );
        }
    }
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
}

#[test]
fn other_poolers_are_never_silently_nothing() {
    const TOML: &str = "[general]\nport = 6432\n[pools.shop]\npool_mode = \"session\"\n[pools.shop.users.0]\nusername = \"app\"\n\
        password = \"p\"\npool_size = 9\n[pools.shop.shards.0]\nservers = [[\"pg1\", 5432, \"primary\"], [\"pg2\", 5433, \"replica\"]]\n\
        database = \"shop_db\"\n";
    let mounted = [("/etc/pgcat/pgcat.toml", "pgcat.toml")];
    let pooler =
        with_files("ghcr.io/postgresml/pgcat:latest", &[], &[("pgcat.toml", TOML)], &mounted).unwrap();
    assert_eq!(entries(&pooler), ["shop pg1:5432/shop_db app", "shop pg2:5433/shop_db app"]);
    assert_eq!(
        (number(pooler.databases[0].pool_size.as_ref()), pooler.max_client_conn.value.to_string().as_str()),
        (Some(9), "unbounded")
    );
    let broken =
        with_files("ghcr.io/postgresml/pgcat", &["pgcat"], &[("pgcat.toml", "[pools")], &mounted).unwrap();
    assert!(broken.unread.is_some() && broken.problems.len() == 1);

    let pooler = by_variables(
        "bitnami/pgpool:4",
        &[("PGPOOL_BACKEND_NODES", "0:pg-0:5432,1:pg-1"), ("PGPOOL_NUM_INIT_CHILDREN", "10")],
    );
    assert_eq!(entries(&pooler), ["* pg-0:5432/- -", "* pg-1:-/- -"]);
    assert_eq!(numbers(&pooler), "session 10 150 0 150 none", "bitnami's max_pool is 15");
    let conf = "# num_init_children = 5\nnum_init_children = 8 # clients\nmax_pool = '2'\nbackend_hostname0 = 'pg'\n";
    let mounted = [("/etc/pgpool2/pgpool.conf", "pgpool.conf")];
    let pooler = with_files("pgpool/pgpool:4.4", &[], &[("pgpool.conf", conf)], &mounted).unwrap();
    assert_eq!(
        (numbers(&pooler).as_str(), entries(&pooler)[0].as_str()),
        ("session 8 16 0 16 none", "* pg:-/- -")
    );

    for (image, program) in [
        ("supabase/supavisor:2", "supavisor"),
        ("yandex/odyssey", "odyssey"),
        ("pgdogdev/pgdog", "pgdog"),
        ("pgpool/pgpool", "pgpool"),
    ] {
        let pooler = by_variables(image, &[]);
        assert_eq!((pooler.program, pooler.unread.is_some()), (program, true), "{image}");
    }
    assert!(pooler_of("shop/odyssey-frontend").is_none() && pooler_of("postgres:16").is_none());
}

fn pooler_of(image: &str) -> Option<Pooler> {
    pooler(&Sources::new(Memory::new([])), &container(image, &[], &[]))
}
