//! Flask-SQLAlchemy: an engine for each bind of each application.

use super::*;

const FACTORY: &str = "\
from flask import Flask
from .extensions import db
def create_app(name='default'):
    app = Flask(__name__)
    CONFIGURE
    db.init_app(app)
    return app
app = create_app()
";

fn app(configure: &str, config: &str, env: &str) -> Vec<String> {
    let main = FACTORY.replace("CONFIGURE", configure);
    let files = [
        ("app/__init__.py", ""),
        ("app/main.py", main.as_str()),
        ("app/extensions.py", "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n"),
        ("config.py", config),
        ("env", env),
    ];
    let program = program(&files);
    assert!(program.opened.unknowns.is_empty(), "{:?}", program.opened.unknowns);
    program.summary()
}

const URI: &str = "SQLALCHEMY_DATABASE_URI = 'postgresql://db/x'";

#[test]
fn every_way_to_configure_it() {
    let options = "SQLALCHEMY_ENGINE_OPTIONS = {'pool_size': 3, 'max_overflow': 4}";
    let config = format!(
        "class Config:\n    {URI}\n    {options}\nclass Prod(Config):\n    pass\nconfig = {{'default': Prod, 'prod': Prod()}}\n{URI}\n{options}\n"
    );
    for configure in [
        "app.config.from_object('config.Config')",
        "app.config.from_object('config.Prod')",
        "app.config.from_object('config')",
        "import config; app.config.from_object(config.Prod)",
        "import config; app.config.from_object(config.Prod())",
        "import os, config; app.config.from_object(config.config[os.getenv('FLASK_ENV', 'default')])",
        "from config import config; app.config.from_object(config[name])",
        "app.config['SQLALCHEMY_DATABASE_URI'] = 'postgresql://db/x'; app.config['SQLALCHEMY_ENGINE_OPTIONS'] = dict(pool_size=3, max_overflow=4)",
        "app.config.update(SQLALCHEMY_DATABASE_URI='postgresql://db/x', SQLALCHEMY_ENGINE_OPTIONS={'pool_size': 3, 'max_overflow': 4})",
        "app.config.from_mapping(SQLALCHEMY_DATABASE_URI='postgresql://db/x', SQLALCHEMY_ENGINE_OPTIONS={'pool_size': 3, 'max_overflow': 4})",
        "app.config.from_object('config.Config'); app.config.from_pyfile('local.cfg', silent=True) if False else None",
        "app.config.from_object('config.Config'); app.config.from_envvar('SETTINGS', silent=True)",
    ] {
        assert_eq!(app(configure, &config, "X=1"), ["engine 3+4=7"], "{configure}");
    }
    let env = "FLASK_SQLALCHEMY_DATABASE_URI=postgresql://db/x\nFLASK_SQLALCHEMY_ENGINE_OPTIONS__pool_size=3\nFLASK_SQLALCHEMY_ENGINE_OPTIONS__max_overflow=4";
    assert_eq!(app("app.config.from_prefixed_env()", "", env), ["engine 3+4=7"]);
}

#[test]
fn an_application_of_a_class_of_its_own() {
    let config = format!("class Config:\n    {URI}\n    SQLALCHEMY_ENGINE_OPTIONS = {{'pool_size': 3}}\n");
    let own = "\
class Web(Flask):
        def __init__(self, *args, conf=None, **kwargs):
            super(Web, self).__init__(__name__, *args, **kwargs)
            self.config.from_object(conf or 'config.Config')
    app = Web()";
    assert_eq!(app(own, &config, "A=1"), app("app.config.from_object('config.Config')", &config, "A=1"));
    let handed = own.replace("app = Web()", "from config import Config; app = Web(conf=Config())");
    assert_eq!(app(&handed, &config, "A=1").len(), 1);
}

