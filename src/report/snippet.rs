//! A finding with its quoted lines, drawn by `codespan-reporting`. That crate neither cuts a line nor wraps a message,
//! so it is given lines that are cut already ([`quote`]), and what it draws is caught and wrapped here.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

use codespan_reporting::diagnostic::{Diagnostic, Label as Mark, LabelStyle, Severity as Level};
use codespan_reporting::files::{Error, Files};
use codespan_reporting::term::{self, GeneralWriteResult, WriteStyle};

use super::canvas::{Canvas, Line, Paint, width};
use super::quote::quote;
use crate::rule::{Finding, Label, Place, Severity};
use crate::source::{FileId, SourceFile, Sources, Span};

/// Fewer columns than these are too few for a message beside its underline.
const MESSAGE_ROOM: usize = 28;

/// Draws `finding` in lines of at most `columns`.
pub(super) fn draw(finding: &Finding, sources: &Sources, columns: usize) -> Canvas {
    let labels = std::iter::once(&finding.primary).chain(&finding.labels);
    let placed: Vec<(Span, &Label)> = labels
        .filter_map(|label| match label.place {
            Place::At(span) => Some((span, label)),
            Place::File(_) => None,
        })
        .collect();
    let excerpts = Excerpts::of(sources, &placed, columns);
    let level = match finding.severity {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
    };
    let help = finding.help.iter().map(|help| format!("help: {help}"));
    let notes = finding.notes.iter().cloned().chain(help).map(|note| one_line(&note));
    let diagnostic = Diagnostic::new(level)
        .with_code(&finding.rule)
        .with_message(one_line(&finding.message))
        .with_labels(excerpts.marks(&placed, matches!(finding.primary.place, Place::At(_))))
        .with_notes(notes.collect());
    let mut recorder = Recorder::default();
    let drawn = term::emit_to_write_style(&mut recorder, &term::Config::default(), &excerpts, &diagnostic);
    let mut canvas = if drawn.is_ok() { recorder.finish() } else { bare(finding) };
    if let Place::File(path) = &finding.primary.place {
        let mut line = Line::of(Paint::Border, &format!("{} ┌─", " ".repeat(excerpts.digits)));
        line.push(Paint::Plain, &format!(" {path}"));
        canvas.lines.insert(1.min(canvas.lines.len()), line);
    }
    wrapped(canvas, columns)
}

