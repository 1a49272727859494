//! How many containers of a service run.

use super::load::Loader;
use super::value::{Entry, Kind, Map, Scalar};
use crate::trace::{Bound, Count, ProblemKind, Traced, Trail};

/// `scale`, else `deploy.replicas`, else one; with `deploy.mode: global` one on each node, however many those are.
pub(super) fn read(loader: &mut Loader<'_, '_>, entry: &Entry, service: &Map) -> Count {
    let deploy = service.get("deploy").map(|deploy| &deploy.value);
    let setting = |name: &str| deploy.and_then(|deploy| deploy.get(name)).and_then(|value| value.as_scalar());
    if let Some(mode) = setting("mode").filter(|mode| mode.text.as_str() == "global") {
        let bound = Bound::unknown("nodes", "with deploy.mode global there is one on each node of the swarm");
        return Traced::new(bound, mode.text.trail());
    }
    let scale = service.get("scale").and_then(|scale| scale.value.as_scalar());
    match scale.or_else(|| setting("replicas")).filter(|scalar| scalar.kind != Kind::Null) {
        Some(scalar) => count(loader, scalar),
        None => Traced::new(Bound::ONE, Trail::default_of("docker compose scale", entry.key.span())),
    }
}

/// How many containers a rollout starts before it stops as many old ones: `deploy.update_config.parallelism`, one by
/// default and all at 0, where `order` is `start-first` (compose specification, "update_config"). Only `docker stack deploy`
/// obeys it.
pub(super) fn rollout(service: &Map, replicas: &Count) -> Option<Count> {
    let config = service.get("deploy")?.value.get("update_config")?;
    let order = config.get("order")?.as_scalar()?;
    if order.text.as_str() != "start-first" {
        return None;
    }
    let parallelism = config.get("parallelism").and_then(|value| value.as_scalar());
    let Some(scalar) = parallelism.filter(|scalar| scalar.kind != Kind::Null) else {
        let default = Trail::default_of("docker stack parallelism", order.text.span());
        return Some(Traced::new(Bound::ONE, default));
    };
    let more = match scalar.text.as_str().parse() {
        Ok(0) | Err(_) => replicas.value.clone(),
        Ok(number) => Bound::Exactly(number).limited_by(&replicas.value),
    };
    Some(Traced::new(more, scalar.text.trail()))
}

fn count(loader: &mut Loader<'_, '_>, scalar: &Scalar) -> Count {
    let trail = scalar.text.trail();
    let number = match scalar.kind {
        Kind::Integer(number) => u64::try_from(number).ok(),
        Kind::Float(_) | Kind::Null | Kind::Bool(_) | Kind::String => scalar.text.as_str().parse().ok(),
    };
    if let Some(number) = number {
        return Traced::new(Bound::Exactly(number), trail);
    }
    if matches!(scalar.kind, Kind::Integer(_)) {
        let problem =
            loader.refusals.problem(ProblemKind::NotANumber, scalar.place, "this is no number of containers");
        loader.refusals.add(problem);
    }
    Traced::new(Bound::unknown("replicas", "the number of containers is not known"), trail)
}
