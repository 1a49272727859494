//! Poolers beside PgBouncer.

use super::Pooler;
use crate::platform::Container;
use crate::source::Sources;

/// The other pooler that `container` is.
pub(super) fn pooler(_sources: &Sources, _container: &Container) -> Option<Pooler> {
    None
}
