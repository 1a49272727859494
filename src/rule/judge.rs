//! Asking every rule of every subject of a budget.

use std::cell::OnceCell;
use std::sync::Arc;

use minijinja::{AutoEscape, Environment, Error, Expression, Template, UndefinedBehavior, Value, context};

use super::definition::{LabelTemplate, NoteTemplate, Of, Rule};
use super::vocabulary::{
    DeploymentView, GroupView, PolicyView, PoolerView, ProblemView, ServerView, Subject, span_of,
};
use super::{Catalogue, Finding, Label, Measures, Place, Severity};
use crate::budget::{Budget, Policy};
use crate::config::Level;
use crate::source::{TreePath, without_passwords};

/// Instructions that one condition or text may take. The longest built-in one takes some hundred.
const FUEL: u64 = 50_000;

/// The name of the finding that says that a rule could not be evaluated.
const RULE_FAILED: &str = "rule-failed";

/// The template engine as rules have it.
pub(super) fn engine<'a>() -> Environment<'a> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_fuel(Some(FUEL));
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine
}

impl Catalogue {
    /// What the rules find in `budgets`: by deployment, errors first, then by rule and subject. What two deployments
    /// have in common (a file that both read) is found once.
    pub fn judge(&self, budgets: &[Budget], policy: &Policy) -> Vec<Finding> {
        let engine = engine();
        let asked = self.rules().iter().filter(|rule| self.is_asked(rule));
        let rules: Vec<Ready<'_>> = asked.map(|rule| Ready::new(&engine, rule)).collect();
        let mut findings: Vec<Finding> = Vec::new();
        for budget in budgets {
            let mut found = judge_one(&rules, budget, policy);
            found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
            found.retain(|new| !findings.iter().any(|old| self.is_same_problem(old, new)));
            findings.extend(found);
        }
        findings
    }

    /// Whether both are the same problem of a file, which two deployments read.
    fn is_same_problem(&self, old: &Finding, new: &Finding) -> bool {
        (&old.rule, &old.primary, &old.message) == (&new.rule, &new.primary, &new.message)
            && self.get(&new.rule).is_some_and(|rule| rule.of == Of::Problem)
    }
}

fn judge_one(rules: &[Ready<'_>], budget: &Budget, policy: &Policy) -> Vec<Finding> {
    let shared = Arc::new(budget.clone());
    let deployment = DeploymentView::new(&shared).into_value();
    let policy = PolicyView(policy.clone()).into_value();
    let file = budget.files.first().cloned().unwrap_or_else(TreePath::root);
    let mut findings = Vec::new();
    let asked = subjects(budget, &deployment, &file);
    // What a subject's rules see is put together once: most of them find nothing and have no options.
    let names = |subject: &Asked| {
        let options = Value::from_pairs(std::iter::empty::<(&str, Value)>());
        let own = (subject.of.word(), subject.value.clone());
        let all = [("deployment", deployment.clone()), ("policy", policy.clone()), own, ("options", options)];
        Value::from_pairs(all)
    };
    let subjects: Vec<(Asked, Value)> = asked
        .into_iter()
        .map(|subject| {
            let names = names(&subject);
            (subject, names)
        })
        .collect();
    for rule in rules {
        let is_asked =
            |(subject, _): &&(Asked, Value)| subject.of == rule.rule.of && rule.is_of_kind(subject.kind);
        for (subject, names) in subjects.iter().filter(is_asked) {
            let names = if rule.rule.options.is_empty() {
                names.clone()
            } else {
                context! { options => rule.options.clone(), ..names.clone() }
            };
            let case = Case { rule, subject, deployment: &budget.name, names };
            match case.finding() {
                Ok(finding) => findings.extend(finding),
                Err(error) => findings.push(case.failed(&error)),
            }
        }
    }
    findings
}

/// Something that rules are asked of.
struct Asked {
    of: Of,
    value: Value,
    name: String,
    /// The file that is named when no label has a place.
    file: TreePath,
    /// Of a problem, its kind.
    kind: Option<&'static str>,
}

fn subjects(budget: &Budget, deployment: &Value, file: &TreePath) -> Vec<Asked> {
    let mut found = vec![Asked {
        of: Of::Deployment,
        kind: None,
        value: deployment.clone(),
        name: budget.name.clone(),
        file: file.clone(),
    }];
    let mut add = |of: Of, name: String, value: Value| {
        found.push(Asked { of, value, name, file: file.clone(), kind: None });
    };
    let servers: Vec<ServerView> = budget.servers.iter().map(ServerView::new).collect();
    for server in &servers {
        add(Of::Server, server.text(), server.clone().into_value());
    }
    for pooler in budget.poolers.iter().map(PoolerView::new) {
        add(Of::Pooler, pooler.text(), pooler.into_value());
    }
    let behind = budget
        .poolers
        .iter()
        .flat_map(|pooler| pooler.clients.iter().map(|client| GroupView::behind(&pooler.pooler, client)));
    let elsewhere = budget.unplaced.iter().map(GroupView::unplaced).chain(behind);
    for group in servers.iter().flat_map(ServerView::clients).chain(elsewhere) {
        for pool in group.pool_views() {
            add(Of::Pool, pool.text(), pool.into_value());
        }
        add(Of::Group, group.text(), group.into_value());
    }
    found.extend(budget.problems.iter().map(|problem| Asked {
        of: Of::Problem,
        kind: Some(problem.kind.rule()),
        value: ProblemView(problem.clone()).into_value(),
        name: problem.file.to_string(),
        file: problem.file.clone(),
    }));
    found
}

/// A rule while it is asked. What it needs is compiled when that is so: the condition when there is something to ask it of,
/// the texts when it has found something. Most rules find nothing, and a text costs more to compile than to fill in.
struct Ready<'e> {
    rule: &'e Rule,
    engine: &'e Environment<'e>,
    when: OnceCell<Expression<'e, 'e>>,
    texts: OnceCell<Texts<'e>>,
    options: Value,
}

