//! Ways in which configuration code comes to a number, each a small program.

use super::*;

/// Source, files beside it, and variables.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

/// The ceilings of the pools of `source` with an engine at its end.
fn opened(source: &str, files: &[(&str, &str)], env: &str) -> Vec<Bound> {
    let program = with_engine(source, files, env);
    program.opened.pools.iter().map(|pool| pool.ceiling.clone()).collect()
}

/// Runs `source` with an engine at its end whose sizes are `P` and `O`, beside `files`.
fn sizes(source: &str, files: &[(&str, &str)], env: &str) -> Vec<String> {
    let program = with_engine(source, files, env);
    if !program.opened.problems.is_empty() {
        return vec![format!("{:?}", program.opened.problems)];
    }
    program.summary()
}

fn with_engine(source: &str, files: &[(&str, &str)], env: &str) -> Program {
    let main = format!(
        "import os\nfrom sqlalchemy import create_engine\n{source}\nengine = create_engine('postgresql://db/x', pool_size=P, max_overflow=O)\n"
    );
    let mut all = vec![("app/main.py", main.as_str()), ("app/__init__.py", "")];
    all.extend_from_slice(files);
    let env = if env.is_empty() { "X=1" } else { env };
    all.push(("env", env));
    program(&all)
}

fn all(table: &[Case<'_>]) {
    let mut wrong = Vec::new();
    for (source, files, env) in table {
        let found = sizes(source, files, env);
        if found != ["engine 7+3=10"] {
            wrong.push(format!("{source}\n    {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), table.len(), wrong.join("\n"));
}

#[test]
fn the_language() {
    all(&[
        ("P, O = 7, 3", &[], ""),
        ("P = max(2, 7); O = min(3, 20)", &[], ""),
        ("P = len('sevenup'); O = len([1, 2, 3])", &[], ""),
        ("P = None or 7; O = 0 or 3", &[], ""),
        ("P = 1 and 7; O = 3 if not False else 9", &[], ""),
        ("P = int('%d' % 7); O = int('{}'.format(3))", &[], ""),
        ("d = {'p': 7}; d.update({'o': 3}); P = d['p']; O = d['o']", &[], ""),
        ("d = dict(p=7, **{'o': 3}); P = d.pop('p'); O = d.get('o', 9)", &[], ""),
        ("d = {'p': 1} | {'p': 7}; P = d['p']; O = {**d, 'o': 3}['o']", &[], ""),
        (
            "m = 'prod'\nmatch m:\n    case 'prod':\n        P, O = 7, 3\n    case _:\n        P, O = 9, 9",
            &[],
            "",
        ),
        ("match 5:\n    case 1 | 5:\n        P, O = 7, 3\n    case _:\n        P, O = 9, 9", &[], ""),
        (
            "m = os.getenv('M', 'a')\nmatch m:\n    case 'b':\n        P, O = 9, 9\n    case other:\n        P, O = 7, 3",
            &[],
            "",
        ),
        ("if (n := 7) > 5:\n    P = n\nO = 3", &[], ""),
        ("P = sum([1, 2, 4]); O = [x for x in (1, 2, 3) if x > 2][0]", &[], ""),
        ("d = {k: v for k, v in [('p', 7), ('o', 3)]}\nP, O = d['p'], d['o']", &[], ""),
        ("P = [*range(8)][-1]; O = sorted([5, 3, 4])[0]", &[], ""),
        ("P = 15 // 2; O = 10 % 7", &[], ""),
        ("P = abs(-7); O = round(2.6)", &[], ""),
        ("P = int(7.9); O = int(float('3.5'))", &[], ""),
        ("from typing import Final, cast\nP: Final[int] = cast(int, 7)\nO: 'int' = 3", &[], ""),
        (
            "from functools import partial\ncreate_engine = partial(create_engine, pool_pre_ping=True)\nP, O = 7, 3",
            &[],
            "",
        ),
        (
            "import functools\ndef f(a, b): return a * b\ng = functools.partial(f, 7)\nP, O = g(1), functools.partial(f, b=1)(3)",
            &[],
            "",
        ),
        ("from .c import *\n", &[("app/c.py", "P = 7\nO = 3\n")], ""),
        (
            "from . import c\nP, O = c.P, c.O",
            &[("app/c.py", "def __getattr__(name):\n    return {'P': 7, 'O': 3}[name]\n")],
            "",
        ),
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    P, O = 9, 9\nelse:\n    P, O = 7, 3",
            &[],
            "",
        ),
        ("try:\n    from .local import P\nexcept ImportError:\n    P = 7\nO = 3", &[], ""),
        (
            "try:\n    from .local import P\nexcept ImportError:\n    P = 9\nO = 3",
            &[("app/local.py", "P = 7\n")],
            "",
        ),
        ("class A:\n    P = 7\n    O = 3\nclass B(A):\n    pass\nP, O = B.P, B().O", &[], ""),
        ("from types import SimpleNamespace as N\nn = N(p=7, o=3)\nP, O = n.p, n.o", &[], ""),
        ("x = '7,3'\nP, O = map(int, x.split(','))", &[], ""),
        ("P, O = [int(v) for v in '7 3'.split()]", &[], ""),
        ("P, O = tuple(int(v) for v in ('7', '3'))", &[], ""),
        (
            "def f(*args, **kw):\n    return kw['p'] + args[0]\nP = f(1, p=6)\nO = (lambda a, b=2: a + b)(1)",
            &[],
            "",
        ),
        ("P = 7\nO = 3\nfor n in range(2):\n    O += n\nO -= 1", &[], ""),
        ("if os.environ.get('DEBUG') == '1':\n    P, O = 90, 90\nelse:\n    P, O = 7, 3", &[], ""),
        ("P = int(os.environ['P']); O = int(os.environ.get('O') or 3)", &[], "P=7"),
        ("from os import environ, getenv\nP = int(environ.get('P', '7')); O = int(getenv('O', 3))", &[], ""),
        ("P = int(os.environ.setdefault('P', '7')); O = 3 if 'O' not in os.environ else 9", &[], ""),
        ("P = 7 if os.path.exists('/nowhere-at-all') else 7; O = 3", &[], ""),
        ("a = b = 7\nP = b\nO = (1, 2, 3)[2]", &[], ""),
        ("P = next(iter([7, 8])); O = next((x for x in [1, 3] if x > 2), 9)", &[], ""),
        ("d = {'a': {'b': [0, 7]}}\nP = d['a']['b'][1]; O = d.get('z', {}).get('y', 3)", &[], ""),
        ("P = getattr(object(), 'p', 7); O = vars().get('q', 3) if False else 3", &[], ""),
        (
            "P, O = 0, 0\nfor i, n in enumerate([7, 3]):\n    if i == 0:\n        P = n\n    else:\n        O = n",
            &[],
            "",
        ),
    ]);
}

#[test]
fn settings_objects() {
    all(&[
        (
            "from dataclasses import dataclass, field\n@dataclass\nclass S:\n    p: int = 7\n    o: int = field(default=3)\ns = S()\nP, O = s.p, s.o",
            &[],
            "",
        ),
        (
            "from dataclasses import dataclass, field\n@dataclass\nclass S:\n    p: int = field(default_factory=lambda: int(os.getenv('P', '7')))\n    o: int = 9\ns = S(o=3)\nP, O = s.p, s.o",
            &[],
            "",
        ),
        (
            "import attr\n@attr.s(auto_attribs=True)\nclass S:\n    p: int = 7\n    o: int = attr.ib(default=3)\ns = S()\nP, O = s.p, s.o",
            &[],
            "",
        ),
        (
            "from attrs import define, field\n@define\nclass S:\n    p: int = field(default=7, converter=int)\n    o: int = 3\ns = S()\nP, O = s.p, s.o",
            &[],
            "",
        ),
        (
            "from pydantic_settings import BaseSettings, SettingsConfigDict\nfrom pydantic import BaseModel\nclass Db(BaseModel):\n    p: int = 1\n    o: int = 3\nclass S(BaseSettings):\n    model_config = SettingsConfigDict(env_nested_delimiter='__')\n    db: Db = Db()\ns = S()\nP, O = s.db.p, s.db.o",
            &[],
            "DB__P=7",
        ),
        (
            "from pydantic_settings import BaseSettings\nfrom pydantic import BaseModel, Field\nclass Db(BaseModel):\n    p: int = 1\n    o: int = 3\nclass S(BaseSettings):\n    db: Db = Field(default_factory=Db)\n    class Config:\n        env_nested_delimiter = '__'\n        env_prefix = 'APP_'\ns = S()\nP, O = s.db.p, s.db.o",
            &[],
            "APP_DB__P=7",
        ),
        (
            "from pydantic_settings import BaseSettings\nfrom pydantic import computed_field\nclass S(BaseSettings):\n    base: int = 2\n    @computed_field\n    @property\n    def p(self) -> int:\n        return self.base + 4\n    @property\n    def o(self):\n        return self.base\ns = S()\nP, O = s.p, s.o",
            &[],
            "BASE=3\n",
        ),
        (
            "from pydantic_settings import BaseSettings\nfrom pydantic import model_validator\nclass S(BaseSettings):\n    p: int = 1\n    o: int = 3\n    @model_validator(mode='after')\n    def fix(self):\n        self.p = 7\n        return self\ns = S()\nP, O = s.p, s.o",
            &[],
            "",
        ),
        (
            "from pydantic_settings import BaseSettings\nfrom pydantic import Field, AliasChoices\nclass S(BaseSettings):\n    p: int = Field(1, validation_alias=AliasChoices('A', 'B'))\n    o: int = Field(default=9, alias='C')\ns = S()\nP, O = s.p, s.o",
            &[],
            "B=7\nC=3",
        ),
        (
            "from pydantic import BaseSettings, Field\nclass S(BaseSettings):\n    p: int = Field(1, env='A')\n    o: int = Field(9, env=['X', 'C'])\n    class Config:\n        env_file = '.env'\ns = S()\nP, O = s.p, s.o",
            &[(".env", "A=7\nC=3\n")],
            "Y=1",
        ),
        (
            "from pydantic import BaseSettings\nclass S(BaseSettings):\n    p: int = 1\n    o: int = 9\n    class Config:\n        fields = {'p': {'env': 'A'}, 'o': {'env': ['B', 'C']}}\ns = S()\nP, O = s.p, s.o",
            &[],
            "A=7\nC=3",
        ),
        (
            "from pydantic_settings import BaseSettings, SettingsConfigDict\nclass S(BaseSettings):\n    p: int = 1\n    o: int = 9\n    model_config = SettingsConfigDict(env_file=('.env', '.env.prod'))\ns = S()\nP, O = s.p, s.o",
            &[(".env", "P=1\nO=3\n"), (".env.prod", "P=7\n")],
            "",
        ),
        (
            "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    p: int = 1\n    o: int = 9\ns = S(_env_file='.env')\nP, O = s.p, s.o",
            &[(".env", "P=7\nO=3\n")],
            "",
        ),
        (
            "from functools import lru_cache\nfrom pydantic_settings import BaseSettings\nclass Base(BaseSettings):\n    p: int = 1\n    o: int = 3\nclass Prod(Base):\n    p: int = 7\nclass Dev(Base):\n    p: int = 2\n@lru_cache()\ndef get():\n    return {'prod': Prod, 'dev': Dev}[os.getenv('ENV', 'prod')]()\nP, O = get().p, get().o",
            &[],
            "",
        ),
        (
            "from pydantic_settings import BaseSettings\nfrom pydantic import BaseModel\nclass Db(BaseModel):\n    p: int\n    o: int = 3\nclass S(BaseSettings):\n    db: Db = Db(p=7)\nP, O = S().db.p, S().model_dump()['db']['o']",
            &[],
            "",
        ),
        (
            "from pydantic import BaseModel\nclass D(BaseModel):\n    p: int = 1\n    o: int = 3\nd = D(**{'p': 7})\nP, O = d.p, d.dict()['o']",
            &[],
            "",
        ),
    ]);
}

#[test]
fn setting_readers() {
    all(&[
        ("from decouple import config\nP = config('P', default=5, cast=int)\nO = config('O', 3)", &[], "P=7"),
        (
            "from decouple import config\nP = config('P', default=5, cast=int)\nO = config('O', 3)",
            &[(".env", "P=7\n")],
            "Y=1",
        ),
        (
            "from decouple import Config, RepositoryEnv\nconfig = Config(RepositoryEnv('.env'))\nP = config('P', cast=int)\nO = config('O', default=3)",
            &[(".env", "P=7\n")],
            "Y=1",
        ),
        (
            "from environs import Env\nenv = Env()\nenv.read_env()\nP = env.int('P', 5)\nO = env.int('O', default=3)",
            &[],
            "P=7",
        ),
        (
            "from environs import Env\nenv = Env()\nwith env.prefixed('DB_'):\n    P = env.int('P', 5)\n    with env.prefixed('Q_'):\n        O = env.int('O', 9)",
            &[],
            "DB_P=7\nDB_Q_O=3",
        ),
        (
            "from environs import Env\nenv = Env()\nenv.read_env()\nP = env.int('P', 5)\nO = int(env.str('O', '3'))",
            &[("app/.env", "P=7\n")],
            "Y=1",
        ),
        ("import environ\nenv = environ.Env(P=(int, 5), O=(int, 3))\nP = env('P')\nO = env('O')", &[], "P=7"),
        (
            "import environ\nenv = environ.Env()\nenviron.Env.read_env('.env')\nP = env.int('P', default=5)\nO = env('O', cast=int, default=3)",
            &[(".env", "P=7\n")],
            "Y=1",
        ),
        (
            "from starlette.config import Config\nconfig = Config('.env')\nP = config('P', cast=int, default=5)\nO = config('O', cast=int, default=3)",
            &[(".env", "P=7\n")],
            "Y=1",
        ),
    ]);
}

/// What is not followed is unknown, or more than it is; never less.
#[test]
fn what_is_not_followed_is_never_less() {
    let table: &[Case<'_>] = &[
        ("d = dict(zip(['p', 'o'], [7, 3]))\nP, O = d['p'], d['o']", &[], ""),
        (
            "from enum import IntEnum\nclass E(IntEnum):\n    P = 7\n    O = 3\nP, O = int(E.P), E.O.value",
            &[],
            "",
        ),
        (
            "from collections import namedtuple\nT = namedtuple('T', 'p o')\nt = T(7, o=3)\nP, O = t.p, t.o",
            &[],
            "",
        ),
        (
            "from operator import itemgetter\nimport operator\nP, O = itemgetter('p')({'p': 7}), operator.add(1, 2)",
            &[],
            "",
        ),
        (
            "from dataclasses import dataclass, replace\n@dataclass(frozen=True)\nclass S:\n    p: int = 9\n    o: int = 3\ns = replace(S(), p=7)\nP, O = s.p, s.o",
            &[],
            "",
        ),
        (
            "from pydantic_settings import BaseSettings\nfrom pydantic import BaseModel\nclass Db(BaseModel):\n    p: int = 1\n    o: int = 3\nclass S(BaseSettings):\n    db: Db = Db()\ns = S()\nP, O = s.db.p, s.db.o",
            &[],
            "DB={\"p\": 7}",
        ),
        (
            "from pydantic import BaseModel\nclass D(BaseModel):\n    p: int = 1\n    o: int = 3\nd = D.model_validate({'p': 7})\nP, O = d.p, d.o",
            &[],
            "",
        ),
        (
            "from dynaconf import Dynaconf\nsettings = Dynaconf(settings_files=['settings.toml'], environments=True)\nP, O = settings.DB.p, settings.o",
            &[("settings.toml", "[default]\no = 3\n[default.db]\np = 1\n[development.db]\np = 7\n")],
            "",
        ),
        (
            "from dynaconf import Dynaconf\nsettings = Dynaconf(settings_files=['settings.toml'])\nP, O = settings.P, settings['o']",
            &[("settings.toml", "p = 1\no = 3\n")],
            "DYNACONF_P=7",
        ),
        (
            "import yaml\nwith open('c.yml') as f:\n    c = yaml.safe_load(f)\nP, O = c['db']['p'], c['db'].get('o', 9)",
            &[("c.yml", "db:\n  p: 7\n  o: 3\n")],
            "",
        ),
        (
            "import yaml\nfrom pathlib import Path\nc = yaml.safe_load(Path(__file__).parent.joinpath('c.yml').read_text())\nP, O = c['p'], c['o']",
            &[("app/c.yml", "p: 7\no: 3\n")],
            "",
        ),
        (
            "import yaml\nfrom pathlib import Path\nBASE = Path(__file__).resolve().parent.parent\nc = yaml.load(open(BASE / 'conf' / 'c.yml'), Loader=yaml.SafeLoader)\nP, O = c['p'], c['o']",
            &[("conf/c.yml", "p: 7\no: 3\n")],
            "",
        ),
        (
            "import tomllib\nwith open('c.toml', 'rb') as f:\n    c = tomllib.load(f)\nP, O = c['db']['p'], c['db']['o']",
            &[("c.toml", "[db]\np = 7\no = 3\n")],
            "",
        ),
        (
            "import json\nc = json.load(open(os.path.join(os.path.dirname(__file__), 'c.json')))\nP, O = c['p'], c['o']",
            &[("app/c.json", "{\"p\": 7, \"o\": 3}")],
            "",
        ),
        (
            "import configparser\nc = configparser.ConfigParser()\nc.read('c.ini')\nP, O = c.getint('db', 'p'), int(c['db']['o'])",
            &[("c.ini", "[db]\np = 7\no: 3\n")],
            "",
        ),
        (
            "import argparse\np = argparse.ArgumentParser()\np.add_argument('--pool-size', type=int, default=7)\np.add_argument('-o', '--overflow', dest='o', type=int, default=3)\na = p.parse_args()\nP, O = a.pool_size, a.o",
            &[],
            "",
        ),
        ("P = int(f'{7}'); O = int(f'{1 + 2:d}')", &[], ""),
        ("P, *rest = [7, 3, 1]\nO = rest[0]", &[], ""),
        ("from contextvars import ContextVar\nv = ContextVar('v', default=7)\nP, O = v.get(), 3", &[], ""),
        ("import json\nd = json.loads('{\"p\": 7, \"o\": 3}')\nP, O = d['p'], d['o']", &[], ""),
        ("import math\nP, O = math.ceil(6.2), math.floor(3.9)", &[], ""),
        ("import sys\nP = 7 if sys.version_info >= (3, 0) else 9\nO = 3", &[], ""),
    ];
    for (source, files, env) in table {
        let pools = opened(source, files, env);
        let [pool] = &*pools else { panic!("{source}") };
        assert!(pool.is_unknown() || pool.number() >= Some(10), "{source}: {pool}");
    }
}
