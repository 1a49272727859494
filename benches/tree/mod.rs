//! Writes the tree that `benches/python.rs` lints: a shop of 400 areas, each a package of 25 files, with a web server and a
//! queue's workers on one database.
//!
//! It is shaped after public applications of that kind: files of five KiB on the average; two of five are tests and
//! migrations, which nothing that is served imports; models, schemas, repositories and services that import one another
//! across packages; one engine that everything reaches through a session.

use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

const AREAS: u32 = 400;
/// The modules of an area that the application imports.
const MODULES: [&str; 12] = [
    "services",
    "pricing",
    "reports",
    "exports",
    "imports",
    "search",
    "events",
    "mail",
    "permissions",
    "filters",
    "cache",
    "audit",
];
const MIGRATIONS: u32 = 4;
const TESTS: u32 = 5;

/// How much was written.
#[derive(Default)]
pub(crate) struct Written {
    /// Python files.
    pub(crate) files: u32,
    /// Their bytes.
    pub(crate) bytes: usize,
}

/// Writes the tree into `folder`, the same at every call.
pub(crate) fn write(folder: &Path) -> io::Result<Written> {
    let mut writer = Writer { folder, written: Written::default() };
    writer.plain("docker-compose.yml", include_str!("docker-compose.yml"))?;
    writer.plain("Dockerfile", include_str!("Dockerfile"))?;
    writer.python("shop/__init__.py", "")?;
    writer.python("shop/settings.py", include_str!("settings.py.txt"))?;
    writer.python("shop/db.py", include_str!("db.py.txt"))?;
    writer.python("shop/main.py", &main())?;
    writer.python("shop/worker.py", &worker())?;
    for area in 0..AREAS {
        write_area(&mut writer, area)?;
    }
    Ok(writer.written)
}

struct Writer<'a> {
    folder: &'a Path,
    written: Written,
}

impl Writer<'_> {
    fn python(&mut self, path: &str, text: &str) -> io::Result<()> {
        self.written.files += 1;
        self.written.bytes += text.len();
        self.plain(path, text)
    }

    fn plain(&self, path: &str, text: &str) -> io::Result<()> {
        let path = self.folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)
    }
}

/// The text of `template` in which `AREA`, `OTHER` and `THIRD` are names of areas and `Area`, `NAME` and `Name` go with them.
fn filled(template: &str, area: u32, name: &str) -> String {
    // Any steps that lead from one area to another will do, as long as they are the same every time.
    let (other, third) = ((area * 7 + 3) % AREAS, (area * 13 + 11) % AREAS);
    let mut title = name.to_owned();
    if let Some(first) = title.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    template
        .replace("AREA", &format!("area{area:03}"))
        .replace("OTHER", &format!("area{other:03}"))
        .replace("THIRD", &format!("area{third:03}"))
        .replace("Area", &format!("Area{area:03}"))
        .replace("NAME", name)
        .replace("Name", &title)
}

fn write_area(writer: &mut Writer<'_>, area: u32) -> io::Result<()> {
    let folder = format!("shop/area{area:03}");
    writer.python(&format!("{folder}/__init__.py"), &filled(include_str!("init.py.txt"), area, ""))?;
    writer.python(&format!("{folder}/models.py"), &filled(include_str!("models.py.txt"), area, ""))?;
    writer.python(&format!("{folder}/api.py"), &filled(include_str!("api.py.txt"), area, ""))?;
    writer.python(&format!("{folder}/tasks.py"), &filled(include_str!("tasks.py.txt"), area, ""))?;
    for (index, name) in MODULES.into_iter().enumerate() {
        // Each but the first knows the one before it: a chain as long as real ones are.
        let before = index.checked_sub(1).and_then(|before| MODULES.get(before)).copied();
        let mut text = filled(include_str!("module.py.txt"), area, name);
        if let Some(before) = before {
            text = text.replace("# PREVIOUS", &format!("from . import {before} as previous  # noqa: F401"));
        }
        writer.python(&format!("{folder}/{name}.py"), &text)?;
    }
    for migration in 0..MIGRATIONS {
        let text = filled(include_str!("migration.py.txt"), area, &format!("m{migration}"));
        writer.python(&format!("{folder}/migrations/v{migration:04}.py"), &text)?;
    }
    for test in 0..TESTS {
        let name = MODULES[test as usize];
        writer.python(
            &format!("{folder}/tests/test_{name}.py"),
            &filled(include_str!("test.py.txt"), area, name),
        )?;
    }
    Ok(())
}

/// The web application: every area's routes.
fn main() -> String {
    let mut text = String::from("from fastapi import FastAPI\n\n");
    for area in 0..AREAS {
        let _ = writeln!(text, "from shop.area{area:03}.api import router as area{area:03}_router");
    }
    text.push_str("\napp = FastAPI()\n");
    for area in 0..AREAS {
        let _ = writeln!(text, "app.include_router(area{area:03}_router, prefix=\"/area{area:03}\")");
    }
    text
}

/// The queue's workers: every area's tasks.
fn worker() -> String {
    let mut text = String::from("import os\n\nfrom celery import Celery\n\n");
    text.push_str("app = Celery(\"shop\", broker=os.environ[\"BROKER_URL\"])\n\n");
    for area in 0..AREAS {
        let _ = writeln!(text, "import shop.area{area:03}.tasks");
    }
    text
}
