//! Expressions.

use ruff_text_size::Ranged;

use crate::source::Span;
use crate::syntax::python::ast::{self, BoolOp, Expr, Number, UnaryOp};
use crate::trace::{How, Text, Traced, Trail};

use super::heap::{Key, Kind};
use super::machine::{Binding, Code, Flow, Function, Machine};
use super::value::{FunctionId, Gap, HOLE, Value};

/// No setting is a longer string; code in a loop may double one for ever.
pub(super) const MAX_TEXT: usize = 1 << 12;

impl<'a> Machine<'a> {
    /// What `expression` comes to.
    pub(super) fn evaluate(&mut self, expression: &'a Expr) -> Value {
        if !self.may_step() {
            return self.unknown("the program is too large or too deep to follow to its end", expression);
        }
        self.deeper(|machine| machine.expression(expression))
    }

    fn expression(&mut self, expression: &'a Expr) -> Value {
        match expression {
            Expr::StringLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::FString(_) => self.literal(expression),
            Expr::Name(name) => self.name(&name.id, name),
            Expr::Attribute(attribute) => {
                let of = self.evaluate(&attribute.value);
                self.attribute(of, &attribute.attr.id, self.span(attribute))
            }
            Expr::Call(call) => self.call_expression(call),
            Expr::BoolOp(operation) => self.bool_operation(operation),
            Expr::UnaryOp(operation) => self.unary_operation(operation),
            Expr::BinOp(operation) => {
                let (left, right) = (self.evaluate(&operation.left), self.evaluate(&operation.right));
                let span = self.span(operation);
                self.binary(operation.op, left, right, span)
            }
            Expr::Compare(comparison) => self.comparison(comparison),
            Expr::If(conditional) => self.conditional(conditional),
            Expr::Dict(dict) => self.dict(dict),
            Expr::List(list) => self.sequence(&list.elts),
            Expr::Tuple(tuple) => self.sequence(&tuple.elts),
            Expr::Set(set) => self.sequence(&set.elts),
            Expr::Subscript(subscript) => self.subscript(subscript),
            Expr::Await(awaited) => self.evaluate(&awaited.value),
            Expr::Starred(starred) => self.evaluate(&starred.value),
            Expr::Named(named) => {
                let value = self.evaluate(&named.value);
                self.assign(&named.target, value.clone());
                value
            }
            Expr::Lambda(lambda) => Value::Function(self.lambda(lambda)),
            Expr::ListComp(list) => self.comprehension(&list.generators, &list.elt, None),
            Expr::SetComp(set) => self.comprehension(&set.generators, &set.elt, None),
            Expr::Generator(generator) => self.comprehension(&generator.generators, &generator.elt, None),
            Expr::DictComp(dict) => match &dict.key {
                Some(key) => self.comprehension(&dict.generators, key, Some(&dict.value)),
                None => self.unknown("a dictionary is unpacked in a comprehension", dict),
            },
            Expr::Yield(expression) => self.yields(expression.value.as_deref(), expression),
            Expr::YieldFrom(expression) => self.yields(Some(&expression.value), expression),
            Expr::BytesLiteral(_)
            | Expr::TString(_)
            | Expr::EllipsisLiteral(_)
            | Expr::Slice(_)
            | Expr::IpyEscapeCommand(_) => self.unknown("not a value that settings are made of", expression),
        }
    }

    fn literal(&mut self, expression: &'a Expr) -> Value {
        let span = self.span(expression);
        match expression {
            Expr::StringLiteral(literal) => match self.source() {
                Some(module) => Value::text(module.string(literal)),
                None => Value::Absent,
            },
            Expr::NumberLiteral(literal) => match &literal.value {
                Number::Int(number) => match number.as_i64() {
                    Some(number) => Value::Int(Traced::written(number, span)),
                    None => Value::unknown("it is larger than 2^63", span),
                },
                Number::Float(number) => Value::Float(Traced::written(*number, span)),
                Number::Complex { .. } => Value::unknown("it is a complex number", span),
            },
            Expr::BooleanLiteral(literal) => Value::Bool(Traced::written(literal.value, span)),
            Expr::FString(string) => self.f_string(string),
            _ => Value::None(Trail::written(span)),
        }
    }

    fn f_string(&mut self, string: &'a ast::ExprFString) -> Value {
        let Some(module) = self.source() else { return Value::Absent };
        let mut parts = Vec::new();
        for part in &string.value {
            match part {
                ast::FStringPart::Literal(literal) => parts.push(Value::text(module.string_part(literal))),
                ast::FStringPart::FString(string) => {
                    for element in &string.elements {
                        parts.push(match element {
                            ast::InterpolatedStringElement::Literal(literal) => {
                                Value::text(module.literal_part(literal))
                            }
                            ast::InterpolatedStringElement::Interpolation(part) => self.interpolation(part),
                        });
                    }
                }
            }
        }
        self.concatenate(parts, self.span(string))
    }

