//! Poolers beside PgBouncer.

use super::{by_variables, container, entries, number, numbers, with_files};
use crate::program::pgbouncer::{Pooler, pooler};
use crate::source::{Memory, Sources};

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