/// What a rule says, compiled.
struct Texts<'e> {
    error_when: Option<Expression<'e, 'e>>,
    message: Template<'e, 'e>,
    help: Option<Template<'e, 'e>>,
    primary: Option<Expression<'e, 'e>>,
    labels: Vec<(Repeated<'e>, Expression<'e, 'e>)>,
    notes: Vec<Repeated<'e>>,
    larger: Measured<'e>,
    smaller: Measured<'e>,
}

/// Numbers by their names.
type Measured<'e> = Vec<(&'e str, Expression<'e, 'e>)>;

/// A text that may be there once, several times or not at all.
struct Repeated<'e> {
    each: Option<Expression<'e, 'e>>,
    when: Option<Expression<'e, 'e>>,
    text: Template<'e, 'e>,
}

impl<'e> Ready<'e> {
    fn new(engine: &'e Environment<'e>, rule: &'e Rule) -> Self {
        let options = rule.options.iter().map(|(name, value)| (name.as_str(), value.clone()));
        let options = Value::from_pairs(options);
        Self { rule, engine, when: OnceCell::new(), texts: OnceCell::new(), options }
    }

    /// Whether the rule may speak of a problem of `kind`. Nearly all rules of problems are of one kind; a deployment with
    /// many problems would ask each of them of each.
    fn is_of_kind(&self, kind: Option<&str>) -> bool {
        let only = self.rule.when.strip_prefix("problem.kind == \"").and_then(|rest| rest.strip_suffix('"'));
        match (only, kind) {
            (Some(only), Some(kind)) => only == kind || only.contains('"'),
            _ => true,
        }
    }

    fn when(&self) -> Result<&Expression<'e, 'e>, Error> {
        if let Some(when) = self.when.get() {
            return Ok(when);
        }
        let when = self.engine.compile_expression(&self.rule.when)?;
        Ok(self.when.get_or_init(|| when))
    }

    fn texts(&self) -> Result<&Texts<'e>, Error> {
        if let Some(texts) = self.texts.get() {
            return Ok(texts);
        }
        let texts = Texts::new(self.engine, self.rule)?;
        Ok(self.texts.get_or_init(|| texts))
    }
}

impl<'e> Texts<'e> {
    fn new(engine: &'e Environment<'e>, rule: &'e Rule) -> Result<Self, Error> {
        let optional = |text: &'e Option<String>| {
            text.as_deref().map(|text| engine.compile_expression(text)).transpose()
        };
        let repeated = |each: &'e Option<String>, when: &'e Option<String>, text: &'e str| {
            let text = engine.template_from_str(text)?;
            Ok::<_, Error>(Repeated { each: optional(each)?, when: optional(when)?, text })
        };
        let label = |label: &'e LabelTemplate| {
            let at = engine.compile_expression(&label.at)?;
            Ok::<_, Error>((repeated(&label.each, &label.when, &label.text)?, at))
        };
        let measure = |(name, text): (&'e String, &'e String)| {
            Ok::<_, Error>((name.as_str(), engine.compile_expression(text)?))
        };
        let note = |note: &'e NoteTemplate| repeated(&note.each, &note.when, &note.text);
        Ok(Self {
            error_when: optional(&rule.error_when)?,
            message: engine.template_from_str(&rule.message)?,
            help: rule.help.as_deref().map(|text| engine.template_from_str(text)).transpose()?,
            primary: optional(&rule.primary)?,
            labels: rule.labels.iter().map(label).collect::<Result<_, _>>()?,
            notes: rule.notes.iter().map(note).collect::<Result<_, _>>()?,
            larger: rule.worse_if_larger.iter().map(measure).collect::<Result<_, _>>()?,
            smaller: rule.worse_if_smaller.iter().map(measure).collect::<Result<_, _>>()?,
        })
    }
}

/// One rule and one subject.
struct Case<'a, 'e> {
    rule: &'a Ready<'e>,
    subject: &'a Asked,
    deployment: &'a str,
    names: Value,
}

