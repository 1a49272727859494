//! Plans for people: each with the numbers it changes, at their places, and what is lost.

use super::canvas::{Canvas, Line, Paint, width};
use super::{Style, counted, way};
use crate::plan::{Kind, Knob, Plan, Planned, Price, Standing, Step, words};
use crate::source::Sources;

/// A plan is not wider than this: what belongs together is not torn apart on a wide terminal.
const WIDEST: usize = 84;

/// Writes what was found out. `files` says of each file what keeps it from being written, if anything.
pub fn plan(
    sources: &Sources,
    planned: &Planned,
    style: &Style,
    in_the_way: &dyn Fn(&Knob) -> Option<String>,
) -> String {
    let mut sheet =
        Sheet { sources, planned, columns: style.width.min(WIDEST), canvas: Canvas::default(), in_the_way };
    sheet.standings();
    for (index, plan) in planned.plans.iter().enumerate() {
        sheet.canvas.blank();
        sheet.plan(index + 1, plan);
    }
    sheet.impossible();
    sheet.notes();
    sheet.next();
    sheet.canvas.print(style.color)
}

struct Sheet<'a> {
    sources: &'a Sources,
    planned: &'a Planned,
    columns: usize,
    canvas: Canvas,
    in_the_way: &'a dyn Fn(&Knob) -> Option<String>,
}

/// What a server takes and what is opened there: "84 of 87", and how it looks.
fn share(server: &Standing) -> (String, Paint) {
    let opened = match server.load.counted {
        u64::MAX => "unbounded".to_owned(),
        opened if server.is_unknown => format!("≥ {opened}"),
        opened => opened.to_string(),
    };
    match server.capacity {
        None => (format!("{opened} of ?"), Paint::Warning),
        Some(capacity) if server.is_over() => (format!("{opened} of {capacity}"), Paint::Error),
        Some(capacity) => {
            let is_near = u128::from(server.load.counted) * 100 > u128::from(capacity) * 80;
            let paint = if is_near || server.is_unknown { Paint::Warning } else { Paint::Good };
            (format!("{opened} of {capacity}"), paint)
        }
    }
}

