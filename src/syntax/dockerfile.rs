//! Dockerfiles: instructions with their flags and words, read as BuildKit's parser reads them
//! (<https://docs.docker.com/reference/dockerfile/>; moby/buildkit `frontend/dockerfile/parser`).
//!
//! Own code rather than a library: `dockerfile-parser` 0.9 knows neither heredocs nor the place of a word inside a
//! continued line.

use std::ops::Range;

use crate::source::SourceFile;
use crate::trace::Text;

use super::SyntaxError;

/// Some editors put it in front of a file; BuildKit takes it away.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// One instruction.
#[derive(Clone, Debug)]
pub struct Instruction {
    /// The keyword in capitals: `CMD`.
    pub keyword: String,
    /// The keyword as written, for a place.
    pub name: Text,
    /// Its flags without the dashes: `from=builder`.
    pub flags: Vec<Text>,
    /// What follows, with continued lines joined.
    pub arguments: Text,
    /// The bodies of its heredocs, each with the word that opened it.
    pub heredocs: Vec<Heredoc>,
}

/// A block of lines up to its delimiter: `<<EOF … EOF`.
#[derive(Clone, Debug)]
pub struct Heredoc {
    /// The delimiter.
    pub delimiter: String,
    /// The lines between.
    pub body: Text,
}

/// The words of a command: `["gunicorn", "app"]`, or a line for a shell.
#[derive(Clone, Debug)]
pub enum CommandForm {
    /// A JSON list of words.
    Exec(Vec<Text>),
    /// A line that the image's shell runs.
    Shell(Text),
}

/// The instructions of a Dockerfile in order. Lines that follow no instruction's form are errors beside them.
pub fn parse(file: &SourceFile) -> (Vec<Instruction>, Vec<SyntaxError>) {
    let mut reader = Reader { file, line: 0, escape: escape_directive(file), errors: Vec::new() };
    let mut instructions = Vec::new();
    while let Some(logical) = reader.logical_line() {
        match reader.instruction(&logical) {
            Some(instruction) => instructions.push(instruction),
            None => reader.refuse(&logical),
        }
    }
    (instructions, reader.errors)
}

impl Instruction {
    /// The arguments as a command: exec form when they are a JSON list of strings, else shell form.
    pub fn command(&self) -> CommandForm {
        match exec_form(&self.arguments) {
            Some(words) => CommandForm::Exec(words),
            None => CommandForm::Shell(self.arguments.clone()),
        }
    }

    /// The value of the flag `name`.
    pub fn flag(&self, name: &str) -> Option<Text> {
        let behind = |flag: &Text| flag.strip_prefix(name)?.strip_prefix("=");
        self.flags.iter().find_map(behind)
    }
}

struct Reader<'a> {
    file: &'a SourceFile,
    line: usize,
    escape: char,
    errors: Vec<SyntaxError>,
}

impl Reader<'_> {
    /// The next instruction's lines without comments, continuations joined; a comment or empty line between
    /// continued lines is passed over.
    fn logical_line(&mut self) -> Option<Text> {
        let mut logical: Option<Text> = None;
        while let Some(mut range) = self.file.line_range(self.line) {
            if self.file.text[range.clone()].starts_with(BYTE_ORDER_MARK) {
                range.start += BYTE_ORDER_MARK.len_utf8();
            }
            let line = &self.file.text[range.clone()];
            self.line += 1;
            if line.trim().is_empty() || line.trim_start().starts_with('#') {
                continue;
            }
            let kept = line.trim_end().strip_suffix(self.escape);
            let start = if logical.is_none() { range.end - line.trim_start().len() } else { range.start };
            let end = kept.map_or(range.end, |kept| range.start + kept.len());
            let part = Text::verbatim(self.file, start..end.max(start));
            match &mut logical {
                Some(text) => text.push(&part),
                None => logical = Some(part),
            }
            if kept.is_none() {
                break;
            }
        }
        logical.map(|text| text.trim())
    }

    fn instruction(&mut self, logical: &Text) -> Option<Instruction> {
        let (name, mut rest) = split_word(logical);
        if !name.as_str().bytes().all(|b| b.is_ascii_alphabetic()) || name.is_empty() {
            return None;
        }
        let mut flags = Vec::new();
        while rest.as_str().starts_with("--") {
            let (flag, after) = split_word(&rest);
            flags.push(flag.slice(2..flag.len()));
            rest = after;
        }
        let keyword = name.as_str().to_ascii_uppercase();
        let heredocs = if matches!(keyword.as_str(), "RUN" | "COPY" | "ADD") {
            self.heredocs(&rest)
        } else {
            Vec::new()
        };
        Some(Instruction { keyword, name, flags, arguments: rest, heredocs })
    }

    /// Takes the lines that belong to the heredocs which `arguments` open.
    fn heredocs(&mut self, arguments: &Text) -> Vec<Heredoc> {
        let openers = arguments.as_str().split_whitespace().filter_map(heredoc_delimiter);
        let opened: Vec<(String, bool)> = openers.collect();
        opened.into_iter().map(|(delimiter, strip_tabs)| self.heredoc(delimiter, strip_tabs)).collect()
    }

    fn heredoc(&mut self, delimiter: String, strip_tabs: bool) -> Heredoc {
        let start = self.file.line_range(self.line).map_or(self.file.text.len(), |range| range.start);
        let mut end = start;
        while let Some(range) = self.file.line_range(self.line) {
            let line = &self.file.text[range.clone()];
            self.line += 1;
            if (if strip_tabs { line.trim_start_matches('\t') } else { line }) == delimiter {
                break;
            }
            end = range.end;
        }
        Heredoc { delimiter, body: Text::verbatim(self.file, start..end) }
    }

    fn refuse(&mut self, logical: &Text) {
        if let Some(span) = logical.span() {
            self.errors.push(SyntaxError::new(span, "this line is not a Dockerfile instruction"));
        }
    }
}

