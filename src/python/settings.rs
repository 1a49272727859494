//! Settings classes: pydantic's models and `BaseSettings` (versions 1 and 2).

use crate::source::Span;
use crate::syntax::dotenv::Dialect;
use crate::syntax::python::ast::Expr;
use crate::trace::{How, Text, Traced, Trail};

use super::call::Arguments;
use super::heap::{Key, Kind, ObjectId};
use super::machine::{Code, Machine};
use super::outline::last_name;
use super::search::join;
use super::value::Value;

/// The slot that marks what `Field(…)` returned.
const FIELD: &str = "__field__";

/// How a settings class reads the environment.
struct Source {
    prefix: String,
    is_case_sensitive: bool,
    /// What its `env_file` says.
    file: Vec<(Text, Text)>,
    reads_environment: bool,
    /// What stands between the name of a model and that of its field in a variable.
    delimiter: Option<String>,
    /// What version 1's `Config.fields` says of the fields.
    fields: Option<Value>,
}

impl<'a> Machine<'a> {
    /// Whether the class is filled by pydantic.
    pub(super) fn is_model(&self, class: ObjectId) -> bool {
        self.outside_bases(class).iter().any(|base| {
            base.starts_with("pydantic") && (base.ends_with(".BaseModel") || base.ends_with(".BaseSettings"))
        })
    }

    /// `Field(…)`: its arguments, kept until the class is filled.
    pub(super) fn field(&mut self, name: &str, first: Option<Value>, arguments: &Arguments) -> Value {
        if name == "AliasChoices" {
            return Value::Object(self.heap.list(arguments.positional.iter().cloned()));
        }
        let field = self.heap.create(Kind::Dict);
        for (key, value) in &arguments.keywords {
            self.heap.set(field, key.clone(), value.clone());
        }
        if let Some(first) = first {
            self.heap.set(field, Key::new_static("default"), first);
        }
        self.heap.set(field, Key::new_static(FIELD), Value::Absent);
        Value::Object(field)
    }

    /// Fills a pydantic model: arguments, then the environment, then the `env_file`, then defaults.
    pub(super) fn fill_model(
        &mut self,
        instance: ObjectId,
        class: ObjectId,
        arguments: &Arguments,
        span: Span,
    ) {
        let source = self.settings_source(class, arguments);
        for (name, annotation) in self.fields(class) {
            let default = self.class_value(class, &name);
            let given = arguments.get(None, &name);
            let value = if let Some(value) = given.filter(|value| !value.may_be_absent()) {
                value
            } else {
                let value = self.field_value(&name, annotation, default, &source, span);
                let variable = format!("{}{name}", source.prefix);
                self.nested(value, &variable, &source, span)
            };
            let value = self.validated(class, instance, &name, value, span);
            self.heap.set(instance, name, value);
        }
        let after: Vec<_> = self.validators(class, "*");
        for id in after {
            self.call_function(id, Some(Value::Object(instance)), Arguments::default(), span);
        }
    }

    fn settings_source(&mut self, class: ObjectId, arguments: &Arguments) -> Source {
        let reads_environment = self.outside_bases(class).iter().any(|base| base.ends_with(".BaseSettings"));
        let prefix = self.configured(class, "env_prefix");
        let prefix = prefix.and_then(|value| value.as_text().map(|text| text.as_str().to_owned()));
        let is_case_sensitive = self.configured(class, "case_sensitive").and_then(|value| self.truth(&value));
        let mut file = Vec::new();
        let named = arguments.get(None, "_env_file").or_else(|| self.configured(class, "env_file"));
        if reads_environment && let Some(value) = named {
            let paths = self.items(&value).unwrap_or_else(|| vec![value]);
            for path in paths {
                let inside = match &path {
                    Value::Text(path) => Some(join(self.working_dir, path.as_str())),
                    Value::None(_) | Value::Absent => None,
                    // A path that is put together in a way that is not followed: the usual one is the nearest `.env`.
                    _ => self.find_dotenv(),
                };
                let read = inside.map(|inside| self.dotenv(&inside, Dialect::PythonOverride));
                file.extend(read.unwrap_or_default());
            }
        }
        let delimiter = arguments.get(None, "_env_nested_delimiter");
        let delimiter = delimiter.or_else(|| self.configured(class, "env_nested_delimiter"));
        let delimiter = delimiter.and_then(|value| value.as_text().map(|text| text.as_str().to_owned()));
        let fields = self.configured(class, "fields");
        Source {
            prefix: prefix.unwrap_or_default(),
            is_case_sensitive: is_case_sensitive.unwrap_or(false),
            file,
            reads_environment,
            delimiter,
            fields,
        }
    }