    fn interpolation(&mut self, part: &'a ast::InterpolatedElement) -> Value {
        let value = self.evaluate(&part.expression);
        let span = self.span(&*part.expression);
        if part.format_spec.is_some() {
            return Value::unknown("it is formatted", span);
        }
        value.into_text(span).then(How::Interpolated, span)
    }

    /// Strings one after the other; what is unknown among them leaves a hole.
    #[allow(clippy::unused_self)] // Reads like the other operations of the machine.
    pub(super) fn concatenate(&self, parts: Vec<Value>, span: Span) -> Value {
        let mut parts = parts.into_iter();
        let Some(first) = parts.next() else { return Value::text(Text::decoded("", span)) };
        parts.fold(first, |sum, part| sum.each(|left| part.clone().each(|right| append(left.clone(), right))))
    }

    fn name(&mut self, name: &Key, node: &impl Ranged) -> Value {
        if let Some(value) = self.look_up(name) {
            return value;
        }
        if super::builtin::is_builtin(name) {
            return Value::outside(format!("builtins.{name}"), Some(self.span(node)));
        }
        if let Some(value) = self.starred(name, self.span(node)) {
            return value;
        }
        self.unknown(format!("`{name}` is not defined in the source"), node)
    }

    /// A name that nothing defines comes from a module outside the tree of which every name was imported: from that of a
    /// client library which has it, else from any.
    fn starred(&self, name: &Key, at: Span) -> Option<Value> {
        let modules = self.missing_stars.iter().rev().filter(|(_, span)| span.file == at.file);
        let names = modules.map(|(module, _)| format!("{module}.{name}"));
        let is_known = |name: &String| {
            self.libraries.constructor(name).is_some() || self.libraries.object(name).is_some()
        };
        let all: Vec<String> = names.collect();
        let found = all.iter().find(|name| is_known(name)).or(all.first())?;
        Some(Value::outside(found.as_str(), Some(at)))
    }

    /// The value of a name, from the innermost scope outwards.
    pub(super) fn look_up(&self, name: &str) -> Option<Value> {
        let frame = self.frames.last()?;
        if !frame.globals.iter().any(|global| global == name)
            && let Some(value) = self.heap.get(frame.scope, name)
        {
            return value.clone().present();
        }
        let mut scope = frame.parent;
        while let Some(here) = scope {
            if let Some(value) = self.heap.get(here, name) {
                return value.clone().present();
            }
            scope = match self.heap.kind(here) {
                Kind::Scope { parent } => Some(*parent),
                _ => None,
            };
        }
        None
    }

    fn bool_operation(&mut self, operation: &'a ast::ExprBoolOp) -> Value {
        let decides = operation.op == BoolOp::Or;
        let mut possible: Option<Value> = None;
        let last = operation.values.len().saturating_sub(1);
        for (index, operand) in operation.values.iter().enumerate() {
            let value = self.evaluate(operand);
            let add = |value: Value| match possible.clone() {
                Some(before) => before.join(value),
                None => value,
            };
            match self.truth(&value) {
                _ if index == last => possible = Some(add(value)),
                Some(truth) if truth == decides => return add(value),
                Some(_) => {}
                // Only the alternatives that stop here are the outcome; the others lead to the next operand.
                None => {
                    let stops: Vec<Value> = value.into_alternatives();
                    let stops = stops.into_iter().filter(|one| self.truth(one) != Some(!decides));
                    possible =
                        stops.fold(possible, |sum, one| Some(sum.map_or(one.clone(), |sum| sum.join(one))));
                }
            }
        }
        possible.unwrap_or(Value::Absent)
    }

    fn unary_operation(&mut self, operation: &'a ast::ExprUnaryOp) -> Value {
        let value = self.evaluate(&operation.operand);
        let span = self.span(operation);
        if operation.op == UnaryOp::Not {
            return match self.truth(&value) {
                Some(truth) => Value::Bool(Traced::written(!truth, span)),
                None => Value::unknown("its truth is not known", span),
            };
        }
        value.each(|one| match (operation.op, one) {
            (UnaryOp::USub, Value::Int(n)) => match n.value.checked_neg() {
                // The sign belongs to the number: `-1` is what a person would change.
                Some(negative) if n.trail.first().span() == n.trail.last().span() => {
                    Value::Int(Traced::written(negative, span))
                }
                Some(negative) => Value::Int(Traced::new(negative, n.trail)),
                None => Value::unknown("it is larger than 2^63", span),
            },
            (UnaryOp::USub, Value::Float(n)) => Value::Float(n.map(|n| -n)),
            (UnaryOp::UAdd, number @ (Value::Int(_) | Value::Float(_))) => number,
            (_, Value::Unknown(gap)) => Value::Unknown(Gap { shape: None, ..gap }),
            _ => Value::unknown("not a number", span),
        })
    }