impl Sheet<'_> {
    /// How every server stands now.
    fn standings(&mut self) {
        for server in &self.planned.servers {
            let mut line = Line::of(Paint::Strong, &server.deployment);
            line.push(Paint::Plain, &format!(" · {}", server.server));
            self.push_right(line, &share(server));
        }
    }

    fn push_right(&mut self, mut line: Line, (text, paint): &(String, Paint)) {
        let end = self.columns.saturating_sub(width(text));
        if line.width() + 2 > end {
            self.canvas.push(std::mem::take(&mut line));
        }
        line.pad(end).push(*paint, text);
        self.canvas.push(line);
    }

    fn plan(&mut self, number: usize, plan: &Plan) {
        let indent = if self.planned.plans.len() > 1 { format!("{number:>2}  ") } else { String::new() };
        let mut title = Line::of(Paint::Strong, &indent);
        title.push(Paint::Strong, &self.title(plan));
        let changed = plan.servers.iter().zip(&self.planned.servers).filter(|(then, now)| then != now);
        let mut changed = changed.map(|(then, _)| then).peekable();
        match changed.next() {
            // Of one server it is clear which is meant.
            Some(only) if changed.peek().is_none() => self.push_right(title, &share(only)),
            first => {
                self.canvas.push(title);
                for server in first.into_iter().chain(changed) {
                    let mut line = Line::default();
                    line.pad(4).push(Paint::Plain, &format!("{} · {}", server.deployment, server.server));
                    self.push_right(line, &share(server));
                }
            }
        }
        self.steps(plan);
        let by_hand = plan.by_hand.clone();
        for words in by_hand {
            self.text(Paint::Plain, &format!("by hand: {words}"));
        }
        if plan.kind != Kind::Raised {
            let lost = self.lost(plan);
            self.text(Paint::Dim, &lost);
        }
        for price in &plan.prices {
            self.text(Paint::Dim, &price_words(price));
        }
    }

    fn title(&self, plan: &Plan) -> String {
        if plan.kind == Kind::Raised {
            return "a larger server".to_owned();
        }
        if plan.steps.len() > 3 {
            counted(plan.steps.len(), "place")
        } else {
            words(&self.planned.knobs.all, plan)
        }
    }

    /// The places, one a line: where, what, from what to what.
    fn steps(&mut self, plan: &Plan) {
        let knobs = &self.planned.knobs.all;
        let rows: Vec<(String, &Knob, &Step)> = plan
            .steps
            .iter()
            .filter_map(|step| {
                let knob = knobs.get(step.knob)?;
                Some((place(self.sources, knob), knob, step))
            })
            .collect();
        let places = rows.iter().map(|(place, ..)| width(place)).max().unwrap_or(0);
        let names = rows.iter().map(|(_, knob, _)| width(&knob.name)).max().unwrap_or(0);
        // Where the place leaves no room for the rest, it has a line of its own.
        let is_narrow = 4 + places + 2 + names + 12 > self.columns;
        for (place, knob, step) in rows {
            let mut line = Line::default();
            line.pad(4).push(Paint::Border, &place);
            if is_narrow {
                self.canvas.push(std::mem::take(&mut line));
                line.pad(6);
            } else {
                line.pad(4 + places + 2);
            }
            let start = line.width();
            line.push(Paint::Plain, &knob.name).pad(start + names + 2);
            let from = if knob.spot.is_added() { format!("({})", step.from) } else { step.from.to_string() };
            line.push(Paint::Dim, &format!("{from} → ")).push(Paint::Strong, &step.to.to_string());
            self.canvas.push(line);
            for remark in self.remarks(knob) {
                self.text(Paint::Warning, &remark);
            }
        }
    }

    /// What to know before a knob is turned.
    fn remarks(&self, knob: &Knob) -> Vec<String> {
        let mut remarks = Vec::new();
        let touched = knob.touches();
        if touched.len() > 1 {
            remarks.push(format!("this one place serves {}", touched.join(", ")));
        }
        if knob.stands_in {
            remarks
                .push(format!("{} stands in for a file that is not here: change that too", knob.spot.path));
        }
        if knob.spot.is_added() {
            remarks.push(format!("nobody wrote it down: {} is added", knob.name));
        }
        remarks.extend((self.in_the_way)(knob));
        remarks
    }

    fn text(&mut self, paint: Paint, text: &str) {
        let mut indent = Line::default();
        indent.pad(4);
        self.canvas.flow(indent.clone(), &indent, paint, text, self.columns);
    }

    /// What is lost by it.
    fn lost(&self, plan: &Plan) -> String {
        let (now, then) = (&self.planned.now, &plan.outcome);
        let mut words = vec![match () {
            () if then.served == now.served => format!("serves {} at once, as now", then.served),
            () => format!("serves {} at once, now {}", then.served, now.served),
        }];
        if then.processes != now.processes {
            words.push(format!("in {} processes, now {}", then.processes, now.processes));
        }
        let opened: u64 =
            plan.servers.iter().map(|server| server.load.counted).filter(|n| *n != u64::MAX).sum();
        if then.served > 0 && opened > then.served {
            // In tenths, by whole numbers.
            let tenths = u128::from(opened) * 10 / u128::from(then.served);
            words.push(format!("{}.{} connections for each of them", tenths / 10, tenths % 10));
        }
        words.join(", ")
    }

    fn impossible(&mut self) {
        let mut lines: Vec<String> = Vec::new();
        for &index in &self.planned.impossible {
            let Some(server) = self.planned.servers.get(index) else { continue };
            lines.push(format!(
                "{}: nothing that may be changed here makes it open few enough, even with every number at its least",
                server.server
            ));
        }
        for server in self.planned.servers.iter().filter(|server| server.is_unbounded()) {
            lines.push(format!(
                "{}: nothing bounds what is opened there, so there is no number to change: \
                give the pool a limit first",
                server.server
            ));
        }
        if !lines.is_empty() {
            self.canvas.blank();
        }
        for line in &lines {
            self.canvas.flow(Line::default(), &Line::default(), Paint::Warning, line, self.columns);
        }
        if !self.planned.impossible.is_empty() {
            self.fixed();
        }
    }

    /// The numbers that cannot be turned, and those that may not.
    fn fixed(&mut self) {
        let kept = self.planned.knobs.all.iter().filter_map(|knob| {
            let why = knob.kept.as_ref()?;
            Some((place(self.sources, knob), format!("{} stays {}: {why}", knob.name, knob.value)))
        });
        let fixed = self.planned.knobs.fixed.iter().map(|fixed| {
            let at = fixed.trail.place().map(|span| way::place(self.sources, span)).unwrap_or_default();
            (at, format!("{} of {} stays: {}", fixed.slot.role.word(), fixed.slot.owner, fixed.why))
        });
        let lines: Vec<(String, String)> = kept.chain(fixed).collect();
        for (place, words) in lines {
            let mut line = Line::default();
            line.pad(4)
                .push(Paint::Border, &place)
                .push(Paint::Plain, if place.is_empty() { "" } else { "  " });
            let mut indent = Line::default();
            indent.pad(6);
            self.canvas.flow(line, &indent, Paint::Plain, &words, self.columns);
        }
    }

    fn notes(&mut self) {
        if !self.planned.notes.is_empty() {
            self.canvas.blank();
        }
        for note in &self.planned.notes {
            self.canvas.flow(Line::default(), &Line::default(), Paint::Warning, note, self.columns);
        }
    }

    /// What to do next.
    fn next(&mut self) {
        self.canvas.blank();
        let first = self.planned.plans.iter().position(Plan::is_written);
        let words = match (first, self.planned.plans.as_slice()) {
            (_, []) if self.planned.servers.iter().any(Standing::is_over) => {
                "nothing here fits by itself".to_owned()
            }
            (_, []) => "everything fits: there is nothing to change".to_owned(),
            (Some(0), [only]) if only.kind == Kind::Wished => {
                "`connbudget fix` with the same arguments writes it".to_owned()
            }
            (Some(0), [_]) => "`connbudget fix` writes it".to_owned(),
            (Some(0), _) => {
                "`connbudget fix` writes the first, `connbudget fix --plan 2` the second".to_owned()
            }
            (Some(other), _) => format!("`connbudget fix --plan {}` writes that one", other + 1),
            (None, _) => "no file here says these numbers, so there is none to be written".to_owned(),
        };
        self.canvas.flow(Line::default(), &Line::default(), Paint::Plain, &words, self.columns);
    }
}

