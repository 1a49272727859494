//! Engines of tenants, of containers that inject them, and of whatever else keeps or does not keep them.

use super::*;

const IMPORTS: &str = "\
import os
from functools import cache, lru_cache, cached_property
from fastapi import FastAPI, Depends, Request
from sqlalchemy import create_engine
URL = os.environ['DATABASE_URL']
app = FastAPI()
";

/// Each with whether the process makes it again and again.
fn all_of(source: &str) -> Program {
    main(&format!("{IMPORTS}{source}\n"))
}

fn once(cases: &[(&str, &str)]) {
    for (name, source) in cases {
        let program = all_of(source);
        let pools = &program.opened.pools;
        assert!(program.opened.unknowns.is_empty(), "{name}: {:?}", program.opened.unknowns);
        assert_eq!(pools.len(), 1, "{name}: {:?}", program.summary());
        assert_eq!(pools[0].ceiling, Bound::Exactly(15), "{name}: {:?}", program.summary());
    }
}

fn each_time(cases: &[(&str, &str)]) {
    for (name, source) in cases {
        let program = all_of(source);
        assert_eq!(program.opened.pools.len(), 1, "{name}: {:?}", program.summary());
        assert_eq!(program.only().ceiling, Bound::Unbounded, "{name}: {:?}", program.summary());
    }
}

#[test]
fn for_each_tenant() {
    each_time(&[
        (
            "a dictionary of the class",
            "class Tenants:\n    _engines = {}\n    @classmethod\n    def get(cls, tenant):\n        if tenant not in cls._engines:\n            cls._engines[tenant] = create_engine(f'{URL}_{tenant}')\n        return cls._engines[tenant]\n@app.get('/{tenant}')\ndef view(tenant: str):\n    return Tenants.get(tenant)",
        ),
        (
            "setdefault",
            "ENGINES = {}\n@app.get('/{tenant}')\ndef view(tenant: str):\n    return ENGINES.setdefault(tenant, create_engine(f'{URL}_{tenant}'))",
        ),
        (
            "lru_cache with an argument",
            "@lru_cache(maxsize=None)\ndef engine_of(tenant):\n    return create_engine(f'{URL}_{tenant}')\n@app.get('/{tenant}')\ndef view(tenant: str):\n    return engine_of(tenant)",
        ),
        (
            "lru_cache of a method of an object that is made anew",
            "class Service:\n    @cached_property\n    def engine(self):\n        return create_engine(URL)\n@app.get('/')\ndef view():\n    return Service().engine",
        ),
        (
            "a middleware with a context variable",
            "from contextvars import ContextVar\ncurrent = ContextVar('engine')\n@app.middleware('http')\nasync def tenant(request, call_next):\n    current.set(create_engine(f\"{URL}_{request.headers['tenant']}\"))\n    return await call_next(request)",
        ),
        (
            "a dependency",
            "def get_engine():\n    return create_engine(URL)\n@app.get('/')\ndef view(engine=Depends(get_engine)):\n    pass",
        ),
        (
            "cachetools by its argument",
            "from cachetools import cached, TTLCache\n@cached(cache=TTLCache(maxsize=100, ttl=60))\ndef engine_of(tenant):\n    return create_engine(f'{URL}_{tenant}')\n@app.get('/{tenant}')\ndef view(tenant: str):\n    return engine_of(tenant)",
        ),
    ]);
}

#[test]
fn constant_arguments_are_few() {
    let two = all_of(
        "@lru_cache\ndef engine_of(name):\n    return create_engine(f'{URL}_{name}')\n@app.get('/')\ndef view():\n    return engine_of('a')\n@app.get('/b')\ndef other():\n    return engine_of('b'), engine_of('a')",
    );
    let ceilings: Vec<Bound> = two.opened.pools.iter().map(|pool| pool.ceiling.clone()).collect();
    assert_eq!(ceilings, [Bound::Exactly(15), Bound::Exactly(15)], "{:?}", two.summary());
    let listed = all_of(
        "ENGINES = {}\nfor name in ['a', 'b', 'c']:\n    ENGINES[name] = create_engine(f'{URL}_{name}', pool_size=2, max_overflow=0)",
    );
    assert_eq!(listed.opened.pools.len(), 3, "{:?}", listed.summary());
}