    fn conditional(&mut self, conditional: &'a ast::ExprIf) -> Value {
        let test = self.evaluate(&conditional.test);
        match self.truth(&test) {
            Some(true) => self.evaluate(&conditional.body),
            Some(false) => self.evaluate(&conditional.orelse),
            None => {
                let (mut first, mut second) = (Value::Absent, Value::Absent);
                self.either(
                    |machine| {
                        first = machine.evaluate(&conditional.body);
                        Flow::Next
                    },
                    |machine| {
                        second = machine.evaluate(&conditional.orelse);
                        Flow::Next
                    },
                );
                first.join(second)
            }
        }
    }

    fn dict(&mut self, dict: &'a ast::ExprDict) -> Value {
        let object = self.heap.create(Kind::Dict);
        for item in &dict.items {
            let value = self.evaluate(&item.value);
            match &item.key {
                None => self.update_dict(object, value),
                Some(key) => {
                    let key = self.evaluate(key);
                    self.set_item(object, &key, value, self.span(&item.value));
                }
            }
        }
        Value::Object(object)
    }

    fn sequence(&mut self, items: &'a [Expr]) -> Value {
        let list = self.heap.create(Kind::List);
        for item in items {
            let value = self.evaluate(item);
            if matches!(item, Expr::Starred(_)) {
                self.extend_list(list, &value, self.span(item));
            } else {
                self.append(list, value);
            }
        }
        Value::Object(list)
    }

    fn subscript(&mut self, subscript: &'a ast::ExprSubscript) -> Value {
        let of = self.evaluate(&subscript.value);
        let span = self.span(subscript);
        if let Expr::Slice(slice) = &*subscript.slice {
            return self.slice(of, slice, span);
        }
        let key = self.evaluate(&subscript.slice);
        of.each(|one| key.clone().each(|key| self.item(&one, &key, None, span)))
    }

    fn yields(&mut self, value: Option<&'a Expr>, node: &impl Ranged) -> Value {
        let value = match value {
            Some(value) => self.evaluate(value),
            None => Value::None(Trail::written(self.span(node))),
        };
        if let Some(frame) = self.frame() {
            frame.yielded.push(value);
        }
        self.unknown("it is sent into a generator", node)
    }

    fn lambda(&mut self, lambda: &'a ast::ExprLambda) -> FunctionId {
        let defaults = match lambda.parameters.as_deref() {
            Some(parameters) => self.defaults(parameters),
            None => Vec::new(),
        };
        self.keep_function(Code::Lambda(lambda), defaults, Binding::Method, false)
    }

    /// The values of the defaults of a function that is being defined.
    pub(super) fn defaults(&mut self, parameters: &'a ast::Parameters) -> Vec<(Key, Value)> {
        let with_default = parameters.iter_non_variadic_params().filter_map(|parameter| {
            parameter.default.as_deref().map(|default| (parameter.parameter.name.id.clone(), default))
        });
        with_default.map(|(name, default)| (name, self.evaluate(default))).collect()
    }

    /// Notes a function that is being defined.
    pub(super) fn keep_function(
        &mut self,
        code: Code<'a>,
        defaults: Vec<(Key, Value)>,
        binding: Binding,
        is_cached: bool,
    ) -> FunctionId {
        let frame = self.frames.last();
        let (here, parent) = frame.map_or((self.environment, None), |frame| (frame.scope, frame.parent));
        let class = self.heap.class(here).is_some().then_some(here);
        // The names of a class are not seen by its methods.
        let scope = if class.is_some() { parent.unwrap_or(here) } else { here };
        let module = self.unit();
        self.functions.push(Function { code, module, scope, defaults, class, binding, is_cached });
        FunctionId(self.functions.len() - 1)
    }
}

/// `left + right` of two strings.
fn append(left: Value, right: Value) -> Value {
    let shape = |value: &Value| match value {
        Value::Text(text) => Some(text.clone()),
        Value::Unknown(gap) => {
            gap.shape.clone().or_else(|| Some(Text::traced(HOLE.to_string(), gap.trail.clone())))
        }
        _ => None,
    };
    let joined = match (shape(&left), shape(&right)) {
        (Some(mut a), Some(b)) => {
            a.push(&b);
            Some(a)
        }
        _ => None,
    };
    let joined = joined.filter(|text| text.len() <= MAX_TEXT);
    match (left, right, joined) {
        (Value::Text(_), Value::Text(_), Some(text)) => Value::Text(text),
        (Value::Text(text), Value::Text(_), None) => {
            Value::Unknown(Gap { why: "it is a very long string".into(), trail: text.trail(), shape: None })
        }
        (Value::Unknown(gap), _, shape) | (_, Value::Unknown(gap), shape) => {
            Value::Unknown(Gap { shape, ..gap })
        }
        (left, ..) => left,
    }
}
