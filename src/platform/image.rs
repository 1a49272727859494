//! What a Dockerfile makes of an image: the command it runs, its variables, the files that are copied into it.

use indexmap::IndexMap;

use crate::source::{SourceFile, Sources, Span, TreePath};
use crate::syntax::docker_words;
use crate::syntax::dockerfile::{self, CommandForm, Instruction};
use crate::trace::{Problem, ProblemKind, Text, Trail};

use super::copy::Copy;
use super::{Build, Environment, FileView, Variable};

/// What running an image comes to, as far as its Dockerfile says.
#[derive(Clone, Debug)]
pub struct Image {
    /// The image that its first stage starts from: `python:3.12-slim`.
    pub base: Option<Text>,
    /// The entrypoint's words; `None` leaves that of the base image.
    pub entrypoint: Option<Vec<Text>>,
    /// The command's words; `None` leaves that of the base image.
    pub command: Option<Vec<Text>>,
    /// The variables that `ENV` sets.
    pub environment: Environment,
    /// The folder in which its command starts.
    pub working_dir: String,
    /// Where the files of the build context ended up.
    pub files: FileView,
    /// The commands of its `RUN` lines, which may write files as well.
    pub commands: Vec<Text>,
}

/// A Dockerfile with what it is built with.
pub struct Recipe<'a> {
    /// The Dockerfile.
    pub file: &'a SourceFile,
    /// The folder of the context; `None` when it is not in the tree.
    pub context: Option<&'a TreePath>,
    /// The build arguments.
    pub arguments: &'a IndexMap<String, Variable>,
    /// The stage to build, the last one by default.
    pub target: Option<&'a Text>,
}

/// The image that `build` makes: `None` with a problem at `used_at` (the service that builds it) when its Dockerfile
/// is not there. The Dockerfile's path is appended to `read`.
pub fn build(
    sources: &Sources,
    build: &Build,
    problems: &mut Vec<Problem>,
    read: &mut Vec<TreePath>,
) -> Option<Image> {
    let context = build.folder.as_ref()?;
    let name = build.dockerfile.as_ref().map_or("Dockerfile", Text::as_str);
    let path = sources.resolve(context, name);
    let file = match sources.load(&path) {
        Ok(file) => file,
        Err(error) => {
            problems.push(missing_dockerfile(sources, build, &Problem::unloadable(&path, &error)));
            return None;
        }
    };
    read.push(path);
    let recipe =
        Recipe { file: &file, context: Some(context), arguments: &build.args, target: build.target.as_ref() };
    Image::of(sources, &recipe, problems)
}

fn missing_dockerfile(sources: &Sources, build: &Build, problem: &Problem) -> Problem {
    let named =
        build.dockerfile.as_ref().filter(|name| name.trail().default().is_none()).unwrap_or(&build.context);
    match named.span() {
        Some(span) if problem.kind == ProblemKind::MissingFile => {
            let file = sources.file(span.file);
            Problem::at(
                ProblemKind::MissingFile,
                &file.path,
                span,
                format!("{} is not there to build", problem.file),
            )
            .help("without the Dockerfile nothing says what this service runs")
        }
        _ => problem.clone(),
    }
}

impl Image {
    /// Reads `recipe`; `None` when it has no stage, or not the one that is asked for.
    pub fn of(sources: &Sources, recipe: &Recipe<'_>, problems: &mut Vec<Problem>) -> Option<Self> {
        let (instructions, errors) = dockerfile::parse(recipe.file);
        let malformed = |at: Span, message: String| {
            Problem::at(ProblemKind::MalformedFile, &recipe.file.path, at, message)
        };
        problems.extend(errors.into_iter().map(|error| malformed(error.span, error.message)));
        let mut builder = Builder { sources, recipe, globals: Environment::new(), stages: Vec::new() };
        for instruction in &instructions {
            builder.take(instruction);
        }
        let found = match recipe.target {
            Some(target) => builder.stages.iter().find(|stage| stage.is_called(target.as_str())),
            None => builder.stages.last(),
        };
        if found.is_none() {
            let message = match recipe.target {
                Some(target) => format!("no stage is called `{target}`"),
                None => "a Dockerfile starts with FROM: this one has none".to_owned(),
            };
            let start = recipe.file.at(0..recipe.file.line_range(0).map_or(0, |line| line.end));
            problems.push(malformed(start, message));
        }
        found.map(|stage| stage.image.clone())
    }
}

struct Stage {
    names: [Option<String>; 2],
    image: Image,
    arguments: Environment,
    shell: Vec<Text>,
    /// Whether this stage sets a command of its own: an ENTRYPOINT takes an inherited one away.
    has_command: bool,
}

impl Stage {
    /// Stages go by number and by name; names are compared in small letters.
    fn is_called(&self, name: &str) -> bool {
        self.names.iter().flatten().any(|own| own.eq_ignore_ascii_case(name))
    }
}

struct Builder<'a> {
    sources: &'a Sources,
    recipe: &'a Recipe<'a>,
    /// `ARG`s before the first `FROM`, which only `FROM` lines see until a stage names them again.
    globals: Environment,
    stages: Vec<Stage>,
}

