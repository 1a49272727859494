//! Numbers that nobody wrote down, and the one obvious place where each would stand.
//!
//! There are two: a pool's size among the arguments of the call that makes the pool, and a server's limit on the command of
//! its service. Other defaults have no such place (a number of workers may be an argument, a variable or a file), and are no
//! knobs. Whether the number does there what it should is tried, as of every knob.

use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_text_size::Ranged;

use super::slot::Role;
use super::spot::Spot;
use crate::source::{SourceFile, Sources, Span};
use crate::syntax::python::{ast, parse};

/// Where the default `of` of a setting would be written, given the place that leaves it out, and what it is called there;
/// `None` where there is no one obvious place.
pub(super) fn spot(sources: &Sources, role: Role, of: &str, place: Option<Span>) -> Option<(Spot, String)> {
    let place = place?;
    let file = sources.load(&sources.file(place.file).path).ok()?;
    match (role, of) {
        (Role::Size, "SQLAlchemy pool_size") => argument(&file, place, "pool_size"),
        (Role::Overflow, "SQLAlchemy max_overflow") => argument(&file, place, "max_overflow"),
        (Role::MaxConnections, "PostgreSQL max_connections") => command(&file, place),
        _ => None,
    }
}

/// `name` as one more argument of the call at `place`.
fn argument(file: &std::sync::Arc<SourceFile>, place: Span, name: &str) -> Option<(Spot, String)> {
    let module = parse(file).ok()?;
    let mut search = Search { end: place.range().end, found: None };
    search.visit_body(&module.body);
    let call = search.found?;
    let arguments = &call.arguments;
    // Of `**options` nobody knows whether they hold it too.
    if arguments.keywords.iter().any(|keyword| keyword.arg.is_none()) {
        return None;
    }
    let last = arguments.iter_source_order().last()?;
    let end = usize::from(last.range().end());
    let close = usize::from(arguments.range().end()).checked_sub(1)?;
    let gap = file.text.get(end..close)?;
    let line = file.text.get(..usize::from(last.range().start()))?;
    let line = &line[line.rfind('\n').map_or(0, |at| at + 1)..];
    let indent: String = line.chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
    let has_comma = gap.split('#').next().is_some_and(|gap| gap.contains(','));
    let break_at = gap.rfind('\n').map(|at| if gap[..at].ends_with('\r') { at - 1 } else { at });
    let (at, before, after) = match break_at {
        Some(at) => {
            let end_of_line = if gap[at..].starts_with('\r') { "\r\n" } else { "\n" };
            // Behind the last argument's own comment, where it ends with a comma.
            let (at, comma) = if has_comma { (end + at, "") } else { (end, ",") };
            (at, format!("{comma}{end_of_line}{indent}{name}="), if has_comma { "," } else { "" })
        }
        None if has_comma => (end + gap.find(',')? + 1, format!(" {name}="), ","),
        None => (end, format!(", {name}="), ""),
    };
    let spot = Spot { path: file.path.clone(), range: at..at, before, after: after.to_owned() };
    Some((spot, name.to_owned()))
}

/// Looks for the call whose function ends at `end`.
struct Search<'m> {
    end: usize,
    found: Option<&'m ast::ExprCall>,
}

impl<'m> Visitor<'m> for Search<'m> {
    fn visit_expr(&mut self, expression: &'m ast::Expr) {
        if let ast::Expr::Call(call) = expression
            && usize::from(call.func.range().end()) == self.end
            && is_constructor(&call.func)
        {
            self.found = Some(call);
        }
        walk_expr(self, expression);
    }
}

/// Whether it is SQLAlchemy's own function, whose arguments these are, and none that is built around it.
fn is_constructor(function: &ast::Expr) -> bool {
    let name = match function {
        ast::Expr::Name(name) => name.id.as_str(),
        ast::Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return false,
    };
    matches!(name, "create_engine" | "create_async_engine")
}

/// Images that hand their command to the server as PostgreSQL's own does, being made of it.
const IMAGES: [&str; 3] = ["postgres", "postgis", "pgvector"];

