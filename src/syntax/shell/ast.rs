//! The typed tree of a shell script. Every word keeps its places.

use std::rc::Rc;

use crate::trace::Text;

/// Statements in order.
pub type Block = Vec<Statement>;

/// A command and how it is started.
#[derive(Clone, Debug)]
pub struct Statement {
    /// What is run.
    pub command: Command,
    /// Whether `&` stands behind it.
    pub background: bool,
    /// Its first line.
    pub text: Text,
}

/// What a statement does.
#[derive(Clone, Debug)]
pub enum Command {
    /// `K=V name argument …`; without words, its assignments stay.
    Simple {
        /// The assignments in front.
        assignments: Vec<Assignment>,
        /// The name and its arguments.
        words: Vec<Word>,
        /// What it reads from a here document or here string.
        input: Option<Word>,
        /// Where what it prints goes, when that is a file.
        output: Option<Box<Redirect>>,
    },
    /// `< file` without a command: whether the file can be opened decides.
    Redirections,
    /// `[ … ]` or `[[ … ]]`, each operator and operand a word.
    Test(Vec<Word>),
    /// `(( … ))`.
    Arithmetic(Arithmetic),
    /// `first && second || third`: the first, then the others with what joins them.
    List(Box<Statement>, Vec<(Join, Statement)>),
    /// `a | b`.
    Pipeline(Block),
    /// `! command`.
    Not(Box<Statement>),
    /// `{ …; }`.
    Group(Block),
    /// `( … )`.
    Subshell(Block),
    /// `if`, `elif`: conditions with what follows; what follows where none holds.
    If(Vec<(Block, Block)>, Block),
    /// `case word in patterns) … ;; esac`.
    Case(Word, Vec<(Vec<Word>, Block)>),
    /// `for name in words`; without words, the positional parameters.
    For(String, Option<Vec<Word>>, Block),
    /// `for ((first; condition; step))`.
    Count(Box<[Option<Arithmetic>; 3]>, Block),
    /// `while`, or `until` where the flag is set.
    While(Block, Block, bool),
    /// `name() { … }`.
    Function(String, Rc<Statement>),
    /// What the grammar does not know.
    Unreadable,
}

/// `> target` or `>> target`.
#[derive(Clone, Debug)]
pub struct Redirect {
    /// The file.
    pub target: Word,
    /// Whether it goes behind what stands there.
    pub append: bool,
}

/// How a command follows another in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// `NAME=word`.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The variable.
    pub name: String,
    /// Whether it is `+=`.
    pub append: bool,
    /// What it is set to.
    pub value: Assigned,
}

/// What a variable is set to.
#[derive(Clone, Debug)]
pub enum Assigned {
    /// One word.
    Word(Word),
    /// `(word word …)`.
    Array(Vec<Word>),
}

/// A word before expansion.
#[derive(Clone, Debug)]
pub struct Word {
    /// What it is made of, in order.
    pub parts: Vec<Part>,
    /// The whole as written.
    pub text: Text,
}

/// A part of a word.
#[derive(Clone, Debug)]
pub enum Part {
    /// As it stands, quotes and escapes taken away.
    Literal {
        /// The text.
        text: Text,
        /// Whether it stood in quotes.
        quoted: bool,
    },
    /// `$NAME`, `${NAME…}`.
    Parameter {
        /// What is expanded.
        parameter: Box<Parameter>,
        /// Whether it stands in double quotes.
        quoted: bool,
    },
    /// `$(…)`.
    Command {
        /// What is run.
        body: Block,
        /// The whole.
        text: Text,
        /// Whether it stands in double quotes.
        quoted: bool,
    },
    /// `$((…))`.
    Arithmetic {
        /// What is computed.
        expression: Arithmetic,
        /// The whole.
        text: Text,
    },
    /// `<(…)`, or something the grammar does not know.
    Unreadable(Text),
}

/// A parameter expansion.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name: `WORKERS`, `1`, `@`, `#`.
    pub name: String,
    /// Whether all of an array is meant: `${NAME[@]}`.
    pub all: bool,
    /// Whether its value is the name of the one that is meant: `${!NAME}`.
    pub indirect: bool,
    /// What is done with its value.
    pub operation: Operation,
    /// The whole expansion.
    pub text: Text,
}

/// What an expansion does with the value.
#[derive(Clone, Debug)]
pub enum Operation {
    /// `$NAME`
    Plain,
    /// `${#NAME}`
    Length,
    /// `${NAME-word}`, `${NAME:-word}`: the flag says whether an empty value counts as unset.
    Default(Word, bool),
    /// `${NAME=word}`, `${NAME:=word}`
    Assign(Word, bool),
    /// `${NAME?word}`, `${NAME:?word}`
    Require(bool),
    /// `${NAME+word}`, `${NAME:+word}`
    Alternative(Word, bool),
    /// `${NAME%word}` and its like.
    Strip {
        /// What is taken away.
        pattern: Word,
        /// Whether from the end.
        suffix: bool,
        /// Whether as much as possible.
        longest: bool,
    },
    /// Any other.
    Other,
}

/// An arithmetic expression.
#[derive(Clone, Debug)]
pub enum Arithmetic {
    /// A number.
    Number(i64),
    /// A word whose expansion is a number: a bare `NAME`, `$NAME`, `$(nproc)`.
    Word(Word),
    /// A name without `$`.
    Name(String, Text),
    /// `-x`, `!x`, `+x`, `~x`.
    Unary(String, Box<Arithmetic>),
    /// `x + y`.
    Binary(Box<Arithmetic>, String, Box<Arithmetic>),
    /// `c ? x : y`.
    Choice(Box<Arithmetic>, Box<Arithmetic>, Box<Arithmetic>),
    /// `NAME = x`, `NAME += x`; the operator without its `=`.
    Assign(String, String, Box<Arithmetic>),
    /// What the grammar does not know.
    Unreadable,
}

impl Statement {
    /// A place that could not be parsed.
    pub fn unreadable(text: Text) -> Self {
        Self { command: Command::Unreadable, background: false, text }
    }
}

impl Word {
    /// A word of literal text.
    pub fn literal(text: Text) -> Self {
        Self { parts: vec![Part::Literal { text: text.clone(), quoted: true }], text }
    }

    /// Puts `other` behind this word, as one word.
    pub(super) fn append(&mut self, other: Self) {
        self.parts.extend(other.parts);
        self.text.push(&other.text);
    }

    /// The text, where the word holds no expansion.
    pub fn as_literal(&self) -> Option<Text> {
        let mut whole = self.text.slice(0..0);
        for part in &self.parts {
            let Part::Literal { text, .. } = part else { return None };
            whole.push(text);
        }
        Some(whole)
    }
}
