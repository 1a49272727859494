//! What Django imports by names in its settings: applications, URLs, middleware. Only code there that makes pools of
//! other libraries matters.

use crate::python::{Machine, Value, count_of};
use crate::source::Span;
use crate::trace::{Bound, Traced};

/// Modules of an application that Django and its usual extensions import by themselves.
const MODULES: [&str; 2] = ["apps", "models"];

/// Imports what `settings` names, and takes from them how many workers there are.
pub(super) fn settings(machine: &mut Machine<'_>, settings: &Value, used: Span) {
    workers(machine, settings, used);
    if let Some(value) = machine.setting_of(settings, "CELERY_WORKER_CONCURRENCY", used) {
        // `config_from_object("django.conf:settings", namespace="CELERY")`, as celery's own introduction has it.
        machine.set_workers("worker_concurrency", count_of(&value, "processes", used));
    }
    if !machine.may_make_pools() {
        return;
    }
    let worker = machine.imported_from(&["celery", "dramatiq", "huey", "django_q", "django_rq"]).is_some();
    let names = |machine: &mut Machine<'_>, setting: &str| {
        let value = machine.setting_of(settings, setting, used);
        value.map(|value| machine.texts(&value)).unwrap_or_default()
    };
    for application in names(machine, "INSTALLED_APPS") {
        let name = application.as_str();
        let place = application.span().unwrap_or(used);
        // `shop.apps.ShopConfig` is a class of the application `shop`.
        let package = name.split_once(".apps.").map_or(name, |(package, _)| package);
        machine.import_named(package, place);
        for module in MODULES.into_iter().chain(worker.then_some("tasks")) {
            machine.import_named(&format!("{package}.{module}"), place);
        }
    }
    for middleware in names(machine, "MIDDLEWARE") {
        if let Some((module, _)) = middleware.as_str().rsplit_once('.') {
            machine.import_named(module, middleware.span().unwrap_or(used));
        }
    }
    if let Some(Value::Text(urls)) = machine.setting_of(settings, "ROOT_URLCONF", used) {
        machine.import_named(urls.as_str(), urls.span().unwrap_or(used));
    }
}

/// django-q's workers: `Q_CLUSTER["workers"]`, else as many as there are CPUs (1.8.0, `conf.py`). Beside them its sentinel,
/// its monitor and, where the broker is Django's database, its pusher use connections of their own (`cluster.py`).
fn workers(machine: &mut Machine<'_>, settings: &Value, used: Span) {
    let Some(cluster) = machine.setting_of(settings, "Q_CLUSTER", used) else { return };
    let Some((known, rest)) = machine.entries(&cluster) else { return };
    let find = |name: &str| known.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let beside = if find("orm").is_some() || rest.is_some() { 3 } else { 2 };
    let workers = match (find("workers"), rest) {
        (Some(value), _) => count_of(&value, "workers", used),
        (None, Some(gap)) => Traced::new(Bound::unknown("workers", gap.why), gap.trail),
        (None, None) => machine.one_per_cpu(used),
    };
    machine.set_workers("Q_CLUSTER", Traced::new(workers.value + Bound::Exactly(beside), workers.trail));
}