#[test]
fn what_keeps_an_engine() {
    once(&[
        (
            "a metaclass",
            "class Singleton(type):\n    _instances = {}\n    def __call__(cls, *args, **kwargs):\n        if cls not in cls._instances:\n            cls._instances[cls] = super().__call__(*args, **kwargs)\n        return cls._instances[cls]\nclass Database(metaclass=Singleton):\n    def __init__(self):\n        self.engine = create_engine(URL)\n@app.get('/')\ndef view():\n    return Database().engine",
        ),
        (
            "__new__",
            "class Database:\n    _instance = None\n    def __new__(cls):\n        if cls._instance is None:\n            cls._instance = super().__new__(cls)\n            cls._instance.engine = create_engine(URL)\n        return cls._instance\n@app.get('/')\ndef view():\n    return Database().engine",
        ),
        (
            "a cached dependency",
            "@lru_cache\ndef get_engine():\n    return create_engine(URL)\n@app.get('/')\ndef view(engine=Depends(get_engine)):\n    pass",
        ),
        (
            "the state of the application",
            "@app.on_event('startup')\ndef begin():\n    app.state.engine = create_engine(URL)\n@app.get('/')\ndef view(request: Request):\n    return request.app.state.engine",
        ),
        (
            "a thread that the start waits for",
            "import asyncio\ndef wait(url, tries):\n    engine = create_engine(url)\n    try:\n        with engine.connect() as c:\n            pass\n    finally:\n        engine.dispose()\n@app.on_event('startup')\nasync def begin():\n    await asyncio.to_thread(wait, URL, tries=3)",
        ),
        (
            "an executor that the start waits for",
            "import asyncio\ndef wait(url):\n    engine = create_engine(url)\n    return engine\n@app.on_event('startup')\nasync def begin():\n    loop = asyncio.get_running_loop()\n    app.state.engine = await loop.run_in_executor(None, wait, URL)",
        ),
        (
            "a property of one object",
            "class Db:\n    @cached_property\n    def engine(self):\n        return create_engine(URL)\ndb = Db()\n@app.get('/')\ndef view():\n    return db.engine",
        ),
        (
            "a resource of Streamlit",
            "import streamlit as st\n@st.cache_resource\ndef get_engine():\n    return create_engine(URL)\nget_engine()",
        ),
        (
            "a resource of Streamlit with options",
            "import streamlit as st\n@st.cache_resource(ttl=3600)\ndef get_engine():\n    return create_engine(URL)\nget_engine()",
        ),
        (
            "a signal of celery",
            "from celery import Celery\nfrom celery.signals import worker_process_init\nengine = None\n@worker_process_init.connect\ndef init(**kwargs):\n    global engine\n    engine = create_engine(URL)\ntasks = Celery('x')\n@tasks.task\ndef work():\n    return engine",
        ),
        (
            "a signal of celery, connected by a call",
            "from celery.signals import worker_process_init\ndef init(**kwargs):\n    global engine\n    engine = create_engine(URL)\nworker_process_init.connect(init)",
        ),
        (
            "Sanic",
            "from sanic import Sanic\nsanic = Sanic('x')\n@sanic.before_server_start\nasync def setup(app, loop):\n    app.ctx.engine = create_engine(URL)",
        ),
        (
            "Sanic, by a listener",
            "from sanic import Sanic\nsanic = Sanic('x')\n@sanic.listener('before_server_start')\nasync def setup(app, loop):\n    app.ctx.engine = create_engine(URL)",
        ),
        (
            "Starlette",
            "from starlette.applications import Starlette\nasync def setup():\n    star.state.engine = create_engine(URL)\nstar = Starlette(on_startup=[setup])",
        ),
        (
            "aiohttp",
            "from aiohttp import web\nasync def setup(app):\n    app['engine'] = create_engine(URL)\n    yield\nweb_app = web.Application()\nweb_app.cleanup_ctx.append(setup)",
        ),
        (
            "a global of a lock",
            "import threading\n_lock = threading.Lock()\n_engine = None\ndef get():\n    global _engine\n    with _lock:\n        if _engine is None:\n            _engine = create_engine(URL)\n    return _engine\n@app.get('/')\ndef view():\n    return get()",
        ),
    ]);
}

#[test]
fn containers_that_inject() {
    once(&[
        (
            "dependency-injector's Singleton",
            "from dependency_injector import containers, providers\nclass Container(containers.DeclarativeContainer):\n    engine = providers.Singleton(create_engine, URL)\ncontainer = Container()\n@app.get('/')\ndef view():\n    return container.engine()",
        ),
        (
            "dependency-injector's Resource with a function",
            "from dependency_injector import containers, providers\ndef make(url):\n    engine = create_engine(url)\n    yield engine\n    engine.dispose()\nclass Container(containers.DeclarativeContainer):\n    engine = providers.Resource(make, URL)\ncontainer = Container()\n",
        ),
        (
            "a singleton of a class",
            "from dependency_injector import containers, providers\nclass Database:\n    def __init__(self, url):\n        self._engine = create_engine(url)\nclass Container(containers.DeclarativeContainer):\n    config = providers.Configuration()\n    db = providers.Singleton(Database, url=URL)\ncontainer = Container()\n",
        ),
        (
            "injector's singleton",
            "from injector import Module, provider, singleton, Injector\nclass Db(Module):\n    @singleton\n    @provider\n    def engine(self) -> object:\n        return create_engine(URL)\ninjector = Injector([Db()])\n",
        ),
        (
            "punq's instance",
            "import punq\ncontainer = punq.Container()\ncontainer.register('engine', instance=create_engine(URL))\n",
        ),
    ]);
    each_time(&[
        (
            "dependency-injector's Factory",
            "from dependency_injector import containers, providers\nclass Container(containers.DeclarativeContainer):\n    engine = providers.Factory(create_engine, URL)\ncontainer = Container()\n@app.get('/')\ndef view():\n    return container.engine()",
        ),
        (
            "injector without a scope",
            "from injector import Module, provider, Injector\nclass Db(Module):\n    @provider\n    def engine(self) -> object:\n        return create_engine(URL)\ninjector = Injector([Db()])\n",
        ),
        (
            "punq's factory",
            "import punq\ndef make():\n    return create_engine(URL)\ncontainer = punq.Container()\ncontainer.register('engine', factory=make)\n",
        ),
    ]);
}

#[test]
fn tests_are_not_reached() {
    let source = format!("{IMPORTS}engine = create_engine(URL)\n");
    let files = [
        ("app/main.py", source.as_str()),
        ("env", &format!("DATABASE_URL={URL}")),
        (
            "tests/conftest.py",
            "import pytest\nfrom sqlalchemy import create_engine\n@pytest.fixture\ndef engine():\n    return create_engine('postgresql://db/test')\n",
        ),
    ];
    assert_eq!(program(&files).opened.pools.len(), 1);
}
