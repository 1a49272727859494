//! What was read, before anything is added up: each service with its image, command and variables, and where each of
//! those came from.

use super::canvas::{Canvas, Line, Paint};
use super::{Style, way};
use crate::platform::{Project, Service};
use crate::source::{Sources, TreePath, without_passwords};
use crate::trace::{Problem, Text, Trail};

/// Whether the values of variables are shown, passwords among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// As they are.
    Shown,
    /// Those of variables not at all, others without passwords.
    Hidden,
}

impl Values {
    /// An image, a word of a command, a path.
    pub(super) fn of(self, text: &Text) -> String {
        match self {
            Self::Shown => text.to_string(),
            Self::Hidden => without_passwords(text.as_str()),
        }
    }

    /// The value of a variable.
    pub(super) fn of_variable(self, value: &Text) -> String {
        match self {
            Self::Shown => value.to_string(),
            Self::Hidden => "***".to_owned(),
        }
    }
}

/// Writes what was read.
pub fn inputs(sources: &Sources, projects: &[Project], values: Values, style: &Style) -> String {
    let mut list = List { sources, values, canvas: Canvas::default(), columns: style.width };
    for (index, project) in projects.iter().enumerate() {
        if index > 0 {
            list.canvas.blank();
        }
        list.project(project);
    }
    list.canvas.print(style.color)
}

/// A list under construction.
struct List<'a> {
    sources: &'a Sources,
    values: Values,
    canvas: Canvas,
    columns: usize,
}

impl List<'_> {
    fn project(&mut self, project: &Project) {
        let mut title = Line::of(Paint::Strong, &project.name);
        title.push(Paint::Dim, "  ");
        self.flow(title, 2, Paint::Dim, &project.why);
        let files: Vec<&str> = project.files.iter().map(TreePath::as_str).collect();
        self.flow(Line::of(Paint::Dim, "  read "), 7, Paint::Dim, &files.join(", "));
        for service in &project.services {
            self.service(service);
        }
        for problem in &project.problems {
            self.problem(problem);
        }
    }

    fn service(&mut self, service: &Service) {
        let mut title = Line::default();
        title.pad(2).push(Paint::Strong, service.name.as_str()).push(Paint::Plain, "  ");
        self.flow(title, 4, Paint::Dim, &way::of(self.sources, &service.name.trail()));
        if let Some(image) = &service.image {
            self.row("image", &self.values.of(image), &image.trail());
        }
        if let Some(build) = &service.build {
            self.row("build", &self.values.of(&build.context), &build.context.trail());
        }
        for (name, words) in [("entrypoint", &service.entrypoint), ("command", &service.command)] {
            if let Some((words, first)) = words.as_ref().and_then(|words| Some((words, words.first()?))) {
                let line: Vec<String> = words.iter().map(|word| self.values.of(word)).collect();
                self.row(name, &line.join(" "), &first.trail());
            }
        }
        if let Some(ends) = &service.ends {
            self.row("ends", "before the others start, so it is not counted", ends);
        }
        self.row("replicas", &service.replicas.value.to_string(), &service.replicas.trail);
        for (name, variable) in &service.environment {
            let value = variable.value.as_ref();
            let shown = value
                .map_or_else(|| name.clone(), |value| format!("{name}={}", self.values.of_variable(value)));
            self.row("variable", &shown, &value.unwrap_or(&variable.name).trail());
        }
    }

    fn row(&mut self, what: &str, value: &str, trail: &Trail) {
        let mut line = Line::default();
        line.pad(4).push(Paint::Dim, what).pad(16).push(Paint::Plain, value).push(Paint::Plain, "  ");
        self.flow(line, 18, Paint::Dim, &way::of(self.sources, trail));
    }

    fn problem(&mut self, problem: &Problem) {
        let mut line = Line::default();
        line.pad(2).push(Paint::Warning, problem.kind.rule()).push(Paint::Plain, "  ");
        let place =
            problem.span.map_or_else(|| problem.file.to_string(), |span| way::place(self.sources, span));
        self.flow(line, 4, Paint::Plain, &format!("{} ({place})", problem.message));
    }

    fn flow(&mut self, start: Line, indent: usize, paint: Paint, text: &str) {
        let mut behind = Line::default();
        behind.pad(indent);
        self.canvas.flow(start, &behind, paint, text, self.columns);
    }
}
