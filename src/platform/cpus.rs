//! How many CPUs a process counts, when it starts as many workers as there are CPUs.

use crate::source::Span;
use crate::trace::{Bound, Count, How, Origin, Text, Traced};

/// The CPUs of a container.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cpus {
    /// Those of the host, where somebody declared them. `os.cpu_count()`, `nproc` and most programs see them whatever
    /// share of them the container may use.
    pub host: Option<Count>,
    /// What the container may use: `cpus`, `deploy.resources.limits.cpus`. Only programs that look at their cgroup see it.
    pub quota: Option<Text>,
}

impl Cpus {
    /// The CPUs of the host, as the code at `span` counts them.
    pub fn counted(&self, span: Option<Span>) -> Count {
        let unknown = || {
            let why = "it is the number of CPUs, which no file says";
            let origin = span.map_or_else(|| Origin::default_of("the number of CPUs"), Origin::written);
            Traced::new(Bound::unknown("CPUs", why), crate::trace::Trail::new(origin))
        };
        match (&self.host, span) {
            (Some(host), Some(span)) => host.clone().then(Origin::at(How::Read, span)),
            (Some(host), None) => host.clone(),
            (None, _) => unknown(),
        }
    }

    /// The CPUs that the container may use, a part of one taken for a whole; `None` where nothing limits them. Docker
    /// limits them in steps of a hundred thousandth, and not at all with zero (moby, `daemon/daemon_unix.go`, `getCPUResources`).
    pub fn usable(&self) -> Option<Count> {
        let text = self.quota.as_ref()?;
        let bound = match steps(text.as_str()) {
            Some(0) => return None,
            Some(steps) => Bound::Exactly(steps.div_ceil(STEPS)),
            None => Bound::unknown("CPUs", format!("it is no number of CPUs: `{text}`")),
        };
        Some(Traced::new(bound, text.trail()))
    }
}

/// Steps of one CPU.
const STEPS: u64 = 100_000;

/// The whole steps in a decimal number.
fn steps(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') || whole.len() + part.len() == 0 {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part: u64 = format!("{part:0<5}").get(..5)?.parse().ok()?;
    whole.checked_mul(STEPS)?.checked_add(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Trail;

    #[test]
    fn a_part_of_a_cpu_is_one_that_may_be_used() {
        for (quota, usable) in [
            ("0.5", Some(1)),
            ("1", Some(1)),
            ("1.5", Some(2)),
            ("2.0", Some(2)),
            ("2.000009", Some(2)),
            ("0", None),
        ] {
            let text = Text::traced(quota, Trail::default_of("test", None));
            let cpus = Cpus { host: None, quota: Some(text) };
            assert_eq!(cpus.usable().and_then(|count| count.value.number()), usable, "{quota}");
        }
        let odd = Text::traced("1e3", Trail::default_of("test", None));
        assert!(Cpus { host: None, quota: Some(odd) }.usable().unwrap().value.is_unknown());
    }
}