/// The escape character: `\`, or what `# escape=` at the top of the file says.
fn escape_directive(file: &SourceFile) -> char {
    for line in file.text.lines() {
        let Some((name, value)) = line.trim().strip_prefix('#').and_then(|rest| rest.split_once('=')) else {
            break;
        };
        if name.trim().eq_ignore_ascii_case("escape") && value.trim() == "`" {
            return '`';
        }
    }
    '\\'
}

/// The first word of a text and what follows it.
fn split_word(text: &Text) -> (Text, Text) {
    let text = text.trim();
    match text.as_str().find(char::is_whitespace) {
        Some(at) => (text.slice(0..at), text.slice(at..text.len()).trim()),
        None => (text.clone(), text.slice(text.len()..text.len())),
    }
}

/// The delimiter that `<<EOF`, `<<-EOF` or `<<"EOF"` names, and whether leading tabs of its lines go away.
fn heredoc_delimiter(word: &str) -> Option<(String, bool)> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
    let (rest, strip_tabs) = rest.strip_prefix('-').map_or((rest, false), |rest| (rest, true));
    let delimiter = rest.trim_matches(['"', '\'']);
    let plain = delimiter.chars().all(|c| c.is_alphanumeric() || c == '_');
    (plain && !delimiter.is_empty()).then(|| (delimiter.to_owned(), strip_tabs))
}

/// The words of a JSON list of strings, each at its place; `None` when the text is anything else, which Docker then
/// takes for a line of shell.
fn exec_form(arguments: &Text) -> Option<Vec<Text>> {
    let json = arguments.trim();
    let values: Vec<String> = serde_json::from_str(json.as_str()).ok()?;
    let literals = string_literals(json.as_str());
    let word = |(value, range): (String, Range<usize>)| {
        let inside = json.slice(range.start + 1..range.end - 1);
        match inside.span() {
            Some(span) if inside.as_str() != value => Text::decoded(value, span),
            _ => inside,
        }
    };
    Some(values.into_iter().zip(literals).map(word).collect())
}

/// The byte ranges of the string literals of valid JSON, quotes included.
fn string_literals(json: &str) -> Vec<Range<usize>> {
    let (mut literals, mut open, mut escaped) = (Vec::new(), None, false);
    for (at, byte) in json.bytes().enumerate() {
        match (open, byte) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(start), b'"') => {
                literals.push(start..at + 1);
                open = None;
            }
            (None, b'"') => open = Some(at),
            _ => {}
        }
    }
    literals
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources, TreePath};

    fn read(text: &str) -> (Vec<Instruction>, Vec<SyntaxError>) {
        let sources = Sources::new(Memory::new([("Dockerfile", text)]));
        parse(&sources.load(&TreePath::new("Dockerfile")).unwrap())
    }

    fn exec(instruction: &Instruction) -> Vec<String> {
        match instruction.command() {
            CommandForm::Exec(words) => words.iter().map(ToString::to_string).collect(),
            CommandForm::Shell(line) => panic!("shell form: {line}"),
        }
    }

    #[test]
    fn a_word_of_the_exec_form_stands_between_its_quotes() {
        let text = "FROM x\nCMD [\"gunicorn\", \"--workers\", \"10\"]\n";
        let (instructions, _) = read(text);
        let CommandForm::Exec(words) = instructions[1].command() else { panic!() };
        let range = words[2].span().unwrap().range();
        assert_eq!(&text[range], "10");
    }

    #[test]
    fn lines_are_continued_over_comments_and_empty_lines() {
        let (instructions, errors) = read("ENV A=1 \\\n# no\n\n    B=2\nCMD a\\\nb\n");
        assert_eq!(errors, []);
        assert_eq!(instructions[0].arguments.as_str(), "A=1     B=2");
        assert_eq!(instructions[1].arguments.as_str(), "ab");
    }

    #[test]
    fn the_escape_directive_changes_the_continuation() {
        let (instructions, _) = read("# escape=`\nRUN a `\n b\nCMD [\"x\\\\y\"]\n");
        assert_eq!(instructions[0].arguments.as_str(), "a  b");
        assert_eq!(exec(&instructions[1]), ["x\\y"]);
    }

    #[test]
    fn a_heredoc_is_not_read_as_instructions() {
        let (instructions, _) =
            read("COPY --chmod=755 <<-\"EOF\" /start.sh\n\tCMD no\n\tEOF\nCMD [\"/start.sh\"]\n");
        assert_eq!(instructions.len(), 2);
        assert_eq!(instructions[0].heredocs[0].body.as_str(), "\tCMD no");
        assert_eq!(instructions[0].flag("chmod").unwrap().as_str(), "755");
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_line() {
        let (instructions, errors) = read("\u{feff}FROM x\n");
        assert_eq!((instructions[0].keyword.as_str(), errors.len()), ("FROM", 0));
    }

    #[test]
    fn single_quotes_make_it_a_line_for_the_shell() {
        let (instructions, _) = read("CMD ['gunicorn', 'app']\n");
        assert!(matches!(instructions[0].command(), CommandForm::Shell(_)));
    }

    #[test]
    fn a_line_without_an_instruction_is_an_error_at_its_place() {
        let (instructions, errors) = read("FROM x\n{oops}\nCMD a\n");
        assert_eq!(instructions.len(), 2);
        assert_eq!(errors[0].span.range(), 7..13);
    }
}
