//! Settings in files, on the command line, and in what Python makes of dictionaries and classes.

use super::*;

const HEAD: &str = "import os\nfrom sqlalchemy import create_engine\nURL = os.environ['DATABASE_URL']\n";

/// What `source` opens beside `files`.
fn with(source: &str, files: &[(&str, &str)]) -> Program {
    with_environment(source, files, "")
}

fn with_environment(source: &str, files: &[(&str, &str)], environment: &str) -> Program {
    let source = format!("{HEAD}{source}");
    let environment = format!("DATABASE_URL={URL}{environment}");
    let mut all = vec![("app/main.py", source.as_str()), ("env", environment.as_str())];
    all.extend(files);
    program(&all)
}

/// The size and overflow of the one pool, and where the size stands.
fn one(program: &Program) -> String {
    let pool = program.only();
    let Some(size) = &pool.size else { return format!("{:?}", pool.ceiling) };
    format!("{} at {}", pool.ceiling, program.way(size).first().cloned().unwrap_or_default())
}

const YAML: &str = "database:\n  pool_size: 7\n  max_overflow: 3\n";

#[test]
fn yaml() {
    let files = [("config.yml", YAML)];
    for load in [
        "import yaml\nconfig = yaml.safe_load(open('config.yml'))",
        "import yaml\nwith open('config.yml') as f:\n    config = yaml.safe_load(f)",
        "import yaml\nwith open('config.yml', encoding='utf-8') as f:\n    config = yaml.load(f, Loader=yaml.FullLoader)",
        "import yaml\nfrom pathlib import Path\nconfig = yaml.safe_load(Path('config.yml').read_text())",
        "import yaml\nfrom pathlib import Path\nconfig = yaml.safe_load((Path(__file__).resolve().parent.parent / 'config.yml').read_bytes())",
        "import yaml\nfrom pathlib import Path\nwith Path('config.yml').open() as f:\n    config = yaml.safe_load(f.read())",
        "import yaml\ndef load(path=os.getenv('CONFIG', 'config.yml')):\n    with open(path) as f:\n        return yaml.safe_load(f) or {}\nconfig = load()",
        "from ruamel.yaml import YAML\nconfig = YAML(typ='safe').load(open('config.yml'))",
    ] {
        let program = with(&format!("{load}\nengine = create_engine(URL, **config['database'])\n"), &files);
        assert_eq!(one(&program), "10 at written config.yml:2 7", "{load}");
    }
}

#[test]
fn toml_json_and_ini() {
    let toml = "[database]\npool_size = 0x0a\nmax_overflow = 3 # more\n";
    for load in [
        "import tomllib\nc = tomllib.load(open('c.toml', 'rb'))",
        "import toml\nc = toml.load('c.toml')",
        "import tomli as t\nc = t.loads(open('c.toml').read())",
    ] {
        let program =
            with(&format!("{load}\nengine = create_engine(URL, **c['database'])\n"), &[("c.toml", toml)]);
        assert_eq!(one(&program), "13 at written c.toml:2 0x0a", "{load}");
    }
    let json = "{\n  \"database\": {\"pool_size\": 7, \"max_overflow\": 3}\n}\n";
    let source = "import json\nwith open('c.json') as f:\n    c = json.load(f)\nengine = create_engine(URL, pool_size=c['database']['pool_size'], max_overflow=c['database'].get('max_overflow', 10))\n";
    assert_eq!(one(&with(source, &[("c.json", json)])), "10 at written c.json:2 7");
    let ini = "[DEFAULT]\nmax_overflow = 3\n[database]\nPool_Size = 7\nurl = %(x)s\n";
    for read in [
        "int(c['database']['pool_size']), max_overflow=c['database'].getint('max_overflow', 10)",
        "c.getint('database', 'pool_size'), max_overflow=c.getint('database', 'missing', fallback=3)",
        "c['database'].getint('pool_size'), max_overflow=int(c.get('database', 'max_overflow'))",
        "c.getint('database', 'Pool_Size', fallback=5), max_overflow=c.getint('other', 'x', fallback=3)",
    ] {
        let source = format!(
            "import configparser\nc = configparser.ConfigParser()\nc.read('c.ini')\nengine = create_engine(URL, pool_size={read})\n"
        );
        assert_eq!(one(&with(&source, &[("c.ini", ini)])), "10 at written c.ini:4 7", "{read}");
    }
    let options = "import json\nengine = create_engine(URL, **json.loads(os.environ['OPTIONS']))\n";
    let program = with_environment(options, &[], "\nOPTIONS={\"pool_size\": 7, \"max_overflow\": 3}");
    assert_eq!(one(&program), "10 at written env:2 7");
}