fn place(sources: &Sources, knob: &Knob) -> String {
    let Ok(file) = sources.load(&knob.spot.path) else { return knob.spot.path.to_string() };
    let at = file.line_column(knob.spot.range.start);
    format!("{}:{}:{}", file.path, at.line, at.column)
}

fn mib(bytes: u64) -> u64 {
    bytes >> 20
}

/// What a larger server costs, in words.
fn price_words(price: &Price) -> String {
    let more = price.to.saturating_sub(price.from);
    let work_mem = if price.work_mem.trailing_zeros() >= 20 {
        format!("{} MiB", mib(price.work_mem))
    } else {
        format!("{} KiB", price.work_mem >> 10)
    };
    let mut words = vec![format!(
        "costs a restart of {} and up to {} MiB of memory: {more} more connections × {work_mem} of work_mem, with one sort each",
        price.server,
        mib(price.memory),
    )];
    let buffers = mib(price.buffers);
    match price.shared_buffers {
        Some(now) if now >= price.buffers => {}
        Some(now) => words.push(format!("shared_buffers of {buffers} MiB go with it, now {}", mib(now))),
        None => words.push(format!("shared_buffers of {buffers} MiB go with it")),
    }
    if let Some(container) = price.container.filter(|_| price.is_over_memory()) {
        words.push(format!("its container has {} MiB, which is not enough", mib(container)));
    }
    words.join("; ")
}
