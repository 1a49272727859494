//! What is not part of the tree: the functions of libraries that settings are made with, and the frameworks that
//! call the application.

use crate::source::Span;
use crate::trace::{ProblemKind, Text, Trail};

use super::call::Arguments;
use super::counted;
use super::heap::{Key, Kind, ObjectId};
use super::library::{Call, Maker};
use super::machine::{Code, Machine};
use super::value::{Gap, HOLE, Outside, Value};

/// Names under which a framework takes functions that it calls once when the process starts.
pub(super) const AT_START: [&str; 6] = [
    "lifespan",
    "on_startup",
    "before_serving",
    "before_first_request",
    "before_server_start",
    "main_process_start",
];

impl Machine<'_> {
    /// Calls something that the tree does not define.
    pub(super) fn call_outside(&mut self, outside: &Outside, arguments: &Arguments, span: Span) -> Value {
        let name = &*outside.name;
        self.note_children(name, arguments, span);
        self.connect_given(name, arguments.values(), span);
        if let Some(dictionaries) = self.libraries.object(name) {
            return self.known_object(outside, dictionaries, arguments, span);
        }
        if let Some(constructor) = self.libraries.constructor(name) {
            return self.construct(constructor, arguments, span, None);
        }
        if let Some(value) = self.loader_function(name, arguments, span) {
            return value;
        }
        if let Some(name) = name.strip_prefix("builtins.") {
            return self.builtin(name, arguments, span);
        }
        if let Some(value) = self.command_line_function(name, arguments, span) {
            return value;
        }
        let known = self.environ_function(name, arguments, span);
        let known = known.or_else(|| self.dynaconf_function(name, arguments, span));
        let known = known.or_else(|| self.path_function(name, arguments, span));
        if let Some(value) = known.or_else(|| self.django_function(name, arguments, span)) {
            return value;
        }
        if matches!(name, "uvicorn.run" | "uvicorn.main.run") {
            self.run_server(arguments, span);
        }
        let called = self.in_a_thread(name, arguments, span);
        if let Some(value) = called.or_else(|| self.put_off(outside, arguments, span)) {
            return value;
        }
        let first = arguments.positional.first().cloned();
        match (name, first) {
            ("os.getenv" | "os.environ.get", Some(key)) => {
                let default = arguments.get(Some(1), "default");
                let default = default.unwrap_or_else(|| Value::None(Trail::written(span)));
                self.variable(&key, Some(default), span)
            }
            ("dotenv.load_dotenv" | "dotenv.main.load_dotenv", _) => self.load_dotenv(arguments, span),
            ("dataclasses.field" | "attr.ib" | "attr.field" | "attrs.field", _) => {
                self.default_of(arguments, span)
            }
            ("piccolo.engine.engine_finder" | "piccolo.engine.finder.engine_finder", _) => {
                // `piccolo/engine/finder.py`: the name `DB` of the module that `PICCOLO_CONF` names.
                let name = self.heap.get(self.environment, "PICCOLO_CONF").cloned();
                let name = match name {
                    Some(Value::Text(name)) => name,
                    _ => Text::decoded("piccolo_conf", span),
                };
                let module = self.import_computed(&name, span);
                self.attribute(module, &Key::new_static("DB"), span)
            }
            ("importlib.import_module", Some(Value::Text(module))) => self.import_computed(&module, span),
            ("dataclasses.asdict" | "attr.asdict" | "attrs.asdict", Some(Value::Object(object))) => {
                self.dumped(object)
            }
            (
                "dataclasses.replace" | "attr.evolve" | "attrs.evolve" | "copy.replace",
                Some(Value::Object(object)),
            ) => self.replaced(object, arguments),
            ("collections.ChainMap", _) => {
                let dict = self.heap.create(Kind::Dict);
                for map in arguments.positional.iter().rev() {
                    self.update_dict(dict, map.clone());
                }
                Value::Object(dict)
            }
            ("injector.Injector().get", Some(Value::Object(class))) => {
                self.injected(class).unwrap_or_else(|| outside.called(span))
            }
            ("typing.cast", _) => arguments.positional.get(1).cloned().unwrap_or(Value::Absent),
            ("copy.copy" | "copy.deepcopy", Some(value)) => match value {
                Value::Object(object) if matches!(self.heap.kind(object), Kind::Dict | Kind::List) => {
                    self.copy(object)
                }
                value => value,
            },
            ("urllib.parse.quote_plus" | "urllib.parse.quote", Some(value)) => quoted(value, span),
            ("collections.OrderedDict", _) | ("types.SimpleNamespace", None) => {
                self.builtin("dict", arguments, span)
            }
            ("functools.lru_cache()" | "functools.cache", Some(function)) => function,
            (name, _) if counted::counts_cpus(name) => Value::of_count(&self.cpus.counted(Some(span))),
            (_, first) => self.call_by_last_name(outside, first, arguments, span),
        }
    }

    fn call_by_last_name(
        &mut self,
        outside: &Outside,
        first: Option<Value>,
        arguments: &Arguments,
        span: Span,
    ) -> Value {
        let name = &*outside.name;
        match (outside.last_part(), first) {
            ("SettingsConfigDict" | "ConfigDict", _) => self.builtin("dict", arguments, span),
            ("Field" | "AliasChoices", first) => self.field(outside.last_part(), first, arguments),
            (
                "PostgresDsn" | "SecretStr" | "make_url" | "urlparse" | "urlsplit" | "AnyUrl"
                | "MultiHostUrl" | "DatabaseURL" | "URL",
                Some(value),
            ) => value,
            ("create" | "build", _) if is_url(name) => self.url(arguments, span),
            ("URL", None) => self.url(arguments, span),
            _ => {
                self.hand_over(outside, arguments);
                outside.called(span)
            }
        }
    }

    /// `receiver.name(…)`.
    pub(super) fn call_method(
        &mut self,
        receiver: Value,
        name: &Key,
        arguments: Arguments,
        span: Span,
    ) -> Value {
        match receiver {
            Value::Text(text) => match &**name {
                "get_backend_name" => {
                    Value::text(text.slice_of(text.as_str().split([':', '+']).next().unwrap_or_default()))
                }
                "get_secret_value" | "unicode_string" | "render_as_string" | "human_repr" => {
                    Value::Text(text)
                }
                name => match self.path_method(&text, name, &arguments, span) {
                    Some(value) => value,
                    None => self.text_method(&text, name, &arguments, span),
                },
            },
            Value::Unknown(gap) => {
                self.escape(&arguments);
                if name == "get_secret_value" {
                    return Value::Unknown(gap);
                }
                self.partial_text_method(&gap, name, &arguments, span)
            }
            Value::Object(object) if self.is_container(object, name) => {
                if name == "append" {
                    self.escape(&arguments);
                }
                self.container_method(object, name, &arguments, span)
            }
            receiver => {
                match receiver {
                    Value::Pool(pool) => self.pool_method(pool, name, span),
                    Value::Object(object) => self.connect_extension(object, name, span),
                    _ => {}
                }
                if let Value::Object(object) = receiver
                    && matches!(name.as_str(), "model_dump" | "dict" | "_asdict")
                    && let Kind::Instance { class } = self.heap.kind(object)
                    && (self.is_model(*class) || name == "_asdict")
                {
                    return self.dumped(object);
                }
                if let Value::Object(object) = receiver
                    && self.task_queue_method(object, name, &arguments, span).is_some()
                {
                    return Value::None(Trail::written(span));
                }
                if let Value::Object(object) = receiver
                    && let Some(value) = self.kept_method(object, name, &arguments, span)
                {
                    return value;
                }
                if let Value::Object(object) = receiver
                    && let Some(constructor) = self.constructor_of(object, name)
                {
                    return self.construct(constructor, &arguments, span, Some(object));
                }
                let function = self.attribute(receiver, name, span);
                self.call(function, arguments, span)
            }
        }
    }

    /// Whether `name` is a method of a dictionary or list; the names of a module are one: `globals().update(…)`.
    fn is_container(&self, object: ObjectId, name: &str) -> bool {
        match self.heap.kind(object) {
            Kind::Dict | Kind::List => true,
            Kind::Module(_) => {
                matches!(name, "update" | "get" | "setdefault") && self.heap.get(object, name).is_none()
            }
            _ => false,
        }
    }

    /// Makes a pool.
    pub(super) fn construct(
        &mut self,
        maker: Maker,
        arguments: &Arguments,
        span: Span,
        receiver: Option<ObjectId>,
    ) -> Value {
        let call = Call { arguments, place: span, machine: self, receiver };
        let outcome = (maker.make)(&call);
        if let Some(package) = maker.expected.filter(|_| !outcome.is_idle) {
            self.found_packages.insert(package);
        }
        for (at, message) in outcome.refused {
            self.refuse(ProblemKind::RefusedArgument, at, &message);
        }
        for (at, message) in outcome.not_numbers {
            self.refuse(ProblemKind::PoolSizeNotInt, at, &message);
        }
        if let Some((by, workers)) = outcome.workers {
            self.set_workers(by, workers);
        }
        if let Some(why) = outcome.unknown {
            self.unknown_pools(why, span);
        }
        if let Some(Value::Pool(before)) = outcome.instead_of {
            self.ledger.drop_pool(before);
        }
        let made_in = self.function_name();
        for pool in outcome.more {
            self.ledger.add(pool, span, &made_in);
        }
        // The connections of a pool are made by the function that it is given.
        let given = ["creator", "async_creator"].into_iter().filter_map(|name| arguments.get(None, name));
        for creator in given.chain(arguments.positional.first().cloned()) {
            if let Value::Function(id) | Value::Method(_, id) = creator
                && let Some(key) = self.function_key(id)
            {
                self.ran.insert(key);
            }
        }
        match outcome.pool {
            _ if outcome.gives.is_some() => outcome.gives.unwrap_or(Value::Absent),
            Some(pool) => {
                let made = self.ledger.add(pool, span, &made_in);
                self.connect_made(made, span);
                Value::Pool(made)
            }
            // Another database: the engine is none of ours.
            None => Value::outside("engine", Some(span)),
        }
    }

    /// The name of the function that runs; of the module, where none does.
    fn function_name(&self) -> String {
        let function = self.frames.iter().rev().find_map(|frame| frame.function);
        match function.and_then(|id| self.functions.get(id.0)).map(|function| function.code) {
            Some(Code::Def(def)) => def.name.id.to_string(),
            _ => self.program.units.get(self.unit()).map(|unit| unit.name.clone()).unwrap_or_default(),
        }
    }

    /// `field(default=…, default_factory=…)`.
    fn default_of(&mut self, arguments: &Arguments, span: Span) -> Value {
        if let Some(value) = arguments.get(None, "default") {
            return value;
        }
        match arguments.get(None, "default_factory").or_else(|| arguments.get(None, "factory")) {
            Some(factory) => self.call(factory, Arguments::default(), span),
            None => Value::unknown("it has no default", span),
        }
    }

    /// A module that is imported by a computed name.
    fn import_computed(&mut self, module: &Text, span: Span) -> Value {
        let name = module.as_str();
        if self.program.index(name).is_none() && !name.starts_with('.') {
            self.wanted.push(name.to_owned());
        }
        self.import(name, span)
    }

    /// The URL that `URL.create(drivername=…, host=…)` or `PostgresDsn.build(scheme=…, …)` puts together.
    fn url(&mut self, arguments: &Arguments, span: Span) -> Value {
        let part = |names: &[(&str, Option<usize>)]| {
            let mut given = names.iter().filter_map(|(name, index)| arguments.get(*index, name));
            given.find(|value| !matches!(value, Value::None(_)))
        };
        let written = |text: &str| Value::text(Text::decoded(text, span));
        let unknown = || Value::unknown("a part of the URL is not given", span);
        let mut parts =
            vec![part(&[("drivername", Some(0)), ("scheme", None)]).unwrap_or_else(unknown), written("://")];
        let user = part(&[("username", Some(1)), ("user", None)]);
        let password = part(&[("password", Some(2))]);
        if let Some(user) = user {
            parts.push(user);
            if let Some(password) = password {
                parts.extend([written(":"), password]);
            }
            parts.push(written("@"));
        }
        if let Some(host) = part(&[("host", Some(3))]) {
            parts.push(host);
        }
        if let Some(port) = part(&[("port", Some(4))]) {
            parts.extend([written(":"), port]);
        }
        if let Some(database) = part(&[("database", Some(5)), ("path", None)]) {
            if !database.as_text().is_some_and(|path| path.as_str().starts_with('/')) {
                parts.push(written("/"));
            }
            parts.push(database);
        }
        let parts: Vec<Value> = parts.into_iter().map(|part| part.into_text(span)).collect();
        self.concatenate(parts, span)
    }
}