#[test]
fn a_file_that_is_not_there_is_unknown() {
    for load in [
        "import yaml\nconfig = yaml.safe_load(open('absent.yml'))",
        "import json\nfrom pathlib import Path\nconfig = json.loads(Path('/etc/app.json').read_text())",
        "import configparser\nconfig = configparser.ConfigParser()\nconfig.read('/etc/app.ini')",
        "import toml\nconfig = toml.load(os.environ['NOWHERE'])",
    ] {
        let source =
            format!("{load}\nengine = create_engine(URL, pool_size=int(config['database']['pool_size']))\n");
        let program = with(&source, &[]);
        assert!(program.only().ceiling.is_unknown(), "{load}: {:?}", program.summary());
    }
    // A second file may change what the first one says.
    let source = "import configparser\nc = configparser.ConfigParser()\nc.read(['c.ini', '/etc/c.ini'])\nengine = create_engine(URL, pool_size=c.getint('d', 'size'))\n";
    let program = with(source, &[("c.ini", "[d]\nsize = 4\n")]);
    assert!(program.only().ceiling.is_unknown(), "{:?}", program.summary());
    // What PyYAML makes of a tag of the project's own is not known.
    let source = "import yaml\nc = yaml.load(open('c.yml'), Loader=Loader)\nengine = create_engine(URL, pool_size=c['size'])\n";
    assert!(with(source, &[("c.yml", "size: !ENV ${SIZE}\n")]).only().ceiling.is_unknown());
}

#[test]
fn dynaconf() {
    let toml = "[default]\npool_size = 4\n[default.database]\nsize = 6\n[production]\npool_size = 20\n";
    let files = [("settings.toml", toml), (".secrets.toml", "[default]\npassword = 'x'\n")];
    let head = "from dynaconf import Dynaconf\nsettings = Dynaconf(settings_files=['settings.toml', '.secrets.toml'], environments=True)\n";
    let engine =
        |size: &str| format!("{head}engine = create_engine(URL, pool_size={size}, max_overflow=0)\n");
    let sized = |size: &str, environment: &str| one(&with_environment(&engine(size), &files, environment));
    assert_eq!(sized("settings.POOL_SIZE", ""), "4 at written settings.toml:2 4");
    assert_eq!(
        sized("settings.pool_size", "\nENV_FOR_DYNACONF=production"),
        "20 at written settings.toml:6 20"
    );
    assert_eq!(sized("settings['pool_size']", "\nDYNACONF_POOL_SIZE=9"), "9 at written env:2 9");
    assert_eq!(sized("settings.database.size", ""), "6 at written settings.toml:4 6");
    assert_eq!(sized("settings.DATABASE.size", "\nDYNACONF_DATABASE__SIZE=8"), "8 at written env:2 8");
    assert_eq!(sized("settings.get('database.size')", ""), "6 at written settings.toml:4 6");
    assert_eq!(sized("settings.get('missing', 3)", "").split(' ').next(), Some("3"));
    let flat = "from dynaconf import Dynaconf\nsettings = Dynaconf(envvar_prefix='APP', settings_files=['s.yaml'])\nengine = create_engine(URL, pool_size=settings.pool_size)\n";
    let yaml = [("s.yaml", "POOL_SIZE: 2\n")];
    assert_eq!(one(&with_environment(flat, &yaml, "\nAPP_POOL_SIZE=12")), "22 at written env:2 12");
    assert_eq!(one(&with(flat, &yaml)), "12 at written s.yaml:1 2");
    let absent = with(flat, &[]);
    assert!(absent.only().ceiling.is_unknown(), "{:?}", absent.summary());
    let old = "from dynaconf import settings\nengine = create_engine(URL, pool_size=settings.POOL_SIZE)\n";
    assert_eq!(one(&with(old, &files)), "14 at written settings.toml:2 4");
}

/// The script `main.py` with the words of its command line, where they are known.
fn script(source: &str, words: Option<&[&str]>) -> Program {
    let source = format!("{HEAD}{source}");
    let environment = format!("DATABASE_URL={URL}");
    let line = words.map_or_else(|| "?".to_owned(), |words| words.join(" "));
    let path = "main.py";
    let all = [
        ("main.py", source.as_str()),
        ("env", environment.as_str()),
        ("command", path),
        ("words", line.as_str()),
    ];
    let sources = Sources::new(Memory::new(all.iter().copied()));
    let text = |path: &str| {
        let file = sources.load(&TreePath::new(path)).unwrap();
        Text::verbatim(&file, 0..file.text.len())
    };
    let line = text("words");
    let arguments = words.map(|words| {
        words
            .iter()
            .map(|word| line.slice_of(&line.as_str()[line.as_str().find(word).unwrap()..][..word.len()]))
            .collect()
    });
    let entry = Entry::Script { path: text("command") };
    let opened = start_as(&sources, Some(entry), arguments);
    Program { sources, opened }
}

