//! Statements: simple commands, lists, branches, loops.

use std::rc::Rc;

use tree_sitter::Node;

use super::ast::{Assigned, Assignment, Block, Command, Join, Part, Redirect, Statement, Word};
use super::{MAX_DEPTH, Reader, children};
use crate::trace::Text;

impl Reader<'_> {
    /// The statements among the children of `node`.
    pub(super) fn block(&self, node: Node<'_>, depth: usize) -> Block {
        self.statements(&children(node), depth)
    }

    pub(super) fn statements(&self, nodes: &[Node<'_>], depth: usize) -> Block {
        let mut block = Block::new();
        for node in nodes {
            match node.kind() {
                "&" => {
                    if let Some(last) = block.last_mut() {
                        last.background = true;
                    }
                }
                "comment" => {}
                _ if node.is_error() => {
                    block.push(Statement::unreadable(self.text(*node)));
                    if depth <= MAX_DEPTH {
                        block.extend(self.behind(*node, depth));
                    }
                }
                _ if node.is_named() => block.extend(self.statement(*node, depth)),
                _ => {}
            }
        }
        block
    }

    fn statement(&self, node: Node<'_>, depth: usize) -> Option<Statement> {
        if depth > MAX_DEPTH {
            return Some(Statement::unreadable(self.text(node)));
        }
        let inner = depth + 1;
        let command = match node.kind() {
            "command"
            | "declaration_command"
            | "unset_command"
            | "variable_assignment"
            | "variable_assignments" => self.simple_command(node, inner),
            "test_command" => self.test(node, inner),
            "compound_statement" if self.str(node).starts_with("((") => {
                Command::Arithmetic(self.enclosed(node, inner))
            }
            "compound_statement" | "do_group" | "program" => Command::Group(self.block(node, inner)),
            "subshell" => Command::Subshell(self.block(node, inner)),
            "pipeline" => Command::Pipeline(self.block(node, inner)),
            "negated_command" => Command::Not(Box::new(self.block(node, inner).into_iter().next()?)),
            "list" => self.list(node, inner),
            "if_statement" => self.branches(node, inner),
            "case_statement" => self.case(node, inner),
            "for_statement" => self.for_each(node, inner),
            "c_style_for_statement" => self.count(node, inner),
            "while_statement" => {
                let (condition, body) = self.condition_and_body(node, "do_group", inner);
                Command::While(condition, body, self.str(node).starts_with("until"))
            }
            "function_definition" => {
                let name = self.str(node.child_by_field_name("name")?).to_owned();
                Command::Function(name, Rc::new(self.statement(node.child_by_field_name("body")?, inner)?))
            }
            "redirected_statement" => return self.redirected(node, depth),
            "heredoc_body" | "heredoc_redirect" | "file_redirect" | "herestring_redirect" => return None,
            _ => Command::Unreadable,
        };
        Some(Statement { command, background: false, text: self.first_line(node) })
    }

    pub(super) fn first_line(&self, node: Node<'_>) -> Text {
        let range = node.byte_range();
        let length = self.str(node).find('\n').unwrap_or(range.len());
        self.text.slice(range.start..range.start + length)
    }

    fn simple_command(&self, node: Node<'_>, depth: usize) -> Command {
        let (mut assignments, mut words, mut input) = (Vec::new(), Vec::<Word>::new(), None);
        let mut end = None;
        let declares = matches!(node.kind(), "declaration_command" | "unset_command");
        for (index, child) in children(node).into_iter().enumerate() {
            match child.kind() {
                "variable_assignment" if declares || !words.is_empty() => match self.assignment(child, depth)
                {
                    // `local items=()`: no word can hold an array.
                    Some(array) if declares && matches!(array.value, Assigned::Array(_)) => {
                        assignments.push(array);
                    }
                    _ => words.push(self.assigning(child, depth)),
                },
                "variable_assignment" => assignments.extend(self.assignment(child, depth)),
                "file_redirect" | "heredoc_redirect" | "comment" => {}
                "herestring_redirect" => {
                    input = child.named_child(0).map(|word| self.word(word, depth));
                }
                _ if child.is_named() || declares && index == 0 => {
                    let word = self.word(child, depth);
                    match words.last_mut() {
                        Some(last) if self.is_continued(end, child.start_byte()) => last.append(word),
                        _ => words.push(word),
                    }
                    end = Some(child.end_byte());
                }
                // The bare tokens of a command are operators that the grammar keeps out of words: `==`, `=~`.
                _ if !matches!(child.kind(), ";" | "\n") => words.push(Word::literal(self.text(child))),
                _ => {}
            }
        }
        if node.kind() == "variable_assignment" {
            (assignments, words) = (self.assignment(node, depth).into_iter().collect(), Vec::new());
        }
        Command::Simple { assignments, words, input, output: None }
    }

    /// Whether nothing but an escaped line break lies between two words, so that they are one.
    fn is_continued(&self, end: Option<usize>, start: usize) -> bool {
        end.and_then(|end| self.text.as_str().get(end..start)) == Some("\\\n")
    }

    fn assignment(&self, node: Node<'_>, depth: usize) -> Option<Assignment> {
        let name = node.child_by_field_name("name")?;
        let append = children(node).iter().any(|child| child.kind() == "+=");
        let value = match node.child_by_field_name("value") {
            Some(array) if array.kind() == "array" => Assigned::Array(
                children(array)
                    .into_iter()
                    .filter(|item| item.is_named() && item.kind() != "comment")
                    .map(|item| self.word(item, depth))
                    .collect(),
            ),
            Some(value) => Assigned::Word(self.word(value, depth)),
            None => {
                let text = self.text.slice(node.end_byte()..node.end_byte());
                Assigned::Word(Word { parts: Vec::new(), text })
            }
        };
        Some(Assignment { name: self.str(name).to_owned(), append, value })
    }

    /// `NAME=word` among the arguments of `export`, `env` and their like: one word that is not split.
    fn assigning(&self, node: Node<'_>, depth: usize) -> Word {
        let value = node.child_by_field_name("value");
        let from = value.map_or(node.end_byte(), |value| value.start_byte());
        let mut parts = vec![Part::Literal { text: self.text.slice(node.start_byte()..from), quoted: true }];
        if let Some(value) = value {
            self.parts(value, true, depth, &mut parts);
        }
        Word { parts, text: self.text(node) }
    }

    /// `[ … ]` as a list of words, whichever tree the grammar made of it: `test` has rules of its own.
    fn test(&self, node: Node<'_>, depth: usize) -> Command {
        let mut words = Vec::new();
        self.operands(node, depth, &mut words);
        Command::Test(words)
    }

    fn operands(&self, node: Node<'_>, depth: usize, words: &mut Vec<Word>) {
        if depth > MAX_DEPTH {
            return words
                .push(Word { parts: vec![Part::Unreadable(self.text(node))], text: self.text(node) });
        }
        for child in children(node) {
            match child.kind() {
                "binary_expression"
                | "unary_expression"
                | "parenthesized_expression"
                | "negated_expression" => {
                    self.operands(child, depth + 1, words);
                }
                _ if child.is_named() && child.kind() != "test_operator" => {
                    words.push(self.word(child, depth));
                }
                _ => words.push(Word::literal(self.text(child))),
            }
        }
    }

    /// The grammar nests `a && b && c` to the left, as deep as it is long: walked, not recursed.
    fn list(&self, node: Node<'_>, depth: usize) -> Command {
        let (mut rest, mut node) = (Vec::new(), node);
        loop {
            let all = children(node);
            let named: Vec<&Node<'_>> =
                all.iter().filter(|child| child.is_named() && child.kind() != "comment").collect();
            let join = if all.iter().any(|child| child.kind() == "||") { Join::Or } else { Join::And };
            let [left, right] = named.as_slice() else { return Command::Unreadable };
            rest.extend(self.statement(**right, depth).map(|statement| (join, statement)));
            if left.kind() != "list" {
                let Some(first) = self.statement(**left, depth) else { return Command::Unreadable };
                rest.reverse();
                return Command::List(Box::new(first), rest);
            }
            node = **left;
        }
    }

    fn branches(&self, node: Node<'_>, depth: usize) -> Command {
        let mut branches = vec![self.condition_and_body(node, "", depth)];
        let mut otherwise = Block::new();
        for child in children(node) {
            match child.kind() {
                "elif_clause" => branches.push(self.condition_and_body(child, "", depth)),
                "else_clause" => otherwise = self.block(child, depth),
                _ => {}
            }
        }
        Command::If(branches, otherwise)
    }

    /// What stands before and after `then`, or before and inside the node of kind `body`.
    fn condition_and_body(&self, node: Node<'_>, body: &str, depth: usize) -> (Block, Block) {
        let all = children(node);
        let at =
            all.iter().position(|child| child.kind() == body || child.kind() == "then").unwrap_or(all.len());
        let (condition, rest) = all.split_at(at);
        let rest: Vec<Node<'_>> =
            rest.iter().copied().filter(|n| !matches!(n.kind(), "elif_clause" | "else_clause")).collect();
        (self.statements(condition, depth), self.statements(&rest, depth))
    }

    fn case(&self, node: Node<'_>, depth: usize) -> Command {
        let Some(value) = node.child_by_field_name("value") else { return Command::Unreadable };
        let mut items = Vec::new();
        for item in children(node).into_iter().filter(|child| child.kind() == "case_item") {
            let all = children(item);
            let close = all.iter().position(|child| child.kind() == ")").unwrap_or(all.len());
            let (patterns, body) = all.split_at(close);
            let patterns = patterns.iter().filter(|n| n.is_named()).map(|n| self.word(*n, depth)).collect();
            items.push((patterns, self.statements(body, depth)));
        }
        Command::Case(self.word(value, depth), items)
    }

    fn for_each(&self, node: Node<'_>, depth: usize) -> Command {
        let (Some(name), Some(body)) =
            (node.child_by_field_name("variable"), node.child_by_field_name("body"))
        else {
            return Command::Unreadable;
        };
        let values =
            node.children_by_field_name("value", &mut node.walk()).map(|v| self.word(v, depth)).collect();
        let given = children(node).iter().any(|child| child.kind() == "in");
        Command::For(self.str(name).to_owned(), given.then_some(values), self.block(body, depth))
    }

    fn count(&self, node: Node<'_>, depth: usize) -> Command {
        let Some(body) = node.child_by_field_name("body") else { return Command::Unreadable };
        let part = |name| node.child_by_field_name(name).map(|part| self.arithmetic(part, depth));
        let head = Box::new([part("initializer"), part("condition"), part("update")]);
        Command::Count(head, self.block(body, depth))
    }

    /// A statement with redirections. The grammar hangs what follows a here document's mark on the same line
    /// (`cat <<E | cmd`, `cat <<E && cmd`) under the redirection.
    fn redirected(&self, node: Node<'_>, depth: usize) -> Option<Statement> {
        let mut statement = match node.child_by_field_name("body") {
            Some(body) => self.statement(body, depth + 1)?,
            None => {
                Statement { command: Command::Redirections, background: false, text: self.first_line(node) }
            }
        };
        for redirect in children(node) {
            match redirect.kind() {
                "heredoc_redirect" => statement = self.heredoc(redirect, statement, depth + 1),
                "herestring_redirect" => {
                    if let (Command::Simple { input, .. }, Some(word)) =
                        (&mut statement.command, redirect.named_child(0))
                    {
                        *input = Some(self.word(word, depth + 1));
                    }
                }
                "file_redirect" => self.output(redirect, &mut statement.command, depth + 1),
                _ => {}
            }
        }
        statement.text = self.first_line(node);
        Some(statement)
    }

    /// `> file`, `>> file` of what is printed; errors and inputs matter to nobody here.
    fn output(&self, redirect: Node<'_>, command: &mut Command, depth: usize) {
        let sign = children(redirect).into_iter().map(|child| child.kind()).find(|kind| kind.contains('>'));
        let number = redirect.child_by_field_name("descriptor").map_or("1", |number| self.str(number));
        let append = match sign {
            Some(">" | ">|" | "&>") => false,
            Some(">>" | "&>>") => true,
            _ => return,
        };
        if let (Command::Simple { output, .. }, "1", Some(target)) =
            (command, number, redirect.child_by_field_name("destination"))
        {
            *output = Some(Box::new(Redirect { target: self.word(target, depth), append }));
        }
    }

    fn heredoc(&self, redirect: Node<'_>, mut statement: Statement, depth: usize) -> Statement {
        let all = children(redirect);
        if let (Command::Simple { input, .. }, Some(body)) =
            (&mut statement.command, all.iter().find(|child| child.kind() == "heredoc_body"))
        {
            *input = Some(self.heredoc_text(*body, &all, depth));
        }
        // `cat <<E > file`: the grammar hangs the file under the here document.
        for inner in all.iter().filter(|child| child.kind() == "file_redirect") {
            self.output(*inner, &mut statement.command, depth);
        }
        let text = statement.text.clone();
        let follow = |statement, command: fn(Statement, Statement) -> Command, next| Statement {
            command: command(statement, next),
            background: false,
            text: text.clone(),
        };
        let mut join = None;
        for child in all {
            match child.kind() {
                "&&" => join = Some(Join::And),
                "||" => join = Some(Join::Or),
                "pipeline" => {
                    let mut stages = vec![statement];
                    stages.extend(self.block(child, depth));
                    statement = Statement {
                        command: Command::Pipeline(stages),
                        background: false,
                        text: text.clone(),
                    };
                }
                kind if kind.starts_with("heredoc") || kind.ends_with("redirect") => {}
                _ if child.is_named() && join.is_some() => {
                    if let Some(next) = self.statement(child, depth) {
                        let command: fn(Statement, Statement) -> Command = match join.take() {
                            Some(Join::Or) => |a, b| Command::List(Box::new(a), vec![(Join::Or, b)]),
                            _ => |a, b| Command::List(Box::new(a), vec![(Join::And, b)]),
                        };
                        statement = follow(statement, command, next);
                    }
                }
                _ => {}
            }
        }
        statement
    }

    /// A quoted mark (`<<'EOF'`) keeps everything literal.
    fn heredoc_text(&self, body: Node<'_>, all: &[Node<'_>], depth: usize) -> Word {
        let start = all.iter().find(|child| child.kind() == "heredoc_start");
        let literal = start.is_some_and(|start| self.str(*start).contains(['\'', '"', '\\']));
        if literal {
            return Word::literal(self.text(body));
        }
        let mut parts = Vec::new();
        self.pieces(body, body.byte_range(), true, depth, &mut parts);
        Word { parts, text: self.text(body) }
    }
}
