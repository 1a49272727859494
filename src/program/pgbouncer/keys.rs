//! Which settings PgBouncer knows, and since when (`src/main.c` and `src/loader.c` at the tags 1.12 to 1.25). A key that it
//! does not know stops it. Where the tags leave open which of two releases brought a key, the earlier one stands here.

/// A release: the number behind `1.`.
pub(super) type Release = u64;

/// What a value has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A whole number.
    Number,
    /// A time in seconds.
    Seconds,
    /// One of these words, in letters of either size.
    Word(&'static [&'static str]),
    /// Anything.
    Text,
}

/// How a client's connection keeps its server's.
pub(super) const MODES: &[&str] = &["session", "transaction", "statement"];
const AUTH: &[&str] =
    &["any", "trust", "plain", "crypt", "md5", "cert", "hba", "pam", "ldap", "scram-sha-256"];
const SSL: &[&str] = &["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/// The settings of `[pgbouncer]` that hold numbers, and the release that brought each.
const NUMBERS: &[(&str, Release)] = &[
    ("application_name_add_host", 0),
    ("default_pool_size", 0),
    ("disable_pqexec", 0),
    ("listen_backlog", 0),
    ("listen_port", 0),
    ("log_connections", 0),
    ("log_disconnections", 0),
    ("log_pooler_errors", 0),
    ("log_stats", 0),
    ("max_client_conn", 0),
    ("max_db_client_connections", 24),
    ("max_db_connections", 0),
    ("max_packet_size", 0),
    ("max_prepared_statements", 21),
    ("max_user_client_connections", 24),
    ("max_user_connections", 0),
    ("min_pool_size", 0),
    ("peer_id", 19),
    ("pkt_buf", 0),
    ("query_wait_notify", 25),
    ("reserve_pool_size", 0),
    ("sbuf_loopcnt", 0),
    ("scram_iterations", 25),
    ("server_fast_close", 0),
    ("server_reset_query_always", 0),
    ("server_round_robin", 0),
    ("so_reuseport", 0),
    ("stats_period", 0),
    ("syslog", 0),
    ("tcp_keepalive", 0),
    ("tcp_keepcnt", 0),
    ("tcp_keepidle", 0),
    ("tcp_keepintvl", 0),
    ("tcp_socket_buffer", 0),
    ("tcp_user_timeout", 0),
    ("unix_socket_mode", 0),
    ("verbose", 0),
];

const SECONDS: &[(&str, Release)] = &[
    ("autodb_idle_timeout", 0),
    ("cancel_wait_timeout", 19),
    ("client_idle_timeout", 0),
    ("client_login_timeout", 0),
    ("dns_max_ttl", 0),
    ("dns_nxdomain_ttl", 0),
    ("dns_zone_check_period", 0),
    ("idle_transaction_timeout", 0),
    ("pool_idle_timeout", 26),
    ("query_timeout", 0),
    ("query_wait_timeout", 0),
    ("reserve_pool_timeout", 0),
    ("server_check_delay", 0),
    ("server_connect_timeout", 0),
    ("server_idle_timeout", 0),
    ("server_lifetime", 0),
    ("server_login_retry", 0),
    ("suspend_timeout", 0),
    ("transaction_timeout", 25),
];

const TEXTS: &[(&str, Release)] = &[
    ("admin_users", 0),
    ("auth_dbname", 19),
    ("auth_file", 0),
    ("auth_hba_file", 0),
    ("auth_ident_file", 23),
    ("auth_ldap_options", 25),
    ("auth_query", 0),
    ("auth_user", 0),
    ("client_tls13_ciphers", 25),
    ("client_tls_ca_file", 0),
    ("client_tls_cert_file", 0),
    ("client_tls_ciphers", 0),
    ("client_tls_dheparams", 0),
    ("client_tls_ecdhcurve", 0),
    ("client_tls_key_file", 0),
    ("client_tls_protocols", 0),
    ("conffile", 0),
    ("ignore_startup_parameters", 0),
    ("job_name", 0),
    ("listen_addr", 0),
    ("logfile", 0),
    ("login_notify_message", 26),
    ("pidfile", 0),
    ("resolv_conf", 0),
    ("server_check_query", 0),
    ("server_reset_query", 0),
    ("server_tls13_ciphers", 25),
    ("server_tls_ca_file", 0),
    ("server_tls_cert_file", 0),
    ("server_tls_ciphers", 0),
    ("server_tls_key_file", 0),
    ("server_tls_protocols", 0),
    ("service_name", 0),
    ("stats_users", 0),
    ("syslog_facility", 0),
    ("syslog_ident", 0),
    ("tcp_defer_accept", 0),
    ("track_extra_parameters", 20),
    ("unix_socket_dir", 0),
    ("unix_socket_group", 0),
    ("user", 0),
];

/// The keys of an entry of `[databases]`. A number in one is whatever digits it begins with.
const DATABASE: &[(&str, Release)] = &[
    ("application_name", 0),
    ("auth_dbname", 19),
    ("auth_query", 22),
    ("auth_user", 0),
    ("client_encoding", 0),
    ("connect_query", 0),
    ("datestyle", 0),
    ("dbname", 0),
    ("host", 0),
    ("load_balance_hosts", 24),
    ("max_db_client_connections", 24),
    ("max_db_connections", 0),
    ("min_pool_size", 0),
    ("password", 0),
    ("pool_mode", 0),
    ("pool_size", 0),
    ("port", 0),
    ("query_wait_timeout", 25),
    ("reserve_pool", 0),
    ("reserve_pool_size", 24),
    ("server_lifetime", 23),
    ("timezone", 0),
    ("user", 0),
];

/// The keys of a user of `[users]`.
const USER: &[(&str, Release)] = &[
    ("client_idle_timeout", 24),
    ("idle_transaction_timeout", 24),
    ("max_user_client_connections", 24),
    ("max_user_connections", 0),
    ("pool_mode", 0),
    ("pool_size", 23),
    ("query_timeout", 24),
    ("query_wait_timeout", 25),
    ("reserve_pool_size", 24),
    ("transaction_timeout", 25),
];

/// Which keys are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Those of `[pgbouncer]`.
    Main,
    /// Those of an entry of `[databases]`.
    Database,
    /// Those of a user of `[users]`.
    User,
}

