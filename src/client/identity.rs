//! As whom a pool logs in, and to which database: a pooler keeps a pool for each pair of them.

use super::Url;
use crate::python::HOLE;

/// The database and the user that `url` names, each `None` where that is not known. Without a database the user's name
/// stands for it (libpq, 34.1.2).
pub fn identity(url: &Url) -> (Option<String>, Option<String>) {
    let Url::Known(text) = url else { return (None, None) };
    let Some((_, rest)) = text.as_str().trim().split_once("://") else { return (None, None) };
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let parameter = |name: &str| {
        let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        value.filter(|value| !value.is_empty())
    };
    // A password may hold an `@`, and a `/` where nobody escaped it: the last `@` ends the user's part.
    let (login, place) = rest.rsplit_once('@').map_or((None, rest), |(login, place)| (Some(login), place));
    let user = parameter("user").or_else(|| login.and_then(|login| login.split(':').next()));
    let path = place.split_once('/').map(|(_, path)| path).filter(|path| !path.is_empty());
    let known = |text: &str| (!text.is_empty() && !text.contains(HOLE)).then(|| decoded(text));
    let user = user.and_then(known);
    let database = match parameter("dbname").or(path) {
        Some(name) => known(name),
        None => user.clone(),
    };
    (database, user)
}

/// Percent signs resolved.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = (*first == b'%').then(|| after.get(..2)).flatten();
        let code = code.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources, TreePath};
    use crate::trace::Text;

    #[test]
    fn who_and_what() {
        for (url, database, user) in [
            ("postgresql://app:secret@pgbouncer:6432/shop", Some("shop"), Some("app")),
            ("postgresql+asyncpg://a%40b:p@ss/word@h/s%20p", Some("s p"), Some("a@b")),
            ("postgres://app@h", Some("app"), Some("app")),
            ("postgres://h/?user=u&dbname=d", Some("d"), Some("u")),
            ("postgres://h/shop", Some("shop"), None),
            ("postgres://\0:\0@h/shop", Some("shop"), None),
            ("postgres://app@h/\0", None, Some("app")),
        ] {
            let sources = Sources::new(Memory::new([("url", url)]));
            let file = sources.load(&TreePath::new("url")).unwrap();
            let url = Url::Known(Text::verbatim(&file, 0..url.len()));
            let (found_database, found_user) = identity(&url);
            assert_eq!((found_database.as_deref(), found_user.as_deref()), (database, user), "{url:?}");
        }
    }
}
