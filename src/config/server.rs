//! `[server.NAME]`: servers outside the deployment, or numbers that its files do not tell.

use serde::Deserialize;
use toml::Spanned;

use super::export::{self, Exported};
use super::{ConfigError, plan};
use crate::deployment::{Declared, Others};
use crate::source::{SourceFile, Sources, TreePath};
use crate::trace::{Bound, Count, How, Origin, Text, Trail};

/// A server as the file spells it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ServerTable {
    /// The hosts in URLs that mean it, with `*` and `?`; the server's name by default.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    url_pattern: Option<Spanned<String>>,
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    max_connections: Option<Spanned<u64>>,
    /// A managed offering: `neon/0.25`.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    plan: Option<Spanned<String>>,
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    superuser_reserved: Option<Spanned<u64>>,
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    reserved: Option<Spanned<u64>>,
    /// Connections that others open.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    other_connections: Option<Spanned<u64>>,
    /// Exported budgets of other deployments on the same server.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    also: Vec<Spanned<String>>,
}

/// The server that `table` declares under `name`.
pub(super) fn declared(
    sources: &Sources,
    file: &SourceFile,
    name: &Spanned<String>,
    table: &ServerTable,
) -> Result<Declared, ConfigError> {
    let pattern = table.url_pattern.as_ref().unwrap_or(name);
    if pattern.get_ref().contains(['/', ':', '@']) {
        return Err(ConfigError::at(
            file,
            pattern.span(),
            "url-pattern is of the host alone, without scheme, user and port",
        ));
    }
    let place = file.at(name.span());
    let count = |number: u64, at: std::ops::Range<usize>| {
        Count::new(Bound::Exactly(number), Trail::new(Origin::at(How::Declared, file.at(at))))
    };
    let given = |number: &Option<Spanned<u64>>| number.as_ref().map(|n| count(*n.get_ref(), n.span()));
    let mut server = Declared {
        name: name.get_ref().clone(),
        place,
        pattern: pattern.get_ref().to_ascii_lowercase(),
        version: None,
        max_connections: given(&table.max_connections),
        superuser_reserved: given(&table.superuser_reserved),
        reserved: given(&table.reserved),
        others: Vec::new(),
    };
    if let Some(named) = &table.plan {
        let plan = plan::plan(named.get_ref()).map_err(|why| ConfigError::at(file, named.span(), why))?;
        let at = || named.span();
        server.max_connections.get_or_insert_with(|| count(plan.max_connections, at()));
        if let Some(reserved) = plan.superuser_reserved {
            server.superuser_reserved.get_or_insert_with(|| count(reserved, at()));
        }
        server.version = Some(Text::decoded(plan.title, file.at(at())));
    }
    if let Some(limit) =
        table.max_connections.as_ref().filter(|limit| !(1..=262_143).contains(limit.get_ref()))
    {
        return Err(ConfigError::at(
            file,
            limit.span(),
            "PostgreSQL takes a max_connections from 1 to 262143",
        ));
    }
    if let Some(others) = &table.other_connections {
        let number = Bound::Exactly(*others.get_ref());
        server.others.push(Others {
            name: "other connections".to_owned(),
            ceiling: number.clone(),
            reachable: number,
            place: file.at(others.span()),
        });
    }
    for path in &table.also {
        let Exported { ceiling, reachable } = export::read(sources, &TreePath::new(path.get_ref()), &server)
            .map_err(|why| ConfigError::at(file, path.span(), why))?;
        let name = path.get_ref().clone();
        server.others.push(Others { name, ceiling, reachable, place: file.at(path.span()) });
    }
    Ok(server)
}
