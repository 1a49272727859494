//! How a service's image is built.

use indexmap::IndexMap;

use super::environment::pairs;
use super::load::{Loader, Scope};
use super::value::{Scalar, Value};
use crate::platform::Build;
use crate::source::TreePath;
use crate::trace::{Text, Trail};

/// What `build` says; `None` where the schema refuses it.
pub(super) fn read(loader: &Loader<'_, '_>, scope: &Scope<'_>, build: &Value) -> Option<Build> {
    build.as_map()?;
    let text = |key: &str| build.get(key).and_then(Value::as_text).filter(|text| !text.is_empty()).cloned();
    let context = build.get("context").and_then(Value::as_scalar);
    let folder = match context {
        Some(context) => folder(loader, scope, context),
        None => Some(scope.folder.clone()),
    };
    let inline = text("dockerfile_inline");
    let dockerfile = text("dockerfile").or_else(|| {
        let trail = Trail::default_of("docker compose build.dockerfile", Some(build.span));
        inline.is_none().then(|| Text::traced("Dockerfile", trail))
    });
    let context = context.map_or_else(
        || Text::traced(".", Trail::default_of("docker compose build.context", Some(build.span))),
        |context| context.text.clone(),
    );
    let args = build.get("args").map(|args| pairs(args, scope.variables)).unwrap_or_default();
    // An argument without value that nobody gives is left to the Dockerfile's own default (`resolve`, `keepEmpty` false).
    let args: IndexMap<_, _> = args
        .into_iter()
        .filter(|argument| argument.value.is_some())
        .map(|argument| (argument.name.as_str().to_owned(), argument))
        .collect();
    Some(Build { context, folder, dockerfile, inline, target: text("target"), args })
}

/// The folder of the tree that a context means; `None` for what is elsewhere (`paths.absContextPath`).
fn folder(loader: &Loader<'_, '_>, scope: &Scope<'_>, context: &Scalar) -> Option<TreePath> {
    let written = context.text.as_str();
    let elsewhere = written.contains("://")
        || ["service:", "github.com/", "git@", "~"].iter().any(|prefix| written.starts_with(prefix));
    if elsewhere {
        return None;
    }
    let from = context.folder.as_deref().unwrap_or(&scope.folder);
    Some(loader.sources.resolve(from, written))
}