impl Builder<'_> {
    fn take(&mut self, instruction: &Instruction) {
        if instruction.keyword == "FROM" {
            return self.from(instruction);
        }
        let Some(mut stage) = self.stages.pop() else {
            if instruction.keyword == "ARG" {
                for (name, value) in self.arguments(instruction, None) {
                    self.globals.set(&name, value);
                }
            }
            return;
        };
        match instruction.keyword.as_str() {
            "ARG" => {
                for (name, value) in self.arguments(instruction, Some(&stage)) {
                    stage.arguments.set(&name, value);
                }
            }
            "ENV" => stage.set_variables(instruction),
            "WORKDIR" => {
                let folder = docker_words::expand(&instruction.arguments, &|name| stage.variable(name));
                let folder = TreePath::new(&stage.image.working_dir).join(folder.as_str());
                folder.as_str().clone_into(&mut stage.image.working_dir);
            }
            "SHELL" => {
                if let CommandForm::Exec(words) = instruction.command() {
                    stage.shell = words;
                }
            }
            "CMD" => {
                stage.image.command = Some(stage.words(instruction));
                stage.has_command = true;
            }
            "ENTRYPOINT" => {
                stage.image.entrypoint = Some(stage.words(instruction));
                if !stage.has_command {
                    stage.image.command = None;
                }
            }
            "COPY" | "ADD" => self.copy(&mut stage, instruction),
            "RUN" => stage.image.commands.push(instruction.arguments.clone()),
            _ => {}
        }
        self.stages.push(stage);
    }

    fn from(&mut self, instruction: &Instruction) {
        let words = docker_words::words(&instruction.arguments, &|name| self.globals.get(name).cloned());
        let name = match words.as_slice() {
            [_, keyword, name, ..] if keyword.as_str().eq_ignore_ascii_case("as") => {
                Some(name.as_str().to_owned())
            }
            _ => None,
        };
        let base = words.into_iter().next();
        let parent =
            base.as_ref().and_then(|base| self.stages.iter().find(|stage| stage.is_called(base.as_str())));
        let image = parent.map_or_else(|| Image::from_outside(base), |parent| parent.image.clone());
        let names = [Some(self.stages.len().to_string()), name];
        let shell = parent.map_or_else(Vec::new, |parent| parent.shell.clone());
        self.stages.push(Stage { names, image, arguments: Environment::new(), shell, has_command: false });
    }

    /// The arguments of an `ARG` line that have a value: from the build, else the default that the line gives, else
    /// what an `ARG` before the first stage gave the name.
    fn arguments(&self, instruction: &Instruction, stage: Option<&Stage>) -> Vec<(String, Text)> {
        let given = |name: &str| self.recipe.arguments.get(name)?.value.clone();
        let visible = |name: &str| match stage {
            Some(stage) => stage.variable(name),
            None => self.globals.get(name).cloned(),
        };
        let words = docker_words::words(&instruction.arguments, &visible);
        let one = |word: &Text| {
            let (name, default) = match word.split_once('=') {
                Some((name, default)) => (name, Some(default)),
                None => (word.clone(), None),
            };
            let outer = || self.globals.get(name.as_str()).cloned();
            let value = given(name.as_str()).or_else(|| default.or_else(outer))?;
            Some((name.as_str().to_owned(), value))
        };
        words.iter().filter_map(one).collect()
    }

    fn copy(&self, stage: &mut Stage, instruction: &Instruction) {
        let paths = match instruction.command() {
            CommandForm::Exec(words) => words,
            CommandForm::Shell(line) => docker_words::words(&line, &|name| stage.variable(name)),
        };
        let Some((target, from)) = paths.split_last() else { return };
        let copy = Copy {
            sources: self.sources,
            into: TreePath::new(&stage.image.working_dir).join(target.as_str()),
            as_folder: target.as_str().ends_with(['/', '.']) || from.len() > 1,
        };
        let other = match instruction.flag("from") {
            Some(name) => match self.stages.iter().find(|other| other.is_called(name.as_str())) {
                Some(other) => Some(&other.image.files),
                None => return,
            },
            None => None,
        };
        for path in from {
            match (other, self.recipe.context) {
                (Some(other), _) => copy.stage(other, path.as_str(), &mut stage.image.files),
                (None, Some(context)) => copy.context(context, path.as_str(), &mut stage.image.files),
                (None, None) => {}
            }
        }
    }
}

impl Stage {
    /// `ENV` wins over an `ARG` of the same name.
    fn variable(&self, name: &str) -> Option<Text> {
        self.image.environment.get(name).or_else(|| self.arguments.get(name)).cloned()
    }

