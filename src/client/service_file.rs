//! libpq's service files: a URL that names a service leaves the server to a file of the machine it runs on
//! (<https://www.postgresql.org/docs/current/libpq-pgservice.html>; `fe-connect.c`, `parseServiceInfo` of PostgreSQL 17).

use crate::platform::{Container, Found};
use crate::source::{Sources, TreePath};
use crate::trace::Text;

use super::{Url, url};

/// The home of whom images mostly run as, where `HOME` does not say.
const HOME: &str = "/root";

/// Where libpq looks where neither `PGSERVICEFILE` nor the home says: what Debian and others were built with
/// (`pg_config --sysconfdir`).
const PLACES: [&str; 3] =
    ["/etc/postgresql-common/pg_service.conf", "/etc/pg_service.conf", "/usr/local/etc/pg_service.conf"];

/// What a URL makes of the service that it names.
pub enum Service {
    /// The host that the service says.
    Host(Text),
    /// The service, which no file at hand tells.
    Lost(Text),
}

/// The service that `dialled` or `PGSERVICE` names, which says the server where the URL does not; `None` where it names hosts, or no service.
pub fn service(sources: &Sources, container: &Container, dialled: &Url) -> Option<Service> {
    let Url::Known(text) = dialled else { return None };
    if !url::hosts(text.as_str()).is_empty() {
        return None;
    }
    let by_variable = || container.environment.get("PGSERVICE").filter(|name| !name.is_empty()).cloned();
    let name = named(text).or_else(by_variable)?;
    let own = container.environment.get("PGSERVICEFILE").map(Text::as_str);
    let home = format!("{}/.pg_service.conf", container.environment.get("HOME").map_or(HOME, Text::as_str));
    let host = own.into_iter().chain([home.as_str()]).chain(PLACES).find_map(|inside| {
        let inside = TreePath::new("/").join(&container.working_dir).join(inside);
        let text = match container.files.open(sources, &inside)? {
            Found::Text(text) => text,
            Found::File(path) => {
                let file = sources.load_lossy(&path).ok()?;
                Text::verbatim(&file, 0..file.text.len())
            }
        };
        host(&text, name.as_str())
    });
    Some(host.map_or(Service::Lost(name), Service::Host))
}

/// The service's name in `postgresql:///?service=main`, `service=main`.
fn named(text: &Text) -> Option<Text> {
    let query = match text.as_str().split_once("://") {
        Some((_, rest)) => rest.split_once('?')?.1,
        None => text.as_str(),
    };
    let mut words = query.split(|c: char| c == '&' || c.is_whitespace());
    let name = words.find_map(|word| word.strip_prefix("service=")).filter(|name| !name.is_empty())?;
    Some(text.slice_of(name))
}

/// What the service `name` of a service file has for a host: the first of its keys counts, an address before it.
fn host(file: &Text, name: &str) -> Option<Text> {
    let lines = file.as_str().lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let mut own =
        lines.skip_while(|line| !is_heading(line, name)).skip(1).take_while(|line| !line.starts_with('['));
    let value = own.find_map(|line| {
        let (key, value) = line.split_once('=')?;
        matches!(key, "host" | "hostaddr").then_some(value)
    })?;
    (!value.is_empty() && !value.starts_with('/')).then(|| file.slice_of(value))
}

fn is_heading(line: &str, name: &str) -> bool {
    line.strip_prefix('[').and_then(|rest| rest.split_once(']')).is_some_and(|(own, _)| own == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    const FILE: &str = "# of ours\n[other]\nhost=elsewhere\n\n[main]\nport=5432\n# host=old\nhost=db\npassword=s3cret\n[last]\ndbname=x\n";

    #[test]
    fn a_service_says_its_host() {
        let home = format!("{HOME}/.pg_service.conf");
        for (dialled, inside, expected) in [
            ("postgresql:///?service=main", home.as_str(), Some(Ok("db"))),
            ("postgresql:///app?sslmode=require&service=other", home.as_str(), Some(Ok("elsewhere"))),
            ("service=main user=app", "/srv/services", Some(Ok("db"))),
            ("postgresql:///?service=main", "/nowhere", Some(Err("main"))),
            ("postgresql:///?service=last", "/srv/services", Some(Err("last"))),
            ("postgresql:///?service=none", "/srv/services", Some(Err("none"))),
            ("postgresql://db/?service=main", "/srv/services", None),
            ("postgresql:///app", "/srv/services", None),
            ("postgresql:///app", "/srv/services PGSERVICE", Some(Ok("db"))),
            ("postgresql:///app?service=other", "/srv/services PGSERVICE", Some(Ok("elsewhere"))),
            ("postgresql://db/app", "/srv/services PGSERVICE", None),
        ] {
            let by_variable = inside.strip_suffix(" PGSERVICE");
            let inside = by_variable.unwrap_or(inside);
            let sources = Sources::new(Memory::new([("services", FILE), ("url", dialled)]));
            let mut container = Container { working_dir: "/srv".to_owned(), ..Container::default() };
            container.environment.set("PGSERVICEFILE", text(&sources, "services").slice(0..0));
            container.files.add(inside, TreePath::new("services"));
            if inside == "/srv/services" {
                let name = text(&sources, "url");
                let name = Text::traced("services", name.trail());
                container.environment.set("PGSERVICEFILE", name);
            }
            let url = Url::Known(text(&sources, "url"));
            if by_variable.is_some() {
                let main = Text::traced("main", text(&sources, "url").trail());
                container.environment.set("PGSERVICE", main);
            }
            let found = service(&sources, &container, &url);
            let found = found.map(|found| match found {
                Service::Host(host) => Ok(host.as_str().to_owned()),
                Service::Lost(name) => Err(name.as_str().to_owned()),
            });
            let expected = expected.map(|one| one.map(str::to_owned).map_err(str::to_owned));
            assert_eq!(found, expected, "{dialled} {inside}");
        }
    }

    fn text(sources: &Sources, path: &str) -> Text {
        let file = sources.load(&TreePath::new(path)).unwrap();
        Text::verbatim(&file, 0..file.text.len())
    }
}