#[test]
fn each_bind_has_an_engine() {
    let binds = "SQLALCHEMY_BINDS = {'audit': 'postgresql://db/audit', 'local': 'sqlite://', 'big': {'url': 'postgresql://db/big', 'pool_size': 20}}";
    let config = format!("{URI}\n{binds}\nSQLALCHEMY_ENGINE_OPTIONS = {{'pool_size': 1}}\n");
    assert_eq!(
        app("app.config.from_object('config')", &config, "X=1"),
        ["audit 5+10=15", "big 20+10=30", "engine 1+10=11"]
    );
}

#[test]
fn the_old_keys_belong_to_the_old_versions() {
    let config = format!("{URI}\nSQLALCHEMY_POOL_SIZE = 30\n");
    let of = |requirements: &str| {
        let main = FACTORY.replace("CONFIGURE", "app.config.from_object('config')");
        let files = [
            ("app/__init__.py", ""),
            ("app/main.py", main.as_str()),
            (
                "app/extensions.py",
                "from flask_sqlalchemy import SQLAlchemy as S\nclass SQLAlchemy(S):\n    def get_app(self):\n        pass\ndb = SQLAlchemy()\n",
            ),
            ("config.py", config.as_str()),
            ("requirements.txt", requirements),
        ];
        program(&files).summary()
    };
    assert_eq!(of("Flask-SQLAlchemy==2.5.1\nSQLAlchemy==1.4.54\n"), ["engine 30+10=40"]);
    assert_eq!(of("Flask-SQLAlchemy==3.1.1\n"), ["engine 5+10=15"]);
    // Either may hold: the larger counts.
    assert_eq!(of("flask\n"), ["engine ≤ 30+10=≤ 40"]);
}

#[test]
fn what_is_not_known_is_said() {
    let main = "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n";
    let program = program(&[("app/main.py", main)]);
    assert_eq!(program.opened.unknowns.len(), 1);
    for configure in [
        "app.config.from_pyfile('x.cfg')",
        "app.config.from_object(unknown())",
        "app.config.from_envvar('SETTINGS')",
    ] {
        let source = FACTORY.replace("CONFIGURE", configure);
        let files = [
            ("app/__init__.py", ""),
            ("app/main.py", source.as_str()),
            ("app/extensions.py", "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n"),
        ];
        let program = super::program(&files);
        assert!(program.only().ceiling.is_unknown(), "{configure}: {:?}", program.summary());
    }
}

#[test]
fn the_url_among_the_options() {
    let options = "app.config['SQLALCHEMY_ENGINE_OPTIONS'] = {'url': 'postgresql://db/x', 'pool_size': 3}";
    assert_eq!(app(options, "", "X=1"), ["engine 3+10=13"]);
    let both = format!("{options}; app.config['SQLALCHEMY_DATABASE_URI'] = 'sqlite://'");
    assert!(app(&both, "", "X=1").is_empty());
    let bind = format!("{options}; app.config['SQLALCHEMY_BINDS'] = {{None: {{'max_overflow': 1}}}}");
    assert_eq!(app(&bind, "", "X=1"), ["engine 3+1=4"]);
}

#[test]
fn an_extension_that_is_injected() {
    let main = format!(
        "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy as Base\nfrom injector import Injector, Module, singleton\nclass SQLAlchemy(Base):\n    def auto(self):\n        pass\ndb = SQLAlchemy()\nclass Bound(Module):\n    def configure(self, binder):\n        binder.bind(SQLAlchemy, to=db, scope=singleton)\ninjector = Injector([Bound])\nclass Http(Flask):\n    def __init__(self, *args, db: SQLAlchemy, **kwargs):\n        super().__init__(*args, **kwargs)\n        self.config.from_mapping({})\n        db.init_app(self)\napp = Http(__name__, db=injector.get(SQLAlchemy))\n",
        "SQLALCHEMY_DATABASE_URI='postgresql://db/x'"
    );
    let program = super::main(&main);
    assert!(program.opened.unknowns.is_empty(), "{:?}", program.opened.unknowns);
    assert_eq!(program.summary(), ["engine 5+10=15"]);
}
