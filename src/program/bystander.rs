//! Programs that open no connection to PostgreSQL, however long they run.

/// Servers and tools of other kinds, and those that only put jobs into Redis (rqscheduler). Sorted. (PgBouncer, exporters and backup tools dial: they are not here.)
const OTHERS: [&str; 45] = [
    "arq-dashboard",
    "azurite",
    "azurite-blob",
    "caddy",
    "certbot",
    "clickhouse-server",
    "cloudflared",
    "elasticsearch",
    "etcd",
    "haproxy",
    "httpd",
    "influxd",
    "initdb",
    "kafka-server-start.sh",
    "localstack",
    "loki",
    "mailhog",
    "mailpit",
    "mc",
    "memcached",
    "minio",
    "mongod",
    "mosquitto",
    "mysqld",
    "nats-server",
    "nginx",
    "opensearch",
    "postgres",
    "postmaster",
    "prometheus",
    "promtail",
    "qdrant",
    "rabbitmq-server",
    "redis-commander",
    "redis-sentinel",
    "redis-server",
    "redpanda",
    "rq-dashboard",
    "rqscheduler",
    "ssh",
    "sshd",
    "traefik",
    "valkey-server",
    "vault",
    "zookeeper",
];

/// Commands of the shell and small tools that some containers are started with. Sorted.
const IDLE: [&str; 35] = [
    ":", "apk", "apt-get", "cat", "chmod", "chown", "cp", "curl", "date", "echo", "exit", "false", "find",
    "grep", "id", "ln", "ls", "mkdir", "mv", "nc", "pip", "printf", "rm", "sed", "sleep", "tail", "tar",
    "tee", "test", "touch", "true", "wget", "which", "whoami", "yes",
];

/// Whether the program `name` dials no PostgreSQL.
pub(super) fn is_bystander(name: &str) -> bool {
    OTHERS.binary_search(&name).is_ok() || IDLE.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{IDLE, OTHERS, is_bystander};

    #[test]
    fn the_lists_are_sorted() {
        assert!(OTHERS.is_sorted() && IDLE.is_sorted());
        assert!(is_bystander("redis-server") && !is_bystander("pgbouncer"));
    }
}
