//! Pools that are made after the import: by factories, at the start, by what is served.

use super::*;

const IMPORTS: &str = "\
import os
from functools import cache, lru_cache
from fastapi import FastAPI, Depends
from sqlalchemy import create_engine
URL = os.environ['DATABASE_URL']
";

fn engines(source: &str) -> Vec<String> {
    main(&format!("{IMPORTS}{source}")).summary()
}

#[test]
fn a_factory_that_is_called_once_makes_one() {
    let factory = "def make(url, size=4):\n    return create_engine(url, pool_size=size)\n";
    assert_eq!(engines(&format!("{factory}engine = make(URL)\n")), ["engine 4+10=14"]);
    assert_eq!(engines(&format!("{factory}engine = make(URL, size=6)\n")), ["engine 6+10=16"]);
    assert_eq!(engines(&format!("{factory}a = make(URL)\nb = make(URL)\n")).len(), 2);
    assert!(engines(factory).is_empty());
    let wrapper = "def make(**kwargs):\n    kwargs.setdefault('pool_size', 2)\n    return create_engine(URL, **kwargs)\nengine = make(max_overflow=1)\n";
    assert_eq!(engines(wrapper), ["engine 2+1=3"]);
}

#[test]
fn an_engine_that_is_kept_is_one() {
    let endpoint = "app = FastAPI()\n@app.get('/')\ndef index():\n    return get_engine()\n";
    for getter in [
        "_engine = None\ndef get_engine():\n    global _engine\n    if _engine is None:\n        _engine = create_engine(URL)\n    return _engine\n",
        "_engine = None\ndef get_engine():\n    global _engine\n    if not _engine:\n        _engine = create_engine(URL)\n    return _engine\n",
        "_engine = None\ndef get_engine():\n    global _engine\n    if _engine is not None:\n        return _engine\n    _engine = create_engine(URL)\n    return _engine\n",
        "@lru_cache\ndef get_engine():\n    return create_engine(URL)\n",
        "@lru_cache(maxsize=1)\ndef get_engine():\n    return create_engine(URL)\n",
        "@cache\ndef get_engine():\n    return create_engine(URL)\n",
        "_all = {}\ndef get_engine():\n    if 'main' not in _all:\n        _all['main'] = create_engine(URL)\n    return _all['main']\n",
        "class Holder:\n    engine = None\ndef get_engine():\n    if Holder.engine is None:\n        Holder.engine = create_engine(URL)\n    return Holder.engine\n",
        "class Db:\n    def __init__(self):\n        self.engine = create_engine(URL)\ndb = Db()\ndef get_engine():\n    return db.engine\n",
        "class Db:\n    def __init__(self):\n        self._engine = None\n    @property\n    def engine(self):\n        if self._engine is None:\n            self._engine = create_engine(URL)\n        return self._engine\ndb = Db()\ndef get_engine():\n    return db.engine\n",
    ] {
        let program = main(&format!("{IMPORTS}{getter}{endpoint}"));
        assert_eq!(program.only().ceiling, Bound::Exactly(15), "{getter}");
    }
}

#[test]
fn an_engine_of_every_call_has_no_bound() {
    for endpoint in [
        "@app.get('/')\ndef index():\n    return create_engine(URL)\n",
        "def make():\n    return create_engine(URL)\n@app.get('/')\ndef index():\n    return make()\n",
        "def get_db():\n    yield create_engine(URL)\n@app.get('/')\ndef index(db=Depends(get_db)):\n    pass\n",
        "_all = {}\n@app.get('/')\ndef index(tenant):\n    if tenant not in _all:\n        _all[tenant] = create_engine(URL)\n    return _all[tenant]\n",
        "class Service:\n    def __init__(self):\n        self.engine = create_engine(URL)\n@app.get('/')\ndef index():\n    return Service()\n",
        "import tenants\nengines = [create_engine(URL) for tenant in tenants.all()]\n",
        "import tenants\nfor tenant in tenants.all():\n    create_engine(URL)\n",
    ] {
        let program = main(&format!("{IMPORTS}app = FastAPI()\n{endpoint}"));
        assert_eq!(program.only().ceiling, Bound::Unbounded, "{endpoint}");
        assert!(matches!(program.only().made, Made::Repeatedly(_)), "{endpoint}");
    }
}

#[test]
fn what_runs_at_the_start_runs_once() {
    for start in [
        "from contextlib import asynccontextmanager\n@asynccontextmanager\nasync def lifespan(app):\n    app.state.engine = create_engine(URL)\n    yield\napp = FastAPI(lifespan=lifespan)\n",
        "app = FastAPI()\n@app.on_event('startup')\nasync def begin():\n    app.state.engine = create_engine(URL)\n",
        "async def begin():\n    app.state.engine = create_engine(URL)\napp = FastAPI(on_startup=[begin])\n",
        "async def begin():\n    app.state.engine = create_engine(URL)\napp = FastAPI()\napp.add_event_handler('startup', begin)\n",
        "class Manager:\n    def init(self, url):\n        self.engine = create_engine(url)\nmanager = Manager()\nasync def lifespan(app):\n    manager.init(URL)\n    yield\napp = FastAPI(lifespan=lifespan)\n",
    ] {
        assert_eq!(engines(start), ["engine 5+10=15"], "{start}");
    }
}

#[test]
fn an_application_factory_is_called() {
    let source = format!(
        "{IMPORTS}def create_app():\n    app = FastAPI()\n    app.state.engine = create_engine(URL)\n    return app\n"
    );
    let env = format!("DATABASE_URL={URL}");
    for attribute in ["create_app()", "create_app"] {
        let program = run(&[("app/main.py", &source), ("env", &env)], "app.main", attribute);
        assert_eq!(program.summary(), ["engine 5+10=15"]);
    }
}

#[test]
fn classes_hold_engines() {
    assert_eq!(engines("class Db:\n    engine = create_engine(URL)\n"), ["engine 5+10=15"]);
    let inherited = "class Base:\n    size = 2\n    def __init__(self, url):\n        self.engine = create_engine(url, pool_size=self.size)\nclass Db(Base):\n    size = 6\n    def __init__(self):\n        super().__init__(URL)\ndb = Db()\n";
    assert_eq!(engines(inherited), ["engine 6+10=16"]);
}

#[test]
fn a_script_in_a_served_module_is_not_served() {
    let script = "def reset():\n    engine = create_engine(URL)\nif __name__ == '__main__':\n    reset()\n";
    assert!(engines(script).is_empty());
}