/// `-c max_connections` as the command of the service whose image stands at `place`.
fn command(file: &SourceFile, place: Span) -> Option<(Spot, String)> {
    if !file.path.has_ending(&["yml", "yaml"]) {
        return None;
    }
    let line = file.line_range(file.line_of(place.range().start))?;
    let text = file.text.get(line.clone())?;
    let key = text.trim_start_matches(' ');
    let image = key.strip_prefix("image:")?.trim().trim_matches(['"', '\'']);
    let name = image.split('#').next()?.trim().split(['@', ':']).next()?.rsplit('/').next()?;
    if !IMAGES.contains(&name) {
        return None;
    }
    let indent = &text[..text.len() - key.len()];
    let break_of_line =
        file.text.get(line.end..).filter(|rest| rest.starts_with("\r\n")).map_or("\n", |_| "\r\n");
    let before = format!("{break_of_line}{indent}command: postgres -c max_connections=");
    let spot = Spot { path: file.path.clone(), range: line.end..line.end, before, after: String::new() };
    Some((spot, "max_connections".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::spot::apply;
    use crate::source::{Memory, TreePath};

    /// `text` with both numbers of a pool added to its first call.
    fn added(text: &'static str) -> Option<String> {
        let sources = Sources::new(Memory::new([("x.py", text)]));
        let file = sources.load(&TreePath::new("x.py")).unwrap();
        let start = text.find("create_engine").unwrap();
        let place = file.at(start..start + "create_engine".len());
        let (size, _) = spot(&sources, Role::Size, "SQLAlchemy pool_size", Some(place))?;
        let (overflow, _) = spot(&sources, Role::Overflow, "SQLAlchemy max_overflow", Some(place))?;
        let changed = apply(&sources, &[size.edit(2), overflow.edit(3)]).unwrap();
        assert!(parse(&sources.edited(&changed).load(&TreePath::new("x.py")).unwrap()).is_ok());
        Some(changed[0].1.clone())
    }

    #[test]
    fn arguments_are_added_as_the_call_is_written() {
        for (text, expected) in [
            ("create_engine(URL)\n", "create_engine(URL, pool_size=2, max_overflow=3)\n"),
            ("create_engine(URL,)\n", "create_engine(URL, pool_size=2, max_overflow=3,)\n"),
            (
                "e = create_engine(\n    URL,\n    echo=True,  # loud\n)\n",
                "e = create_engine(\n    URL,\n    echo=True,  # loud\n    pool_size=2,\n    max_overflow=3,\n)\n",
            ),
            (
                "e = create_engine(\r\n\tURL\r\n)\r\n",
                "e = create_engine(\r\n\tURL,\r\n\tpool_size=2,\r\n\tmax_overflow=3\r\n)\r\n",
            ),
        ] {
            assert_eq!(added(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["create_engine(URL, **options)\n", "create_engine()\n", "x = create_engine\n"] {
            assert_eq!(added(text), None, "{text}");
        }
    }

    #[test]
    fn a_limit_is_added_below_the_image() {
        let with = |text: &'static str| {
            let sources = Sources::new(Memory::new([("compose.yml", text)]));
            let file = sources.load(&TreePath::new("compose.yml")).unwrap();
            let start = text.find("image: ").unwrap() + 7;
            let place = Some(file.at(start..start + 3));
            let (spot, _) = spot(&sources, Role::MaxConnections, "PostgreSQL max_connections", place)?;
            Some(apply(&sources, &[spot.edit(200)]).unwrap()[0].1.clone())
        };
        assert_eq!(
            with("services:\r\n  db:\r\n    image: postgres:16  # old\r\n").as_deref(),
            Some(
                "services:\r\n  db:\r\n    image: postgres:16  # old\r\n    command: postgres -c max_connections=200\r\n"
            )
        );
        assert_eq!(with("services:\n  db:\n    image: bitnami/postgresql:16\n"), None);
        assert_eq!(with("services: {db: {image: postgres}}\n"), None);
    }
}
