//! The name of a project, which is also the variable `COMPOSE_PROJECT_NAME`.

use super::interpolate::Interpolation;
use super::load::Loader;
use super::setting::Setting;
use crate::source::Sources;
use crate::syntax::yaml;
use crate::trace::{Text, Trail};

/// Finds the project's name and sets its variable: what a variable says, else what `name:` says in the last file that has
/// one, else the folder's name (compose-go v2.4.8, `loader.projectName` and `cli.withNamePrecedenceLoad`).
pub(super) fn settle(loader: &mut Loader<'_, '_>, setting: &mut Setting<'_>) {
    if let Some(name) = setting.variables.given_project_name() {
        if let (false, Some(span)) = (normalised(name.as_str()) == name.as_str(), name.span()) {
            let rule = "a project's name has only lower case letters, digits, `-` and `_`, and begins with a letter or digit";
            loader.refusals.malformed(span, rule);
        }
        setting.variables.set_project_name(name);
        return;
    }
    let name = match written(loader, setting) {
        Some(written) => {
            let name = normalised(written.as_str());
            if let (true, Some(span)) = (name.is_empty(), written.span()) {
                loader.refusals.malformed(span, "this leaves nothing of the project's name");
            }
            Text::traced(name, written.trail())
        }
        None => Text::traced(
            normalised(&folder_name(loader.sources, setting)),
            Trail::default_of("docker compose project name", None),
        ),
    };
    setting.variables.set_project_name(name);
}

/// The last `name:` of the files, filled in.
fn written(loader: &mut Loader<'_, '_>, setting: &Setting<'_>) -> Option<Text> {
    let mut written = None;
    for input in &setting.inputs {
        for document in loader.documents(&input.path, None).iter().flat_map(|documents| documents.iter()) {
            if let Some(yaml::Data::Scalar(name)) = document.get("name").map(|name| &name.data)
                && !name.text.is_empty()
            {
                written = Some(name.text.clone());
            }
        }
    }
    let mut grown = 0;
    let mut interpolation =
        Interpolation { variables: &setting.variables, refusals: loader.refusals, grown: &mut grown };
    written.map(|name| interpolation.filled(&name, &|_| false))
}

fn folder_name(sources: &Sources, setting: &Setting<'_>) -> String {
    let root = crate::source::TreePath::new(sources.tree().root());
    root.join(setting.folder.as_str()).file_name().to_owned()
}

/// `NormalizeProjectName`.
fn normalised(name: &str) -> String {
    let lower = name.to_lowercase();
    let kept: String = lower.chars().filter(|c| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-')).collect();
    kept.trim_start_matches(['_', '-']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::normalised;

    #[test]
    fn names_are_normalised_as_compose_does() {
        for (name, normal) in [("My App.v2", "myappv2"), ("__x-y_", "x-y_"), ("ÄÖ", "")] {
            assert_eq!(normalised(name), normal);
        }
    }
}
