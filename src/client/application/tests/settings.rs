//! Settings classes and functions.

use super::*;

fn size_of(settings: &str, env: &str) -> String {
    let main = "from sqlalchemy import create_engine\nfrom app.config import settings\ne = create_engine(settings.url, pool_size=settings.pool_size, max_overflow=0)\n";
    let program = program(&[("app/config.py", settings), ("app/main.py", main), ("env", env)]);
    program.only().ceiling.to_string()
}

#[test]
fn pydantic_settings() {
    let two = "from pydantic_settings import BaseSettings, SettingsConfigDict\nfrom pydantic import Field\n";
    for (class, env, expected) in [
        ("class S(BaseSettings):\n    pool_size: int = 7\n    url: str = 'postgresql://db/x'\n", "A=1", "7"),
        (
            "class S(BaseSettings):\n    pool_size: int = 7\n    url: str = 'postgresql://db/x'\n",
            "POOL_SIZE=8",
            "8",
        ),
        (
            "class S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='DB_')\n    pool_size: int = 7\n    url: str = 'postgresql://db/x'\n",
            "DB_POOL_SIZE=9",
            "9",
        ),
        (
            "class S(BaseSettings):\n    model_config = {'case_sensitive': True}\n    pool_size: int = 7\n    url: str = 'postgresql://db/x'\n",
            "POOL_SIZE=9",
            "7",
        ),
        (
            "class S(BaseSettings):\n    class Config:\n        env_prefix = 'DB_'\n    pool_size: int = 7\n    url: str = 'postgresql://db/x'\n",
            "DB_POOL_SIZE=9",
            "9",
        ),
        (
            "class S(BaseSettings):\n    pool_size: int = Field(6, env='SIZE')\n    url: str = 'postgresql://db/x'\n",
            "SIZE=4",
            "4",
        ),
        (
            "class S(BaseSettings):\n    pool_size: int = Field(default=6, validation_alias='SIZE')\n    url: str = 'postgresql://db/x'\n",
            "A=4",
            "6",
        ),
        (
            "class S(BaseSettings):\n    base: int = 3\n    url: str = 'postgresql://db/x'\n    @property\n    def pool_size(self):\n        return self.base * 2\n",
            "BASE=4",
            "8",
        ),
        (
            "class P(BaseSettings):\n    pool_size: int = 3\nclass S(P):\n    url: str = 'postgresql://db/x'\n",
            "A=4",
            "3",
        ),
        (
            "class S(BaseSettings):\n    pool_size: int = 3\n    host: str = 'db'\n    url: str = ''\n    def __init__(self, **kw):\n        super().__init__(**kw)\n        self.url = f'postgresql://{self.host}/x'\n",
            "POOL_SIZE=5",
            "5",
        ),
    ] {
        assert_eq!(size_of(&format!("{two}{class}settings = S()\n"), env), expected, "{class}");
    }
}

#[test]
fn other_settings_objects() {
    for (source, env, expected) in [
        (
            "from dataclasses import dataclass\n@dataclass\nclass S:\n    pool_size: int = 7\n    url: str = 'postgresql://db/x'\nsettings = S(pool_size=2)\n",
            "A=1",
            "2",
        ),
        ("class settings:\n    pool_size = 11\n    url = 'postgresql://db/x'\n", "A=1", "11"),
        (
            "import os\nclass S:\n    def __init__(self):\n        self.pool_size = int(os.environ.get('N', 20))\n        self.url = 'postgresql://db/x'\nsettings = S()\n",
            "N=6",
            "6",
        ),
        (
            "from decouple import config\nclass settings:\n    pool_size = config('N', default=5, cast=int)\n    url = 'postgresql://db/x'\n",
            "N=6",
            "6",
        ),
        (
            "from starlette.config import Config\nconfig = Config('.env')\nclass settings:\n    pool_size = config('N', cast=int, default=5)\n    url = 'postgresql://db/x'\n",
            "A=6",
            "5",
        ),
        (
            "from environs import Env\nenv = Env()\nclass settings:\n    pool_size = env.int('N', 5)\n    url = 'postgresql://db/x'\n",
            "N=9",
            "9",
        ),
        (
            "import os\nclass Dev:\n    pool_size = 1\n    url = 'postgresql://db/x'\nclass Prod(Dev):\n    pool_size = 40\nsettings = {'dev': Dev, 'prod': Prod}[os.getenv('APP_ENV', 'dev')]\n",
            "APP_ENV=prod",
            "40",
        ),
    ] {
        assert_eq!(size_of(source, env), expected, "{source}");
    }
}

#[test]
fn a_validator_puts_the_url_together() {
    let settings = r#"
from typing import Any, Optional
from pydantic import BaseSettings, PostgresDsn, validator
class S(BaseSettings):
    HOST: str = "db"
    pool_size: int = 4
    url: Optional[PostgresDsn] = None
    @validator("url", pre=True)
    def assemble(cls, v: Optional[str], values: dict[str, Any]) -> Any:
        if isinstance(v, str):
            return v
        return PostgresDsn.build(scheme="postgresql", user="u", host=values.get("HOST"), path="/x")
settings = S()
"#;
    let main = "from sqlalchemy import create_engine\nfrom app.config import settings\ne = create_engine(str(settings.url))\n";
    let program = program(&[("app/config.py", settings), ("app/main.py", main)]);
    assert_eq!(program.url(), "postgresql://u@db/x");
}

#[test]
fn a_settings_value_has_a_way() {
    let settings = "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    pool_size: int = 7\nsettings = S()\n";
    let main = "from sqlalchemy import create_engine\nfrom app.config import settings\ne = create_engine('postgresql://db/x', pool_size=settings.pool_size)\n";
    let files = [("app/config.py", settings), ("app/main.py", main), ("env", "POOL_SIZE=8")];
    let program = program(&files);
    let size = program.only().size.as_ref().unwrap();
    assert_eq!(program.way(size)[0], "written env:1 8");
    assert!(program.way(size)[1].starts_with("read app/config.py:3"));
}

#[test]
fn dotenv_files_are_found_and_yield_to_the_environment() {
    let db = "import os\nfrom dotenv import load_dotenv\nfrom sqlalchemy import create_engine\nload_dotenv()\ne = create_engine(os.environ['URL'], pool_size=int(os.environ['N']), max_overflow=int(os.environ['O']))\n";
    let dotenv = "URL=postgresql://db/x\nN=3              # Connections per pool\nO=4\n";
    let files =
        [("app/main.py", "import app.core.db\n"), ("app/core/db.py", db), (".env", dotenv), ("env", "O=1")];
    let program = program(&files);
    assert_eq!(program.summary(), ["e 3+1=4"]);
    let size = program.only().size.as_ref().unwrap();
    assert_eq!(
        program.way(size),
        [
            "written .env:2 3",
            "environment app/core/db.py:4 load_dotenv",
            "read app/core/db.py:5 os.environ['N']"
        ]
    );
    let settings = "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    model_config = {'env_file': '.env'}\n    N: int = 9\nsettings = S()\n";
    let main = "from sqlalchemy import create_engine\nfrom app.config import settings\ne = create_engine('postgresql://db/x', pool_size=settings.N)\n";
    let files = [("app/main.py", main), ("app/config.py", settings), (".env", dotenv)];
    assert_eq!(super::program(&files).summary(), ["e 3+10=13"]);
}