/// The finding without its places, should they not be drawable: nothing is left out because of how it looks.
fn bare(finding: &Finding) -> Canvas {
    let mut canvas = Canvas::default();
    canvas.push(Line::of(
        Paint::Strong,
        &format!("{}[{}]: {}", finding.severity, finding.rule, finding.message),
    ));
    canvas
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The lines of several files that a finding quotes.
struct Excerpts {
    files: BTreeMap<FileId, Excerpt>,
    /// Digits of the largest line number.
    digits: usize,
}

/// The quoted lines of one file.
struct Excerpt {
    name: String,
    /// The quoted lines, one after the other.
    text: String,
    /// Each line's index in the file and its bytes in `text`.
    lines: BTreeMap<usize, Range<usize>>,
    /// Each label: its span, its bytes in `text`, its column in the file.
    labels: Vec<(Span, Range<usize>, usize)>,
}

impl Excerpts {
    fn of(sources: &Sources, placed: &[(Span, &Label)], columns: usize) -> Self {
        let mut by_file: BTreeMap<FileId, Vec<(Span, usize)>> = BTreeMap::new();
        for (span, label) in placed {
            by_file.entry(span.file).or_default().push((*span, width(&label.text)));
        }
        let loaded: Vec<_> = by_file.into_iter().map(|(id, spans)| (sources.file(id), spans)).collect();
        let last_line = loaded
            .iter()
            .flat_map(|(file, spans)| spans.iter().map(|(span, _)| file.line_of(span.start as usize) + 1));
        let digits = last_line.max().map_or(0, |line| line.ilog10() as usize + 1);
        // "41 │ " stands in front of each line.
        let room = columns.saturating_sub(digits + 3).max(20);
        let files = loaded.into_iter().map(|(file, spans)| (file.id, Excerpt::of(&file, &spans, room)));
        Self { files: files.collect(), digits }
    }

    fn marks(&self, placed: &[(Span, &Label)], has_primary: bool) -> Vec<Mark<FileId>> {
        let mark = |(index, (span, label)): (usize, &(Span, &Label))| {
            let style = if index == 0 && has_primary { LabelStyle::Primary } else { LabelStyle::Secondary };
            let range =
                self.files.get(&span.file)?.labels.iter().find(|(known, ..)| known == span)?.1.clone();
            Some(Mark::new(style, span.file, range).with_message(one_line(&label.text)))
        };
        placed.iter().enumerate().filter_map(mark).collect()
    }

    fn file(&self, id: FileId) -> Result<&Excerpt, Error> {
        self.files.get(&id).ok_or(Error::FileMissing)
    }
}

impl Excerpt {
    /// The lines of `file` with the spans, each with the width of its message.
    fn of(file: &SourceFile, spans: &[(Span, usize)], room: usize) -> Self {
        let mut by_line: BTreeMap<usize, Vec<(Span, usize)>> = BTreeMap::new();
        for span in spans {
            let spans = by_line.entry(file.line_of(span.0.start as usize)).or_default();
            if !spans.iter().any(|(known, _)| *known == span.0) {
                spans.push(*span);
            }
        }
        // A single line between two quoted ones is quoted too: a `·` would take as much space.
        let between: Vec<usize> =
            by_line.keys().filter(|&&line| by_line.contains_key(&(line + 2))).map(|line| line + 1).collect();
        for line in between {
            by_line.entry(line).or_default();
        }
        let name = file.path.as_str().chars().map(super::canvas::visible).collect();
        let mut excerpt = Self { name, text: String::new(), lines: BTreeMap::new(), labels: Vec::new() };
        for (line, spans) in by_line {
            excerpt.quote(file, line, &spans, room);
        }
        excerpt
    }

    fn quote(&mut self, file: &SourceFile, line: usize, spans: &[(Span, usize)], room: usize) {
        let Some(range) = file.line_range(line) else { return };
        let text = &file.text[range.clone()];
        // A label that goes over several lines is drawn under its first.
        let part = |offset: u32| (offset as usize).clamp(range.start, range.end) - range.start;
        let labels: Vec<Range<usize>> =
            spans.iter().map(|(span, _)| part(span.start)..part(span.end)).collect();
        let last = spans.iter().max_by_key(|(span, _)| span.end);
        let quoted = quote(text, &labels, room, last.map_or(0, |(_, message)| message + 1));
        let start = self.text.len();
        for ((span, _), label) in spans.iter().zip(quoted.labels) {
            let column = file.line_column(span.start as usize).column;
            self.labels.push((*span, start + label.start..start + label.end, column));
        }
        self.text.push_str(&quoted.text);
        self.lines.insert(line, start..self.text.len());
        self.text.push('\n');
    }
}

impl<'a> Files<'a> for Excerpts {
    type FileId = FileId;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: FileId) -> Result<&'a str, Error> {
        Ok(&self.file(id)?.name)
    }

    fn source(&'a self, id: FileId) -> Result<&'a str, Error> {
        Ok(&self.file(id)?.text)
    }

    fn line_index(&'a self, id: FileId, byte_index: usize) -> Result<usize, Error> {
        let file = self.file(id)?;
        let line = file.lines.iter().find(|(_, range)| range.start <= byte_index && byte_index <= range.end);
        line.map(|(index, _)| *index).ok_or(Error::IndexTooLarge { given: byte_index, max: file.text.len() })
    }

    fn line_range(&'a self, id: FileId, line_index: usize) -> Result<Range<usize>, Error> {
        let file = self.file(id)?;
        file.lines
            .get(&line_index)
            .cloned()
            .ok_or(Error::LineTooLarge { given: line_index, max: file.lines.len() })
    }

    /// The column in the file, not in the quoted line.
    fn column_number(&'a self, id: FileId, _line: usize, byte_index: usize) -> Result<usize, Error> {
        let file = self.file(id)?;
        let label = file.labels.iter().find(|(_, range, _)| range.start == byte_index);
        Ok(label.map_or(1, |(_, _, column)| *column))
    }
}

/// Catches what codespan draws as painted lines.
#[derive(Default)]
struct Recorder {
    canvas: Canvas,
    line: Line,
    paint: Paint,
    /// Bytes of a character that is not complete yet.
    partial: Vec<u8>,
}

impl Recorder {
    fn finish(mut self) -> Canvas {
        if !self.line.runs.is_empty() {
            self.canvas.push(self.line);
        }
        self.canvas
    }
}

impl io::Write for Recorder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.partial.extend_from_slice(bytes);
        let Ok(text) = std::str::from_utf8(&self.partial) else { return Ok(bytes.len()) };
        for (index, part) in text.split('\n').enumerate() {
            if index > 0 {
                self.canvas.push(std::mem::take(&mut self.line));
            }
            self.line.push(self.paint, part);
        }
        self.partial.clear();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn paint_of(level: Level) -> Paint {
    match level {
        Level::Bug | Level::Error => Paint::Error,
        Level::Warning => Paint::Warning,
        Level::Note | Level::Help => Paint::Border,
    }
}

impl WriteStyle for Recorder {
    fn set_header(&mut self, severity: Level) -> GeneralWriteResult {
        self.paint = paint_of(severity);
        Ok(())
    }