    /// A key of `model_config`, or of version 1's `class Config`.
    fn configured(&self, class: ObjectId, key: &str) -> Option<Value> {
        let holder = |name: &str| match self.class_value(class, name) {
            Some(Value::Object(object)) => self.heap.get(object, key).cloned().and_then(Value::present),
            _ => None,
        };
        holder("model_config").or_else(|| holder("Config"))
    }

    fn field_value(
        &mut self,
        name: &Key,
        annotation: &'a Expr,
        default: Option<Value>,
        source: &Source,
        span: Span,
    ) -> Value {
        let field = match &default {
            Some(Value::Object(object)) if self.heap.get(*object, FIELD).is_some() => Some(*object),
            _ => None,
        };
        if source.reads_environment {
            for variable in self.variables_of(name, field, source) {
                if let Some(value) = self.variable_value(&variable, source) {
                    let at = default.as_ref().and_then(Value::place).unwrap_or(span);
                    return self.typed(value.then(How::Read, at), annotation, at);
                }
            }
        }
        let Some(field) = field else {
            let missing = || Value::unknown(format!("`{name}` is set nowhere in the files"), span);
            return match default {
                // Defaults are not validated: pydantic leaves a string one.
                Some(value) => value,
                None if is_optional(annotation) && !source.reads_environment => {
                    Value::None(Trail::written(span))
                }
                None => missing(),
            };
        };
        let slots: Vec<(Key, Value)> =
            self.heap.slots(field).iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        let mut arguments = Arguments::default();
        arguments.keywords.extend(slots.into_iter().filter(|(key, _)| key != FIELD));
        match (arguments.get(None, "default"), arguments.get(None, "default_factory")) {
            (Some(value), _) => value,
            (None, Some(factory)) => self.call(factory, Arguments::default(), span),
            (None, None) => Value::unknown(format!("`{name}` is set nowhere in the files"), span),
        }
    }

    /// `model.model_dump()`: a dictionary of its fields, models among them as well.
    pub(super) fn dumped(&mut self, model: ObjectId) -> Value {
        let dictionary = self.heap.create(Kind::Dict);
        for (key, value) in self.heap.slots(model).clone() {
            let value = match value {
                Value::Object(inner) if matches!(self.heap.kind(inner), Kind::Instance { class } if self.is_model(*class)) => {
                    self.deeper(|machine| machine.dumped(inner))
                }
                value => value,
            };
            self.heap.set(dictionary, key, value);
        }
        Value::Object(dictionary)
    }

    /// A model among the settings, whose fields have variables of their own: `DB__POOL_SIZE`.
    fn nested(&mut self, value: Value, variable: &str, source: &Source, span: Span) -> Value {
        let (Value::Object(object), Some(delimiter)) = (&value, &source.delimiter) else { return value };
        let Kind::Instance { class } = self.heap.kind(*object) else { return value };
        let class = *class;
        if !source.reads_environment || !self.is_model(class) {
            return value;
        }
        let copy = self.heap.create(Kind::Instance { class });
        for (key, value) in self.heap.slots(*object).clone() {
            self.heap.set(copy, key, value);
        }
        for (name, annotation) in self.fields(class) {
            let variable = format!("{variable}{delimiter}{name}");
            if let Some(found) = self.variable_value(&variable, source) {
                let found = self.typed(found.then(How::Read, span), annotation, span);
                self.heap.set(copy, name, found);
            } else if let Some(inner) = self.heap.get(copy, &name).cloned() {
                let inner = self.nested(inner, &variable, source, span);
                self.heap.set(copy, name, inner);
            }
        }
        Value::Object(copy)
    }

    /// The variables that a field is read from, the first that is set deciding.
    fn variables_of(&self, name: &Key, field: Option<ObjectId>, source: &Source) -> Vec<String> {
        let chosen = field.and_then(|field| {
            ["validation_alias", "alias", "env"]
                .into_iter()
                .find_map(|key| self.heap.get(field, key).cloned())
        });
        let chosen = chosen.or_else(|| {
            let of_field = source.fields.as_ref().and_then(|fields| self.entry(fields, name))?;
            match &of_field {
                Value::Object(_) => self.entry(&of_field, "env").or_else(|| self.entry(&of_field, "alias")),
                _ => Some(of_field),
            }
        });
        let names: Vec<String> = match chosen {
            Some(Value::Text(text)) => vec![text.as_str().to_owned()],
            Some(list) => {
                let items = self.items(&list).unwrap_or_default();
                items.iter().filter_map(|item| item.as_text().map(|text| text.as_str().to_owned())).collect()
            }
            None => Vec::new(),
        };
        if names.is_empty() { vec![format!("{}{name}", source.prefix)] } else { names }
    }

