//! The fields of a compose file and what each may be.

/// The forms that a value may have, one of them.
pub(super) type Shape = &'static [Form];

/// One form of a value.
pub(super) enum Form {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Whole,
    /// A whole number not under and not over these.
    Within(i128, i128),
    /// Any number.
    Number,
    /// A string.
    Text,
    /// One of these strings.
    Word(&'static [&'static str]),
    /// A list of such items.
    List(Shape),
    /// A list of such items, each once.
    Set(Shape),
    /// A mapping.
    Map(Fields),
}

/// The fields of a mapping.
pub(super) struct Fields {
    /// Names, and what stands behind each of them.
    pub(super) known: &'static [(&'static [&'static str], Shape)],
    /// Those that have to be there.
    pub(super) needed: &'static [&'static str],
    /// Everything else.
    pub(super) others: Others,
}

/// What a mapping may hold besides its known fields.
#[derive(Clone, Copy)]
pub(super) enum Others {
    /// Nothing.
    None,
    /// `x-…`.
    Extensions,
    /// Anything.
    Any,
    /// Any key, with such values.
    Each(Shape),
    /// Keys that are names of services and their like, with such values.
    Named(Shape),
}

const fn fields(known: &'static [(&'static [&'static str], Shape)]) -> Fields {
    Fields { known, needed: &[], others: Others::Extensions }
}

const fn each(others: Others) -> Fields {
    Fields { known: &[], needed: &[], others }
}

const TEXT: Shape = &[Form::Text];
const TEXTS: Shape = &[Form::List(TEXT)];
const TEXTS_ONCE: Shape = &[Form::Set(TEXT)];
const TEXT_OR_TEXTS: Shape = &[Form::Text, Form::List(TEXT)];
const TEXT_OR_TEXTS_ONCE: Shape = &[Form::Text, Form::Set(TEXT)];
const NUMBERS_OR_TEXTS_ONCE: Shape = &[Form::Set(&[Form::Text, Form::Number])];
const FLAG: Shape = &[Form::Boolean, Form::Text];
const WHOLE: Shape = &[Form::Whole, Form::Text];
const NUMBER: Shape = &[Form::Number, Form::Text];
const ANY_MAP: Shape = &[Form::Map(each(Others::Any))];
const ANY_LIST: Shape = &[Form::List(&[Form::Text, Form::Map(each(Others::Any))])];
const COMMAND: Shape = &[Form::Null, Form::Text, Form::List(TEXT)];
/// `KEY: value`, or a list of `KEY=value`.
const PAIRS: Shape =
    &[Form::Map(each(Others::Each(&[Form::Text, Form::Number, Form::Boolean, Form::Null]))), Form::Set(TEXT)];
const TEXT_OR_NUMBER_BY_KEY: Shape = &[Form::Map(each(Others::Each(NUMBER)))];
const HOSTS: Shape = &[Form::Map(each(Others::Each(&[Form::Text, Form::List(TEXT)]))), Form::Set(TEXT)];

/// A whole compose file.
pub(super) const FILE: Fields = fields(&[
    (&["version", "name"], TEXT),
    (&["include"], &[Form::List(&[Form::Text, Form::Map(INCLUDE)])]),
    (&["services"], &[Form::Map(each(Others::Named(&[Form::Map(SERVICE)])))]),
    (
        &["networks"],
        &[Form::Map(Fields {
            known: &[],
            needed: &[],
            others: Others::Each(&[Form::Null, Form::Map(NETWORK)]),
        })],
    ),
    (&["volumes"], &[Form::Map(each(Others::Named(&[Form::Null, Form::Map(VOLUME)])))]),
    (&["secrets"], &[Form::Map(each(Others::Named(&[Form::Map(SECRET)])))]),
    (&["configs"], &[Form::Map(each(Others::Named(&[Form::Map(CONFIG)])))]),
]);

const INCLUDE: Fields = Fields {
    known: &[(&["path", "env_file"], TEXT_OR_TEXTS_ONCE), (&["project_directory"], TEXT)],
    needed: &[],
    others: Others::None,
};

const SERVICE: Fields = fields(&[
    (
        &[
            "cgroup_parent",
            "container_name",
            "cpuset",
            "domainname",
            "hostname",
            "image",
            "ipc",
            "isolation",
            "mac_address",
            "network_mode",
            "platform",
            "restart",
            "runtime",
            "stop_grace_period",
            "stop_signal",
            "user",
            "userns_mode",
            "uts",
            "working_dir",
        ],
        TEXT,
    ),
    (&["command", "entrypoint"], COMMAND),
    (&["environment", "annotations", "labels", "sysctls"], PAIRS),
    (
        &[
            "cap_add",
            "cap_drop",
            "device_cgroup_rules",
            "dns_opt",
            "external_links",
            "links",
            "profiles",
            "security_opt",
            "volumes_from",
        ],
        TEXTS_ONCE,
    ),
    (&["dns", "dns_search", "tmpfs"], TEXT_OR_TEXTS_ONCE),
    (&["label_file"], TEXT_OR_TEXTS),
    (&["expose", "group_add"], NUMBERS_OR_TEXTS_ONCE),
    (&["attach", "init", "oom_kill_disable", "privileged", "read_only", "stdin_open", "tty"], FLAG),
    (&["scale", "mem_reservation", "mem_swappiness"], WHOLE),
    (
        &[
            "cpu_period",
            "cpu_quota",
            "cpu_rt_period",
            "cpu_rt_runtime",
            "cpu_shares",
            "cpus",
            "mem_limit",
            "memswap_limit",
            "pids_limit",
            "shm_size",
        ],
        NUMBER,
    ),
    (&["cpu_count"], &[Form::Text, Form::Within(0, i128::MAX)]),
    (&["cpu_percent"], &[Form::Text, Form::Within(0, 100)]),
    (&["oom_score_adj"], &[Form::Text, Form::Within(-1000, 1000)]),
    (&["pid"], &[Form::Text, Form::Null]),
    (&["cgroup"], &[Form::Word(&["host", "private"])]),
    (&["pull_policy"], &[Form::Word(&["always", "never", "if_not_present", "build", "missing"])]),
    (&["build"], &[Form::Text, Form::Map(BUILD)]),
    (&["deploy"], &[Form::Null, Form::Map(DEPLOY)]),
    (&["depends_on"], &[Form::Set(TEXT), Form::Map(each(Others::Named(&[Form::Map(DEPENDENCY)])))]),
    (&["env_file"], &[Form::Text, Form::List(&[Form::Text, Form::Map(ENV_FILE)])]),
    (&["extends"], &[Form::Text, Form::Map(EXTENDS)]),
    (&["extra_hosts"], HOSTS),
    (&["configs", "secrets"], FILES),
    (&["healthcheck"], &[Form::Map(HEALTHCHECK)]),
    (&["logging"], &[Form::Map(LOGGING)]),
    (&["networks"], &[Form::Set(TEXT), Form::Map(each(Others::Named(&[Form::Null, Form::Map(ATTACHMENT)])))]),
    (&["ports"], &[Form::Set(&[Form::Number, Form::Text, Form::Map(PORT)])]),
    (&["volumes"], &[Form::Set(&[Form::Text, Form::Map(MOUNT)])]),
    (&["ulimits"], ULIMITS),
    (&["devices", "post_start", "pre_stop"], ANY_LIST),
    (&["gpus"], &[Form::Word(&["all"]), Form::List(ANY_MAP)]),
    (&["blkio_config", "credential_spec", "storage_opt"], ANY_MAP),
    (&["develop"], &[Form::Null, Form::Map(fields(&[(&["watch"], &[Form::List(&[Form::Map(WATCH)])])]))]),
]);

const BUILD: Fields = fields(&[
    (&["context", "dockerfile", "dockerfile_inline", "network", "target", "isolation"], TEXT),
    (&["args", "ssh", "labels", "additional_contexts"], PAIRS),
    (&["cache_from", "cache_to", "entitlements", "tags", "platforms"], TEXTS),
    (&["no_cache", "pull", "privileged"], FLAG),
    (&["shm_size"], WHOLE),
    (&["extra_hosts"], HOSTS),
    (&["secrets"], FILES),
    (&["ulimits"], ULIMITS),
]);

const DEPLOY: Fields = fields(&[
    (&["mode", "endpoint_mode"], TEXT),
    (&["replicas"], WHOLE),
    (&["labels"], PAIRS),
    (&["rollback_config", "update_config"], &[Form::Map(UPDATE)]),
    (
        &["resources"],
        &[Form::Map(fields(&[
            (&["limits"], &[Form::Map(LIMITS)]),
            (&["reservations"], &[Form::Map(RESERVATIONS)]),
        ]))],
    ),
    (
        &["restart_policy"],
        &[Form::Map(fields(&[(&["condition", "delay", "window"], TEXT), (&["max_attempts"], WHOLE)]))],
    ),
    (
        &["placement"],
        &[Form::Map(fields(&[
            (&["constraints"], TEXTS),
            (&["preferences"], &[Form::List(&[Form::Map(fields(&[(&["spread"], TEXT)]))])]),
            (&["max_replicas_per_node"], WHOLE),
        ]))],
    ),
]);

const UPDATE: Fields = fields(&[
    (&["delay", "failure_action", "monitor"], TEXT),
    (&["parallelism"], WHOLE),
    (&["max_failure_ratio"], NUMBER),
    (&["order"], &[Form::Word(&["start-first", "stop-first"])]),
]);

const LIMITS: Fields = fields(&[(&["cpus"], NUMBER), (&["memory"], TEXT), (&["pids"], WHOLE)]);

const RESERVATIONS: Fields = fields(&[
    (&["cpus"], NUMBER),
    (&["memory"], TEXT),
    (&["generic_resources"], &[Form::List(ANY_MAP)]),
    (&["devices"], &[Form::List(&[Form::Map(DEVICE_REQUEST)])]),
]);

const DEVICE_REQUEST: Fields = Fields {
    known: &[
        (&["capabilities", "device_ids"], TEXTS_ONCE),
        (&["count"], WHOLE),
        (&["driver"], TEXT),
        (&["options"], PAIRS),
    ],
    needed: &["capabilities"],
    others: Others::Extensions,
};

const DEPENDENCY: Fields = Fields {
    known: &[
        (&["restart"], FLAG),
        (&["required"], &[Form::Boolean]),
        (
            &["condition"],
            &[Form::Word(&["service_started", "service_healthy", "service_completed_successfully"])],
        ),
    ],
    needed: &["condition"],
    others: Others::Extensions,
};

const ENV_FILE: Fields = Fields {
    known: &[(&["path", "format"], TEXT), (&["required"], FLAG)],
    needed: &["path"],
    others: Others::None,
};

const EXTENDS: Fields =
    Fields { known: &[(&["service", "file"], TEXT)], needed: &["service"], others: Others::None };

const FILES: Shape = &[Form::List(&[
    Form::Text,
    Form::Map(fields(&[(&["source", "target", "uid", "gid"], TEXT), (&["mode"], NUMBER)])),
])];

const HEALTHCHECK: Fields = fields(&[
    (&["interval", "timeout", "start_period", "start_interval"], TEXT),
    (&["disable"], FLAG),
    (&["retries"], NUMBER),
    (&["test"], TEXT_OR_TEXTS),
]);

const LOGGING: Fields = fields(&[
    (&["driver"], TEXT),
    (&["options"], &[Form::Map(each(Others::Each(&[Form::Text, Form::Number, Form::Null])))]),
]);

const ATTACHMENT: Fields = fields(&[
    (&["aliases", "link_local_ips"], TEXTS_ONCE),
    (&["ipv4_address", "ipv6_address", "mac_address"], TEXT),
    (&["driver_opts"], TEXT_OR_NUMBER_BY_KEY),
    (&["priority", "gw_priority"], &[Form::Number]),
]);

const PORT: Fields = fields(&[
    (&["name", "mode", "host_ip", "protocol", "app_protocol"], TEXT),
    (&["target", "published"], WHOLE),
]);

const MOUNT: Fields = Fields {
    known: &[
        (&["type", "source", "target", "consistency"], TEXT),
        (&["read_only"], FLAG),
        (
            &["bind"],
            &[Form::Map(fields(&[
                (&["propagation"], TEXT),
                (&["create_host_path"], FLAG),
                (&["recursive"], &[Form::Word(&["enabled", "disabled", "writable", "readonly"])]),
                (&["selinux"], &[Form::Word(&["z", "Z"])]),
            ]))],
        ),
        (&["volume"], &[Form::Map(fields(&[(&["nocopy"], FLAG), (&["subpath"], TEXT)]))]),
        (
            &["tmpfs"],
            &[Form::Map(fields(&[
                (&["size"], &[Form::Within(0, i128::MAX), Form::Text]),
                (&["mode"], NUMBER),
            ]))],
        ),
    ],
    needed: &["type"],
    others: Others::Extensions,
};

const ULIMITS: Shape = &[Form::Map(each(Others::Each(&[
    Form::Whole,
    Form::Text,
    Form::Map(Fields {
        known: &[(&["hard", "soft"], WHOLE)],
        needed: &["soft", "hard"],
        others: Others::Extensions,
    }),
])))];

const WATCH: Fields = Fields {
    known: &[
        (&["ignore"], TEXTS),
        (&["path", "target"], TEXT),
        (&["action"], &[Form::Word(&["rebuild", "sync", "restart", "sync+restart", "sync+exec"])]),
        (&["exec"], ANY_MAP),
    ],
    needed: &["path", "action"],
    others: Others::Extensions,
};

const EXTERNAL: Shape = &[Form::Boolean, Form::Text, Form::Map(fields(&[(&["name"], TEXT)]))];

const NETWORK: Fields = fields(&[
    (&["name", "driver"], TEXT),
    (&["driver_opts"], TEXT_OR_NUMBER_BY_KEY),
    (&["ipam"], ANY_MAP),
    (&["external"], EXTERNAL),
    (&["internal", "enable_ipv4", "enable_ipv6", "attachable"], FLAG),
    (&["labels"], PAIRS),
]);

const VOLUME: Fields = fields(&[
    (&["name", "driver"], TEXT),
    (&["driver_opts"], TEXT_OR_NUMBER_BY_KEY),
    (&["external"], EXTERNAL),
    (&["labels"], PAIRS),
]);

const SECRET: Fields = fields(&[
    (&["name", "environment", "file", "driver", "template_driver"], TEXT),
    (&["external"], EXTERNAL),
    (&["labels"], PAIRS),
    (&["driver_opts"], TEXT_OR_NUMBER_BY_KEY),
]);

const CONFIG: Fields = fields(&[
    (&["name", "content", "environment", "file", "template_driver"], TEXT),
    (&["external"], EXTERNAL),
    (&["labels"], PAIRS),
]);