    /// `ENV A=1 B=2`, or the old form `ENV A the rest of the line`. All values of a line see the variables as they
    /// were before it.
    fn set_variables(&mut self, instruction: &Instruction) {
        let words = docker_words::split(&instruction.arguments);
        let old_form = words.first().is_some_and(|word| !word.as_str().contains('='));
        let pairs: Vec<(Text, Text)> = if old_form {
            instruction
                .arguments
                .split_once(' ')
                .into_iter()
                .map(|(name, value)| (name, value.trim()))
                .collect()
        } else {
            words.iter().filter_map(|word| word.split_once('=')).collect()
        };
        let expand = |text: &Text| docker_words::expand(text, &|name| self.variable(name));
        let pairs: Vec<(Text, Text)> =
            pairs.iter().map(|(name, value)| (expand(name), expand(value))).collect();
        for (name, value) in pairs {
            self.image.environment.set(name.as_str(), value);
        }
    }

    /// The words that a CMD or ENTRYPOINT runs; a line for the shell becomes the shell with that line.
    fn words(&self, instruction: &Instruction) -> Vec<Text> {
        match instruction.command() {
            CommandForm::Exec(words) => words,
            CommandForm::Shell(line) => {
                let shell = ["/bin/sh", "-c"].map(|word| Text::traced(word, implied_shell(instruction)));
                let mut words = if self.shell.is_empty() { shell.to_vec() } else { self.shell.clone() };
                words.push(line);
                words
            }
        }
    }
}

/// The default shell of Linux images, implied by a command in shell form.
fn implied_shell(instruction: &Instruction) -> Trail {
    Trail::default_of("Dockerfile SHELL", instruction.name.span())
}

impl Image {
    /// An image that is not built here, of which only the name is known.
    pub fn from_outside(base: Option<Text>) -> Self {
        Self {
            base,
            entrypoint: None,
            command: None,
            environment: Environment::new(),
            working_dir: "/".to_owned(),
            files: FileView::new(),
            commands: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    fn image(files: &[(&'static str, &'static str)], target: Option<&str>) -> (Sources, Image) {
        let sources = Sources::new(Memory::new(files.iter().copied()));
        let file = sources.load(&TreePath::new("Dockerfile")).unwrap();
        let target = target.map(|name| Text::decoded(name, file.at(0..0)));
        let root = TreePath::root();
        let recipe = Recipe {
            file: &file,
            context: Some(&root),
            arguments: &IndexMap::new(),
            target: target.as_ref(),
        };
        let image = Image::of(&sources, &recipe, &mut Vec::new()).unwrap();
        (sources, image)
    }

    fn words(words: Option<&Vec<Text>>) -> Vec<&str> {
        words.into_iter().flatten().map(Text::as_str).collect()
    }

    const STAGES: &str = "ARG V=3.12\nFROM python:${V} AS base\nENV A=1\nENV A=2 B=${A:-9}\nWORKDIR /srv\nCOPY app app/\n\
        FROM base AS dev\nENTRYPOINT [\"/run.sh\"]\nWORKDIR sub\nFROM scratch\nCOPY --from=base /srv /x\nCMD serve $A\n";
    const TREE: [(&str, &str); 2] = [("Dockerfile", STAGES), ("app/main.py", "")];

    #[test]
    fn a_stage_goes_on_from_the_one_it_names() {
        let (sources, dev) = image(&TREE, Some("DEV"));
        assert_eq!(dev.base.unwrap().as_str(), "python:3.12");
        assert_eq!(dev.environment.get("A").unwrap().as_str(), "2");
        assert_eq!(
            dev.environment.get("B").unwrap().as_str(),
            "1",
            "a line sees the variables from before it"
        );
        assert_eq!((dev.working_dir.as_str(), words(dev.entrypoint.as_ref())), ("/srv/sub", vec!["/run.sh"]));
        assert_eq!(dev.files.locate(&sources, "/srv/app/main.py").unwrap().as_str(), "app/main.py");
    }

    #[test]
    fn files_are_followed_from_stage_to_stage() {
        let (sources, last) = image(&TREE, None);
        assert_eq!(words(last.command.as_ref()), ["/bin/sh", "-c", "serve $A"]);
        assert_eq!(last.files.locate(&sources, "/x/app/main.py").unwrap().as_str(), "app/main.py");
        assert_eq!(last.files.locate(&sources, "/srv/app/main.py"), None);
    }

    #[test]
    fn an_entrypoint_takes_an_inherited_command_away() {
        let text = "FROM x AS a\nCMD [\"old\"]\nFROM a\nENTRYPOINT [\"run\"]\n";
        let (_, image) = image(&[("Dockerfile", text)], None);
        assert_eq!((words(image.entrypoint.as_ref()), image.command.is_none()), (vec!["run"], true));
    }

    #[test]
    fn a_file_is_copied_under_its_name_or_becomes_the_target() {
        let text = "FROM x\nWORKDIR /app\nCOPY *.sh ./\nCOPY run.sh /start\nCOPY . .\n";
        let (sources, image) = image(&[("Dockerfile", text), ("run.sh", "")], None);
        for inside in ["/app/run.sh", "/start"] {
            assert_eq!(image.files.locate(&sources, inside).unwrap().as_str(), "run.sh", "{inside}");
        }
    }
}
