//! The folder that a path of a model is seen from, noted where the model is one part of another.
//!
//! Source: compose-go v2.4.8, `paths/resolve.go`.

use std::sync::Arc;

use super::value::{Data, Map, Value};
use crate::source::TreePath;

/// Notes `folder` at every path of `model` that has none yet.
pub(super) fn anchor(model: &mut Map, folder: &TreePath) {
    let folder = &Arc::new(folder.clone());
    let mut each = |section: &str, note: &dyn Fn(&mut Map)| {
        let Some(entries) = model.get_mut(section).and_then(|entry| entry.value.as_map_mut()) else { return };
        for entry in entries.values_mut() {
            if let Some(map) = entry.value.as_map_mut() {
                note(map);
            }
        }
    };
    each("services", &|service| anchor_service(service, folder));
    each("configs", &|config| anchor_at(config, "file", folder));
    each("secrets", &|secret| anchor_at(secret, "file", folder));
}

fn anchor_service(service: &mut Map, folder: &Arc<TreePath>) {
    for (section, key) in [("build", "context"), ("extends", "file")] {
        if let Some(map) = service.get_mut(section).and_then(|entry| entry.value.as_map_mut()) {
            anchor_at(map, key, folder);
        }
    }
    for (list, key) in [("env_file", "path"), ("volumes", "source")] {
        let Some(entry) = service.get_mut(list) else { continue };
        let Data::List(items) = &mut entry.value.data else { continue };
        for item in items {
            if let Some(map) = item.as_map_mut() {
                anchor_at(map, key, folder);
            }
        }
    }
}

fn anchor_at(map: &mut Map, key: &str, folder: &Arc<TreePath>) {
    if let Some(entry) = map.get_mut(key)
        && let Value { data: Data::Scalar(scalar), .. } = &mut entry.value
        && scalar.folder.is_none()
    {
        scalar.folder = Some(Arc::clone(folder));
    }
}
