//! What was followed before: a process that is told the same and sees the same files opens the same. Deployments share
//! services (a base file under several overrides), so that most of them need following once.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::platform::{Cpus, Environment, FileView};
use crate::source::{Sources, TreePath};
use crate::trace::Text;

use super::{Entry, Opened, Process, Role};

/// Everything that what a process opens depends on beside the files of the tree, each with the way it came: a process whose
/// variables come from elsewhere is another one.
#[derive(PartialEq)]
struct Told {
    entry: Option<Entry>,
    imports: Vec<Entry>,
    environment: Environment,
    working_dir: String,
    python_path: Vec<String>,
    arguments: Option<Vec<Text>>,
    is_celery_child: Option<bool>,
    role: Role,
    cpus: Cpus,
    view: FileView,
}

/// The processes of a run that were followed.
#[derive(Default)]
struct Followed {
    known: Mutex<Vec<(Told, Arc<OnceLock<Opened>>)>>,
}

/// What `process` opens where it sees the files of `view`, by `follow` where it was not followed before.
pub(super) fn once(
    sources: &Sources,
    view: &FileView,
    process: &Process<'_>,
    follow: impl FnOnce() -> Opened,
) -> Opened {
    let told = Told {
        entry: process.entry.cloned(),
        imports: process.imports.to_vec(),
        environment: process.environment.clone(),
        working_dir: process.working_dir.to_owned(),
        python_path: process.python_path.to_vec(),
        arguments: process.arguments.map(<[Text]>::to_vec),
        is_celery_child: process.is_celery_child,
        role: process.role,
        cpus: process.cpus.clone(),
        view: view.clone(),
    };
    let followed = sources.made(&TreePath::root(), Followed::default);
    let slot = {
        let mut known = followed.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.iter().find(|(other, _)| other.is_same(&told)).map(|(_, slot)| Arc::clone(slot));
        found.unwrap_or_else(|| {
            let slot = Arc::default();
            known.push((told, Arc::clone(&slot)));
            slot
        })
    };
    // Outside the lock: another process is followed meanwhile, and whoever needs this one waits for it.
    slot.get_or_init(follow).clone()
}

impl Told {
    fn is_same(&self, other: &Self) -> bool {
        // The order of variables is the order in which the process sees them.
        self == other && self.environment.iter().eq(other.environment.iter())
    }
}