    fn set_header_message(&mut self) -> GeneralWriteResult {
        self.paint = Paint::Strong;
        Ok(())
    }

    fn set_line_number(&mut self) -> GeneralWriteResult {
        self.paint = Paint::Border;
        Ok(())
    }

    fn set_note_bullet(&mut self) -> GeneralWriteResult {
        self.paint = Paint::Border;
        Ok(())
    }

    fn set_source_border(&mut self) -> GeneralWriteResult {
        self.paint = Paint::Border;
        Ok(())
    }

    fn set_label(&mut self, severity: Level, style: LabelStyle) -> GeneralWriteResult {
        self.paint = match style {
            LabelStyle::Primary => paint_of(severity),
            LabelStyle::Secondary => Paint::Border,
        };
        Ok(())
    }

    fn reset(&mut self) -> GeneralWriteResult {
        self.paint = Paint::Plain;
        Ok(())
    }
}

/// The drawn lines, those that are too long wrapped where the text of a message stands.
fn wrapped(drawn: Canvas, columns: usize) -> Canvas {
    let mut canvas = Canvas::default();
    for (index, line) in drawn.lines.into_iter().enumerate() {
        if line.width() <= columns || is_locus(&line) {
            canvas.push(line);
        } else if index == 0 {
            wrap_last(&mut canvas, line, &Line::of(Paint::Plain, "  "), columns);
        } else {
            wrap_message(&mut canvas, line, columns);
        }
    }
    canvas
}

/// Whether it is the line with a file's name, which stays whole so that it can be clicked.
fn is_locus(line: &Line) -> bool {
    line.runs.iter().any(|(paint, text)| *paint == Paint::Border && text.contains("┌─"))
}

fn wrap_last(canvas: &mut Canvas, mut line: Line, indent: &Line, columns: usize) {
    if let Some((paint, text)) = line.runs.pop() {
        canvas.flow(line, indent, paint, &text, columns);
    }
}

/// The column where the last underline of `line` begins.
fn underline(line: &Line) -> usize {
    let last = line.runs.iter().rposition(|(_, text)| text.contains(['^', '-'])).unwrap_or(0);
    line.runs[..last].iter().map(|(_, text)| width(text)).sum()
}

/// Where `line` has underlines and pointers of labels whose messages are still to come, the gutter's bar not counted.
fn pointers(line: &Line, bar: usize) -> Vec<(usize, Paint)> {
    let mut found: Vec<(usize, Paint)> = Vec::new();
    let (mut column, mut before) = (0, ' ');
    for (index, (paint, text)) in line.runs.iter().enumerate() {
        for c in text.chars() {
            let starts = matches!(c, '^' | '-') && c != before;
            if index > bar && (c == '│' || starts) {
                found.push((column, *paint));
            }
            (column, before) = (column + super::canvas::char_width(c), c);
        }
    }
    // The last underline is that of the message itself.
    if matches!(
        line.runs.iter().rev().find_map(|(_, text)| text.trim_end().chars().next_back()),
        Some('^' | '-')
    ) {
        found.pop();
    }
    found
}

/// Wraps a note, or the message of a label.
fn wrap_message(canvas: &mut Canvas, mut line: Line, columns: usize) {
    let bar = line
        .runs
        .iter()
        .position(|(paint, text)| *paint == Paint::Border && text.trim_end().ends_with(['│', '=']));
    let Some((bar, (paint, text))) = bar.zip(line.runs.pop()) else { return canvas.push(line) };
    let gutter = Line { runs: line.runs[..=bar.min(line.runs.len().saturating_sub(1))].to_vec() };
    if gutter.runs.last().is_some_and(|(_, text)| text.ends_with('=')) {
        let mut indent = Line::default();
        indent.pad(gutter.width() + 1);
        let text = text.trim_start();
        let mut start = gutter;
        start.push(Paint::Plain, " ");
        return canvas.flow(start, &indent, paint, text, columns);
    }
    let column = line.width();
    let mut indent = gutter.clone();
    for (pointer, paint) in pointers(&line, bar) {
        indent.pad(pointer).push(paint, "│");
    }
    if columns.saturating_sub(column) >= MESSAGE_ROOM || width(&text) <= columns.saturating_sub(column) {
        indent.pad(column);
        return canvas.flow(line, &indent, paint, &text, columns);
    }
    // Below the underline, and so far left that it has room.
    let room = width(&text).min(MESSAGE_ROOM + 4);
    let below = underline(&line).min(columns.saturating_sub(room)).max(gutter.width() + 1);
    if below <= indent.width() {
        indent = gutter;
    }
    indent.pad(below);
    canvas.push(line);
    canvas.flow(indent.clone(), &indent, paint, &text, columns);
}
