//! The ports of the machine under which a service is reached from outside its network.
//!
//! Source: the Compose specification, `ports` and `network_mode`
//! (<https://github.com/compose-spec/compose-spec/blob/main/05-services.md#ports>).

use std::ops::RangeInclusive;

use super::value::{Map, Value};

/// What PostgreSQL and libpq take where nothing else is said, and so what a server in the machine's own network listens on.
const POSTGRES: u16 = 5432;

/// Whether `service` is in the machine's own network.
pub(super) fn on_machine(service: &Map) -> bool {
    service.get("network_mode").and_then(|entry| entry.value.as_str()) == Some("host")
}

/// The ports of the machine that lead to `service`. One that Docker chooses when it starts is none that a URL can name.
pub(super) fn published(service: &Map) -> Vec<RangeInclusive<u16>> {
    if on_machine(service) {
        return vec![POSTGRES..=POSTGRES];
    }
    let ports = service.get("ports").map(|entry| entry.value.items()).unwrap_or_default();
    ports.iter().filter_map(port).collect()
}

fn port(item: &Value) -> Option<RangeInclusive<u16>> {
    let scalar = |value: &Value| value.as_scalar().map(|scalar| scalar.text.as_str().to_owned());
    let Some(short) = scalar(item) else { return range(&scalar(item.get("published")?)?) };
    // `[ADDRESS:]PUBLISHED:TARGET[/PROTOCOL]`; an IPv6 address has colons of its own.
    let (before, _target) = short.rsplit_once(':')?;
    let published = before.rsplit_once(':').map_or(before, |(_, published)| published);
    range(published)
}

/// `7432` or `7432-7440`.
fn range(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some(first.parse().ok()?..=last.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources, Span, TreePath};
    use crate::trace::Text;

    #[test]
    fn ports_of_the_short_form() {
        let sources = Sources::new(Memory::new([("x", "")]));
        let span = Span::new(sources.load(&TreePath::new("x")).unwrap().id, 0..0);
        let read = |text: &str| port(&Value::string(Text::decoded(text, span), span));
        for (text, expected) in [
            ("7432:5432", Some(7432..=7432)),
            ("127.0.0.1:7432:5432", Some(7432..=7432)),
            ("[::1]:7432:5432/tcp", Some(7432..=7432)),
            ("7432-7434:5432-5434", Some(7432..=7434)),
            ("5432", None),
            ("127.0.0.1::5432", None),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
