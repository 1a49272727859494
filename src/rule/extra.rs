//! A project's own rules: the folders that `[rules] extra` names, each with `<family>/<name>.yaml`, and examples of each
//! rule in `examples/<name>/`, deployments on which it fires (`fires…/`) and keeps silent (`silent…/`).

use std::sync::Arc;

use miette::Diagnostic;
use thiserror::Error;

use super::Catalogue;
use super::file::{FAMILIES, RuleError};
use crate::config::{ConfigError, RuleSettings};
use crate::source::{SourceFile, Sources, TreePath};
use crate::trace::Traced;

/// The folder beside the families that holds the examples.
pub const EXAMPLES: &str = "examples";

/// Why the rules of a project cannot be used.
#[derive(Debug, Error, Diagnostic)]
pub enum ExtraError {
    /// A rule file is broken.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Rule(#[from] Box<RuleError>),
    /// `connbudget.toml` names what is not there.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Config(#[from] Box<ConfigError>),
}

impl Catalogue {
    /// The built-in rules and the project's own, set as `settings` says.
    pub fn of_project(settings: &RuleSettings, sources: &Sources) -> Result<Self, ExtraError> {
        let mut files = Vec::new();
        for folder in &settings.extra {
            files.append(&mut rule_files(folder, sources)?);
        }
        let catalogue = Self::built_in()?.with(files)?;
        Ok(catalogue.configured(settings, sources).map_err(Box::new)?)
    }
}

/// The rule files in `folder`.
fn rule_files(folder: &Traced<String>, sources: &Sources) -> Result<Vec<Arc<SourceFile>>, ExtraError> {
    let root = TreePath::new(&folder.value);
    let wrong = |message: String| Box::new(ConfigError::placed(sources, &folder.trail, message));
    let examples = root.join(EXAMPLES);
    let extension = |path: &TreePath| path.file_name().rsplit_once('.').map(|(_, end)| end.to_owned());
    let is_rule = |path: &TreePath| {
        !path.is_under(&examples) && matches!(extension(path).as_deref(), Some("yaml" | "yml"))
    };
    let mut paths = sources.tree().walk(&root, &|_| false);
    paths.retain(is_rule);
    if paths.is_empty() {
        return Err(wrong(format!("there is no rule file in {root}")).into());
    }
    let mut files = Vec::new();
    for path in paths {
        let file = sources.load(&path).map_err(|error| wrong(error.to_string()))?;
        let folder = path.parent();
        if extension(&path).as_deref() != Some("yaml")
            || folder.parent() != root
            || !FAMILIES.contains(&folder.file_name())
        {
            let message = format!("a rule stands in the folder of its family, {root}/FAMILY/NAME.yaml");
            let help = format!("the families are {}", FAMILIES.join(", "));
            return Err(RuleError::new(&file, Some(file.at(0..0)), message, Some(help)).into());
        }
        files.push(file);
    }
    Ok(files)
}