    fn variable_value(&self, variable: &str, source: &Source) -> Option<Value> {
        let found = if source.is_case_sensitive {
            self.heap.get(self.environment, variable).cloned().and_then(Value::present)
        } else {
            self.variable_in_any_case(variable)
        };
        found.or_else(|| {
            let is_meant = |name: &Text| {
                name.as_str() == variable
                    || (!source.is_case_sensitive && name.as_str().eq_ignore_ascii_case(variable))
            };
            source
                .file
                .iter()
                .rev()
                .find(|(name, _)| is_meant(name))
                .map(|(_, value)| Value::text(value.clone()))
        })
    }

    /// A string of the environment as the type that a field is annotated with.
    fn typed(&mut self, value: Value, annotation: &'a Expr, span: Span) -> Value {
        let kind = type_name(annotation);
        self.each_value(value, |machine, one| {
            let Value::Text(text) = &one else { return one };
            match kind {
                "int" | "PositiveInt" | "NonNegativeInt" | "conint" => machine.parse_int(text, span),
                "float" | "PositiveFloat" | "NonNegativeFloat" => {
                    machine.builtin("float", &Arguments::of([one]), span)
                }
                "bool" => truth_word(text, span),
                _ => one,
            }
        })
    }

    /// The functions of a class that validate the field `name`.
    fn validators(&self, class: ObjectId, name: &str) -> Vec<super::value::FunctionId> {
        let line = self.heap.line(class);
        let all =
            line.iter().rev().filter_map(|class| self.heap.class(*class)).flat_map(|class| &class.validators);
        all.filter(|(names, _)| names.iter().any(|known| known == name)).map(|(_, id)| *id).collect()
    }

    fn validated(
        &mut self,
        class: ObjectId,
        instance: ObjectId,
        name: &Key,
        value: Value,
        span: Span,
    ) -> Value {
        let mut value = value;
        for id in self.validators(class, name) {
            let code = self.functions.get(id.0).map(|function| function.code);
            let Some(Code::Def(def)) = code else { continue };
            let mut arguments = vec![value.clone()];
            if let Some(context) = def.parameters.args.get(2) {
                arguments.push(self.context(class, instance, &context.parameter.name.id));
            }
            value = self.call_function(id, Some(Value::Object(class)), Arguments::of(arguments), span);
        }
        value
    }

    /// What a validator gets beside the value: the fields so far, as `values` or as `info.data`.
    fn context(&mut self, class: ObjectId, instance: ObjectId, parameter: &str) -> Value {
        let fields = self.heap.create(Kind::Dict);
        for (key, value) in self.heap.slots(instance).clone() {
            self.heap.set(fields, key, value);
        }
        if parameter == "values" {
            return Value::Object(fields);
        }
        let info = self.heap.create(Kind::Instance { class });
        self.heap.set(info, Key::new_static("data"), Value::Object(fields));
        Value::Object(info)
    }
}

/// A truth value as these readers take it from a string.
pub(super) fn as_bool(value: Value, span: Span) -> Value {
    match &value {
        Value::Text(text) => truth_word(text, span),
        _ => value,
    }
}

/// The words that pydantic and decouple take for a truth value.
fn truth_word(text: &Text, span: Span) -> Value {
    match text.as_str().trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "t" | "yes" | "y" | "on" => Value::Bool(Traced::new(true, text.trail())),
        "0" | "false" | "f" | "no" | "n" | "off" => Value::Bool(Traced::new(false, text.trail())),
        _ => Value::unknown("it is no truth value", span),
    }
}

/// The type that an annotation means, looked for inside `Optional[…]`, `X | None` and `Annotated[…]`.
fn type_name(annotation: &Expr) -> &str {
    match annotation {
        Expr::Subscript(subscript) => match last_name(&subscript.value) {
            Some("Optional" | "Final") => type_name(&subscript.slice),
            Some("Annotated" | "Union") => match &*subscript.slice {
                Expr::Tuple(tuple) => tuple.elts.first().map_or("", type_name),
                other => type_name(other),
            },
            other => other.unwrap_or_default(),
        },
        Expr::BinOp(either) => match type_name(&either.left) {
            "None" => type_name(&either.right),
            name => name,
        },
        Expr::NoneLiteral(_) => "None",
        other => last_name(other).unwrap_or_default(),
    }
}

fn is_optional(annotation: &Expr) -> bool {
    match annotation {
        Expr::Subscript(subscript) => last_name(&subscript.value) == Some("Optional"),
        Expr::BinOp(either) => [&either.left, &either.right].iter().any(|side| side.is_none_literal_expr()),
        _ => false,
    }
}
