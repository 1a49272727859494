//! The budget as a table: each factor with its file and line, through every place that it travelled. No judgement.

use std::fmt::Write;

use super::canvas::{Canvas, Line, Paint, width};
use super::glance;
use super::{Style, way};
use crate::budget::{
    Budget, GroupDemand, Measure, Phase, PoolDemand, PoolerBudget, ServerBudget, capacity_words, group_words,
    plural,
};
use crate::source::Sources;
use crate::trace::{Bound, Count};

/// Writes the budgets.
pub fn budget(sources: &Sources, budgets: &[Budget], style: &Style) -> String {
    let mut canvas = Canvas::default();
    for (index, budget) in budgets.iter().enumerate() {
        if index > 0 {
            canvas.blank();
        }
        let mut table = Table { sources, canvas: &mut canvas, columns: style.width };
        table.deployment(budget);
    }
    canvas.print(style.color)
}

/// A table under construction.
struct Table<'a> {
    sources: &'a Sources,
    canvas: &'a mut Canvas,
    columns: usize,
}

/// A line of a table: what it is, how many, and where that comes from.
struct Factor {
    what: String,
    value: String,
    from: String,
}

impl Table<'_> {
    fn deployment(&mut self, budget: &Budget) {
        for (index, server) in budget.servers.iter().enumerate() {
            if index > 0 {
                self.canvas.blank();
            }
            glance::title(
                self.canvas,
                &budget.name,
                &glance::name_of(server),
                Some((glance::share(server), glance::paint_of(server))),
                self.columns.min(84),
            );
            for client in &server.clients {
                self.group(client);
            }
            self.capacity(server);
        }
        for pooler in &budget.poolers {
            self.canvas.blank();
            self.pooler(&budget.name, pooler);
        }
        if !budget.unplaced.is_empty() {
            if !budget.servers.is_empty() || !budget.poolers.is_empty() {
                self.canvas.blank();
            }
            glance::title(self.canvas, &budget.name, "which server is not known", None, self.columns);
        }
        for group in &budget.unplaced {
            self.group(group);
        }
        if budget.servers.is_empty() && budget.unplaced.is_empty() {
            glance::title(self.canvas, &budget.name, "nothing here dials a PostgreSQL", None, self.columns);
        }
    }

    fn group(&mut self, demand: &GroupDemand) {
        self.heading(&demand.group.name, &group_words(demand, Measure::Reachable));
        if demand.reachable != demand.ceiling {
            self.heading("", &format!("at worst {}", group_words(demand, Measure::Ceiling)));
        }
        let group = &demand.group;
        let mut factors = Vec::new();
        if let Some(command) = &group.command {
            let program = group.program.unwrap_or("command").to_owned();
            factors.push(Factor {
                what: program,
                value: String::new(),
                from: way::of(self.sources, command),
            });
        }
        factors.push(self.factor("replicas", &group.replicas));
        // One process is all that a pooler has, unless somebody starts more.
        if !demand.is_pooler() || group.processes.value != Bound::ONE {
            factors.push(self.factor(&plural(group.process_word, &Bound::ZERO), &group.processes));
        }
        factors.extend(group.alternatives.iter().map(|other| self.factor("  or else", other)));
        if group.threads.value != Bound::ONE {
            factors.push(self.factor("threads", &group.threads));
        }
        if demand.reachable != demand.ceiling {
            factors.push(self.factor("at a time", &group.concurrency));
        }
        if group.engines.value != Bound::ONE {
            factors.push(self.factor("engines", &group.engines));
        }
        for pool in &demand.pools {
            self.pool(pool, &mut factors);
        }
        self.factors(&factors);
    }

    fn pool(&self, demand: &PoolDemand, factors: &mut Vec<Factor>) {
        let pool = &demand.pool;
        let place =
            pool.place.map_or_else(|| "by convention".to_owned(), |span| way::place(self.sources, span));
        factors.push(Factor {
            what: pool.name.clone(),
            value: demand.ceiling.to_string(),
            from: format!("{place} ({})", pool.kind),
        });
        let names =
            if demand.is_pooler() { ["pool_size", "reserve_pool_size"] } else { ["pool", "overflow"] };
        let settings = names.into_iter().zip([&pool.size, &pool.overflow]);
        for (what, count) in settings.filter_map(|(what, count)| Some((what, count.as_ref()?))) {
            factors.push(self.factor(&format!("  {what}"), count));
        }
        factors.extend(pool.settings.iter().filter(|setting| setting.is_telling()).map(|setting| Factor {
            what: format!("  {}", setting.name),
            value: setting.words.clone(),
            from: way::of(self.sources, &setting.trail),
        }));
    }

    fn capacity(&mut self, server: &ServerBudget) {
        self.heading(&server.server.name, &capacity_words(server).0);
        let counts = [
            ("max_connections", &server.server.max_connections),
            ("superuser", &server.server.superuser_reserved),
            ("reserved", &server.server.reserved),
            ("reserve", &server.capacity.reserve),
        ];
        let factors: Vec<Factor> = counts.into_iter().map(|(what, count)| self.factor(what, count)).collect();
        self.factors(&factors);
        for phase in &server.phases {
            self.phase(phase);
        }
    }

    /// What there is for a moment.
    fn phase(&mut self, phase: &Phase) {
        let mut words = phase.reachable.to_string();
        if phase.ceiling != phase.reachable {
            let _ = write!(words, ", at worst {}", phase.ceiling);
        }
        self.heading(&format!("during a {}", phase.event.name()), &words);
        let more = |(name, more): &(String, Count)| {
            let factor = self.factor(name, more);
            Factor { value: format!("+ {}", factor.value), ..factor }
        };
        let factors: Vec<Factor> = phase.more.iter().map(more).collect();
        self.factors(&factors);
    }

    /// Who dials a pooler, and how many clients it accepts.
    fn pooler(&mut self, deployment: &str, budget: &PoolerBudget) {
        let (name, share) = (glance::pooler_name(budget), glance::pooler_share(budget));
        glance::title(self.canvas, deployment, &name, Some(share), self.columns.min(84));
        if budget.clients.is_empty() {
            self.heading("nobody", "dials it");
        }
        for client in &budget.clients {
            self.group(client);
        }
        let pooler = &budget.pooler;
        self.heading(&pooler.name, &glance::accepts(budget));
        let several = Some(("processes", &pooler.processes)).filter(|(_, count)| count.value != Bound::ONE);
        let counts = [("replicas", &pooler.replicas)].into_iter().chain(several);
        let counts = counts.chain([("max_client_conn", &pooler.max_client_conn)]);
        let limits = [
            ("max_db_connections", &pooler.max_db_connections),
            ("max_user_connections", &pooler.max_user_connections),
        ];
        let limits = limits.iter().filter_map(|(what, limit)| Some((*what, limit.as_ref()?)));
        // Of a pooler that is not read one line says that nothing is known.
        let limits = limits.filter(|_| pooler.unread.is_none());
        let counts = counts.chain(limits);
        let factors: Vec<Factor> = counts.map(|(what, count)| self.factor(what, count)).collect();
        self.factors(&factors);
    }

    fn factor(&self, what: &str, count: &Count) -> Factor {
        let why = match &count.value {
            Bound::Unknown(unknown) => format!("{}; ", unknown.why),
            _ => String::new(),
        };
        Factor {
            what: what.to_owned(),
            value: count.value.to_string(),
            from: why + &way::of(self.sources, &count.trail),
        }
    }

    fn heading(&mut self, name: &str, sum: &str) {
        let mut line = Line::default();
        line.pad(2).push(Paint::Strong, name).push(Paint::Plain, "  ");
        let mut indent = Line::default();
        indent.pad(4);
        self.canvas.flow(line, &indent, Paint::Plain, sum, self.columns);
    }

    fn factors(&mut self, factors: &[Factor]) {
        let widest =
            |text: fn(&Factor) -> &str| factors.iter().map(|factor| width(text(factor))).max().unwrap_or(0);
        let (what, value) = (widest(|factor| &factor.what), widest(|factor| &factor.value));
        let column = 4 + what + 2 + value + 2;
        let mut indent = Line::default();
        // Where the places have no room beside the number they go below it.
        let narrow = column + 32 > self.columns;
        indent.pad(if narrow { 8 } else { column });
        for factor in factors {
            let mut line = Line::default();
            line.pad(4).push(Paint::Plain, &factor.what);
            line.pad(4 + what + 2 + value - width(&factor.value)).push(Paint::Strong, &factor.value);
            line.pad(column);
            if narrow {
                self.canvas.push(std::mem::replace(&mut line, indent.clone()));
            }
            self.canvas.flow(line, &indent, Paint::Dim, &factor.from, self.columns);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::sample;

    fn plain(sample: &sample::Sample, width: usize) -> String {
        budget(&sample.sources, &[sample.budget()], &Style { color: false, width, links: false })
    }

    #[test]
    fn every_hop_has_its_place() {
        insta::assert_snapshot!(plain(&sample::after(), 100));
    }

    #[test]
    fn a_narrow_window_puts_places_below() {
        insta::assert_snapshot!(plain(&sample::mixed(), 60));
    }
}
