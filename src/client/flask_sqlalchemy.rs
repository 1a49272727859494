//! Flask-SQLAlchemy: an engine for the application's database and one for each of its binds, made by `init_app`
//! (`flask_sqlalchemy/extension.py` of 3.1.1, `init_app`; `__init__.py` of 2.5.1, `apply_pool_defaults`).

use crate::python::{Arguments, Call, Constructor, Key, Library, Outcome, Value};

use super::sqlalchemy::{Kind, engine};

/// The library. The applications of Flask and Quart are kept for their `config`.
pub(crate) const LIBRARY: Library = Library {
    packages: &["flask_sqlalchemy", "flask_sqlalchemy_lite"],
    names: &["SQLAlchemy", "init_app"],
    is_common: false,
    objects: &[
        ("flask.Flask", &["config"]),
        ("flask.app.Flask", &["config"]),
        ("quart.Quart", &["config"]),
        ("apiflask.APIFlask", &["config"]),
        ("flask_openapi3.OpenAPI", &["config"]),
        ("connexion.FlaskApp", &["config"]),
        ("flask_sqlalchemy.SQLAlchemy", &[]),
        ("flask_sqlalchemy.extension.SQLAlchemy", &[]),
    ],
    constructor,
};

/// What the name makes.
fn constructor(name: &str) -> Option<Constructor> {
    match name {
        "flask_sqlalchemy.SQLAlchemy" | "flask_sqlalchemy.extension.SQLAlchemy" => Some(extension),
        "flask_sqlalchemy.SQLAlchemy().init_app" | "flask_sqlalchemy.extension.SQLAlchemy().init_app" => {
            Some(init_app)
        }
        _ if name.starts_with("flask_sqlalchemy_lite.SQLAlchemy") => Some(lite),
        _ => None,
    }
}

/// `SQLAlchemy(app)`: without an application nothing is made yet.
fn extension(call: &Call<'_, '_>) -> Outcome {
    match call.argument(Some(0), "app").and_then(Value::present) {
        None | Some(Value::None(_)) => Outcome { is_idle: true, ..Outcome::default() },
        Some(app) => engines(call, &app),
    }
}

fn init_app(call: &Call<'_, '_>) -> Outcome {
    match call.argument(Some(0), "app") {
        Some(app) => engines(call, &app),
        None => Outcome::default(),
    }
}

fn lite(_: &Call<'_, '_>) -> Outcome {
    let why = "the engines of `flask_sqlalchemy_lite` are not followed";
    Outcome { unknown: Some(why.to_owned()), ..Outcome::default() }
}

fn engines(call: &Call<'_, '_>, app: &Value) -> Outcome {
    let Some(config @ Value::Object(_)) = call.machine.entry(app, "config") else {
        let why = "the configuration of the Flask application is not known";
        return Outcome { unknown: Some(why.to_owned()), ..Outcome::default() };
    };
    let setting = |name: &str| call.machine.entry(&config, name);
    let is_old = call.machine.required_major("flask-sqlalchemy").is_some_and(|major| major < 3);
    let own = call.kept(3, "engine_options");
    let shared = setting("SQLALCHEMY_ENGINE_OPTIONS");
    let mut outcome = Outcome::default();
    let binds = setting("SQLALCHEMY_BINDS").and_then(Value::present);
    let binds = binds.map(|binds| (call.machine.all_entries(&binds), binds));
    let uri = setting("SQLALCHEMY_DATABASE_URI").and_then(Value::present);
    let uri = uri.filter(|uri| !matches!(uri, Value::None(_)));
    // The bind `None` is the application's own database, whose settings go over it.
    let is_main = |key: &Key| key == "None" && !is_old;
    // In 2.x the extension's own options come last, in 3.x the application's.
    let order = if is_old { [shared.clone(), own.clone()] } else { [own.clone(), shared.clone()] };
    let mut options = Arguments::default();
    for given in order.into_iter().flatten() {
        call.machine.spread_out(given, &mut options, call.place);
    }
    // Since 3.0 they may have the URL as well (`extension.py` of 3.1.1: `if "url" in basic_engine_options`).
    let has_url = !is_old && options.get(None, "url").and_then(Value::present).is_some();
    let is_made = uri.is_some() || has_url;
    if is_made {
        let mut arguments = Arguments::default();
        old_keys(call, &config, &mut arguments);
        let mut entries = binds.iter().filter_map(|(entries, _)| entries.as_ref()).flatten();
        if let Some((_, bind @ Value::Object(_))) = entries.find(|(key, _)| is_main(key)) {
            call.machine.spread_out(bind.clone(), &mut arguments, call.place);
        }
        arguments.rest = options.rest.or(arguments.rest);
        for (name, value) in options.keywords {
            arguments.set(name, value);
        }
        if let Some(uri) = uri {
            arguments.set(Key::new_static("url"), uri);
        }
        add(&mut outcome, call, &arguments, "engine");
    } else if !is_old && options.rest.is_some() {
        outcome.unknown = Some("whether SQLALCHEMY_ENGINE_OPTIONS has a URL is not known".to_owned());
    }
    match binds {
        None | Some((None, Value::None(_))) => {}
        Some((None, _)) => outcome.unknown = Some("the binds of Flask-SQLAlchemy are not known".to_owned()),
        Some((Some(entries), _)) => {
            for (key, bind) in entries {
                if is_main(&key) && is_made {
                    continue;
                }
                let mut arguments = Arguments::default();
                old_keys(call, &config, &mut arguments);
                // The application's options are its own database's since 3.0.
                for options in own.clone().into_iter().chain(shared.clone().filter(|_| is_old)) {
                    call.machine.spread_out(options, &mut arguments, call.place);
                }
                match bind {
                    Value::Object(_) => call.machine.spread_out(bind, &mut arguments, call.place),
                    uri => arguments.set(Key::new_static("url"), uri),
                }
                add(&mut outcome, call, &arguments, &key);
            }
        }
    }
    outcome
}

fn add(outcome: &mut Outcome, call: &Call<'_, '_>, arguments: &Arguments, name: &str) {
    let inner = call.with(arguments);
    let mut made = engine(&inner, Kind::Queue, inner.argument(None, "url"));
    if let Some(pool) = &mut made.pool {
        name.clone_into(&mut pool.name);
    }
    outcome.more.extend(made.pool);
    outcome.refused.append(&mut made.refused);
    outcome.not_numbers.append(&mut made.not_numbers);
}

/// `SQLALCHEMY_POOL_SIZE` and `SQLALCHEMY_MAX_OVERFLOW` are read by 2.x alone. Where the version is not known either
/// may hold.
fn old_keys(call: &Call<'_, '_>, config: &Value, arguments: &mut Arguments) {
    let major = call.machine.required_major("flask-sqlalchemy");
    if major.is_some_and(|major| major >= 3) {
        return;
    }
    for (key, name) in [("SQLALCHEMY_POOL_SIZE", "pool_size"), ("SQLALCHEMY_MAX_OVERFLOW", "max_overflow")] {
        let value = call.machine.entry(config, key).and_then(Value::present);
        let Some(value) = value.filter(|value| !matches!(value, Value::None(_))) else { continue };
        let value = if major.is_none() { value.join(Value::Absent) } else { value };
        arguments.set(Key::new_static(name), value);
    }
}