impl Case<'_, '_> {
    fn finding(&self) -> Result<Option<Finding>, Error> {
        let names = self.context(None);
        if !self.rule.when()?.eval(names.clone())?.is_true() {
            return Ok(None);
        }
        let texts = self.rule.texts()?;
        let severity = match (self.rule.rule.level, &texts.error_when) {
            (Some(Level::Error), _) => Severity::Error,
            (Some(Level::Warning), _) => Severity::Warning,
            (_, Some(condition)) if condition.eval(names.clone())?.is_true() => Severity::Error,
            _ => self.rule.rule.severity,
        };
        let message = line(&texts.message, &names)?;
        let mut labels = self.labels(texts)?.into_iter();
        let nowhere = || Label { place: Place::File(self.subject.file.clone()), text: String::new() };
        let help = texts.help.as_ref().map(|help| line(help, &names)).transpose()?;
        Ok(Some(Finding {
            rule: self.rule.rule.name.clone(),
            severity,
            message,
            deployment: self.deployment.to_owned(),
            subject: self.subject.name.clone(),
            primary: labels.next().unwrap_or_else(nowhere),
            labels: labels.collect(),
            notes: self.notes(texts)?,
            help: help.filter(|help| !help.is_empty()),
            remedies: Vec::new(),
            incomplete: self.rule.rule.incomplete,
            url: self.rule.rule.page(),
            measures: Measures {
                larger: self.measured(&texts.larger)?,
                smaller: self.measured(&texts.smaller)?,
            },
            suppressed: None,
        }))
    }

    /// The labels that have a place, the primary one first, each place with the same text once.
    fn labels(&self, texts: &Texts<'_>) -> Result<Vec<Label>, Error> {
        let mut labels: Vec<Label> = Vec::new();
        for (repeated, at) in &texts.labels {
            for names in self.repeat(repeated)? {
                let Some(span) = span_of(&at.eval(names.clone())?) else { continue };
                let label = Label { place: Place::At(span), text: line(&repeated.text, &names)? };
                if !labels.contains(&label) {
                    labels.push(label);
                }
            }
        }
        let primary = texts.primary.as_ref().map(|at| at.eval(self.context(None))).transpose()?;
        if let Some(span) = primary.as_ref().and_then(span_of)
            && let Some(index) = labels.iter().position(|label| label.place == Place::At(span))
        {
            labels[..=index].rotate_right(1);
        }
        Ok(labels)
    }

    /// The numbers that are known.
    fn measured(&self, measures: &Measured<'_>) -> Result<Vec<(String, u64)>, Error> {
        let mut found = Vec::new();
        for (name, number) in measures {
            let number = u64::try_from(number.eval(self.context(None))?).ok();
            found.extend(number.map(|number| ((*name).to_owned(), number)));
        }
        Ok(found)
    }

    fn notes(&self, texts: &Texts<'_>) -> Result<Vec<String>, Error> {
        let mut notes = Vec::new();
        for repeated in &texts.notes {
            for names in self.repeat(repeated)? {
                notes.push(line(&repeated.text, &names)?);
            }
        }
        notes.retain(|note| !note.is_empty());
        Ok(notes)
    }

    /// The names for each time that `repeated` is there.
    fn repeat(&self, repeated: &Repeated<'_>) -> Result<Vec<Value>, Error> {
        let mut contexts = Vec::new();
        match &repeated.each {
            None => contexts.push(self.context(None)),
            Some(each) => {
                for (index, item) in each.eval(self.context(None))?.try_iter()?.enumerate() {
                    contexts.push(self.context(Some((index + 1, item))));
                }
            }
        }
        let Some(when) = &repeated.when else { return Ok(contexts) };
        let mut kept = Vec::new();
        for names in contexts {
            if when.eval(names.clone())?.is_true() {
                kept.push(names);
            }
        }
        Ok(kept)
    }

    fn context(&self, item: Option<(usize, Value)>) -> Value {
        match item {
            None => self.names.clone(),
            Some((index, it)) => context! { it, index, ..self.names.clone() },
        }
    }

    /// A rule that cannot be evaluated proves nothing: the run is not complete.
    fn failed(&self, error: &Error) -> Finding {
        let rule = self.rule.rule;
        Finding {
            rule: RULE_FAILED.to_owned(),
            severity: Severity::Error,
            message: format!("the rule {} could not be asked of {}: {error}", rule.name, self.subject.name),
            deployment: self.deployment.to_owned(),
            subject: self.subject.name.clone(),
            primary: Label { place: Place::File(TreePath::new(&rule.path)), text: String::new() },
            labels: Vec::new(),
            notes: Vec::new(),
            help: None,
            remedies: Vec::new(),
            incomplete: true,
            url: None,
            measures: Measures::default(),
            suppressed: None,
        }
    }
}

/// A text as one line, without passwords.
fn line(template: &Template<'_, '_>, names: &Value) -> Result<String, Error> {
    let text = template.render(names.clone())?;
    Ok(without_passwords(&text.split_whitespace().collect::<Vec<_>>().join(" ")))
}

#[cfg(test)]
mod tests;