fn is_url(name: &str) -> bool {
    ["URL.create", "Dsn.build", "Url.build", "URL.build"].iter().any(|tail| name.ends_with(tail))
}

/// The URL of which only parts are known, as far as it says where it leads: the unknown parts are replaced by `*`.
/// `None` where the scheme, host or port is among them.
pub(crate) fn url_with_holes(shape: &Text) -> Option<Text> {
    let (scheme, rest) = shape.as_str().split_once("://")?;
    let authority = rest.split(['/', '?']).next()?;
    let host = authority.rsplit('@').next()?;
    if scheme.contains(HOLE) || host.contains(HOLE) || host.is_empty() {
        return None;
    }
    let mut filled = Text::traced("", shape.trail());
    for (index, part) in shape.as_str().split(HOLE).enumerate() {
        if index > 0 {
            filled.push(&Text::traced("*", shape.trail()));
        }
        filled.push(&shape.slice_of(part));
    }
    Some(filled)
}

/// `quote_plus(value)`: a text whose letters need no quoting stays in its place.
fn quoted(value: Value, span: Span) -> Value {
    value.each(|one| match one {
        Value::Text(text) => {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.-~".contains(c);
            if text.as_str().chars().all(is_plain) {
                return Value::Text(text);
            }
            let quote = |byte: u8| {
                if is_plain(char::from(byte)) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
            };
            let quoted: String = text.as_str().bytes().map(quote).collect();
            Value::text(Text::traced(quoted, text.trail()))
        }
        other => Value::Unknown(Gap::of(&other, span)),
    })
}
