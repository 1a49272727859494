//! URLs as edoburu's entrypoint takes them apart, with sed and cut (edoburu/docker-pgbouncer@91a581b, `parse_url`).

use crate::trace::Text;

/// A URL in parts.
pub(super) struct Url {
    pub(super) user: Option<Text>,
    /// Whether there is a password.
    pub(super) has_password: bool,
    pub(super) host: Text,
    pub(super) port: Option<Text>,
    pub(super) name: Option<Text>,
}

impl Url {
    /// Takes `url` apart.
    pub(super) fn of(url: &Text) -> Self {
        let whole = url.as_str();
        let rest = whole.rfind("://").map_or(0, |at| at + 3);
        let at_sign = whole[rest..].rfind('@').map(|at| rest + at);
        let user = at_sign.map(|end| &whole[rest..end]);
        let fields: Vec<&str> = user.unwrap_or_default().split(':').collect();
        let has_password = fields.get(1).is_some_and(|password| !password.is_empty());
        let user = if has_password { fields.first().copied() } else { user };
        let start = at_sign.map_or(rest, |at| at + 1);
        let authority = whole[start..].split('/').next().unwrap_or_default();
        let (host, port) = match authority.split(':').collect::<Vec<_>>().as_slice() {
            [host, port, ..] if !port.is_empty() => (*host, Some(*port)),
            _ => (authority, None),
        };
        // `cut -d/ -f2-` of all behind the scheme, the password included.
        let name = whole[rest..].split_once('/').map(|(_, name)| name);
        let text = |part: Option<&str>| part.filter(|part| !part.is_empty()).map(|part| url.slice_of(part));
        Self { user: text(user), has_password, host: url.slice_of(host), port: text(port), name: text(name) }
    }
}