/// Why a key is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    /// No release knows it.
    Never,
    /// It came with a later release than the one that runs.
    Later(Release),
}

/// What the value of `key` has to be; an unknown `release` may be the latest.
pub(super) fn kind(
    place: Place,
    key: &str,
    release: Option<Release>,
) -> Result<(&'static str, Kind), Unknown> {
    let tables: &[(&[(&'static str, Release)], Kind)] = match place {
        Place::Main => &[(NUMBERS, Kind::Number), (SECONDS, Kind::Seconds), (TEXTS, Kind::Text)],
        Place::Database => &[(DATABASE, Kind::Text)],
        Place::User => &[(USER, Kind::Text)],
    };
    let words: &[(&'static str, &'static [&'static str])] = match place {
        Place::Main => &[
            ("auth_type", AUTH),
            ("client_tls_sslmode", SSL),
            ("pool_mode", MODES),
            ("server_tls_sslmode", SSL),
        ],
        Place::Database | Place::User => &[("pool_mode", MODES)],
    };
    if let Some((name, list)) = words.iter().find(|(name, _)| *name == key) {
        return Ok((name, Kind::Word(list)));
    }
    let found =
        tables.iter().find_map(|(table, kind)| Some((table.iter().find(|(name, _)| *name == key)?, *kind)));
    match found {
        None => Err(Unknown::Never),
        Some(((_, since), _)) if release.is_some_and(|release| release < *since) => {
            Err(Unknown::Later(*since))
        }
        Some(((name, _), kind)) => Ok((name, kind)),
    }
}
