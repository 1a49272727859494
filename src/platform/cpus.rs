//! How many CPUs a process counts, when it starts as many workers as there are CPUs.

use crate::source::Span;
use crate::trace::{Bound, Count, How, Origin, Text, Traced};

/// The CPUs of a container.
#[derive(Clone, Debug, Default)]
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
}