#[test]
fn options_of_the_command_line() {
    let argparse = "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('-p', '--pool-size', type=int, default=4)\nargs = parser.parse_args()\nengine = create_engine(URL, pool_size=args.pool_size, max_overflow=0)\n";
    let click = "import click\n@click.command()\n@click.option('--pool-size', '-p', default=4, type=int)\ndef main(pool_size):\n    engine = create_engine(URL, pool_size=pool_size, max_overflow=0)\nif __name__ == '__main__':\n    main()\n";
    let typer = "import typer\napp = typer.Typer()\n@app.command()\ndef main(pool_size: int = 4):\n    engine = create_engine(URL, pool_size=pool_size, max_overflow=0)\nif __name__ == '__main__':\n    app()\n";
    let typer_option = "import typer\ndef main(pool_size: int = typer.Option(4, '--pool-size')):\n    engine = create_engine(URL, pool_size=pool_size, max_overflow=0)\nif __name__ == '__main__':\n    typer.run(main)\n";
    for (name, source) in [("argparse", argparse), ("click", click), ("typer", typer)] {
        assert_eq!(script(source, Some(&[])).only().ceiling, Bound::Exactly(4), "{name}");
        assert_eq!(script(source, Some(&["--pool-size", "30"])).summary(), ["engine 30+0=30"], "{name}");
        assert_eq!(script(source, Some(&["--pool-size=30"])).summary(), ["engine 30+0=30"], "{name}");
        let unknown = script(source, None);
        let ceiling = &unknown.only().ceiling;
        assert!(ceiling.is_unknown() && ceiling.floor() == 4, "{name}: {ceiling:?}");
    }
    assert_eq!(script(typer_option, Some(&[])).summary(), ["engine 4+0=4"]);
}

#[test]
fn classes_and_dictionaries() {
    for (source, most) in [
        (
            "from dataclasses import dataclass, field\n@dataclass\nclass C:\n    size: int = 7\n    more: int = field(default_factory=lambda: 3)\nc = C()\nengine = create_engine(URL, pool_size=c.size, max_overflow=c.more)",
            10,
        ),
        (
            "from dataclasses import dataclass, asdict\n@dataclass(frozen=True)\nclass C:\n    pool_size: int = 7\n    max_overflow: int = 3\nengine = create_engine(URL, **asdict(C(pool_size=8)))",
            11,
        ),
        (
            "from dataclasses import dataclass, replace\n@dataclass\nclass C:\n    size: int = 7\nengine = create_engine(URL, pool_size=replace(C(), size=2).size, max_overflow=0)",
            2,
        ),
        (
            "import attr\n@attr.s(auto_attribs=True)\nclass C:\n    size: int = attr.ib(default=7)\nengine = create_engine(URL, pool_size=C().size, max_overflow=0)",
            7,
        ),
        (
            "from attrs import define, field\n@define\nclass C:\n    size: int = field(default=7, converter=int)\nengine = create_engine(URL, pool_size=C().size, max_overflow=0)",
            7,
        ),
        (
            "from functools import cached_property\nclass C:\n    @cached_property\n    def size(self):\n        return int(os.environ.get('SIZE', 7))\nengine = create_engine(URL, pool_size=C().size, max_overflow=0)",
            7,
        ),
        (
            "from functools import lru_cache\n@lru_cache(maxsize=None)\ndef settings():\n    return {'pool_size': 7}\nengine = create_engine(URL, **settings(), max_overflow=0)",
            7,
        ),
        (
            "env = {'SIZE': '5'} | os.environ\nengine = create_engine(URL, pool_size=int(env['SIZE']), max_overflow=0)",
            5,
        ),
        (
            "env = os.environ | {'SIZE': '5'}\nengine = create_engine(URL, pool_size=int(env['SIZE']), max_overflow=0)",
            5,
        ),
        (
            "env = {'SIZE': '5', **os.environ}\nengine = create_engine(URL, pool_size=int(env['SIZE']), max_overflow=0)",
            5,
        ),
        (
            "base = {'pool_size': 5, 'max_overflow': 0}\nengine = create_engine(URL, **(base | {'pool_size': 9}))",
            9,
        ),
        (
            "base = {'pool_size': 5, 'max_overflow': 0}\nbase |= {'max_overflow': 2}\nengine = create_engine(URL, **base)",
            7,
        ),
        (
            "match os.environ.get('STAGE', 'prod'):\n    case 'dev':\n        size = 1\n    case 'prod' | 'live':\n        size = 8\n    case _:\n        size = 3\nengine = create_engine(URL, pool_size=size, max_overflow=0)",
            8,
        ),
        (
            "match {'kind': 'pg', 'size': 6}:\n    case {'kind': 'pg', 'size': size}:\n        pass\n    case _:\n        size = 3\nengine = create_engine(URL, pool_size=size, max_overflow=0)",
            6,
        ),
        (
            "from types import SimpleNamespace\nc = SimpleNamespace(size=6)\nengine = create_engine(URL, pool_size=c.size, max_overflow=0)",
            6,
        ),
        (
            "from collections import ChainMap\nc = ChainMap({'size': 6}, {'size': 3})\nengine = create_engine(URL, pool_size=c['size'], max_overflow=0)",
            6,
        ),
        (
            "from enum import IntEnum\nclass Size(IntEnum):\n    BIG = 6\nengine = create_engine(URL, pool_size=Size.BIG.value, max_overflow=0)",
            6,
        ),
        (
            "from typing import NamedTuple\nclass C(NamedTuple):\n    size: int = 6\nengine = create_engine(URL, pool_size=C().size, max_overflow=0)",
            6,
        ),
    ] {
        let program = with(&format!("{source}\n"), &[]);
        assert_eq!(program.only().ceiling, Bound::Exactly(most), "{source}");
    }
}
