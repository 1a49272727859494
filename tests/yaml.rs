//! YAML against what the real docker compose made of the same text (`fixtures/yaml`, recorded by `record` there).
#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::Path;
use std::sync::Arc;

use connbudget::source::{Memory, SourceFile, Sources, TreePath};
use connbudget::syntax::yaml::{Data, Node, Type, as_string, parse};
use serde_json::{Map, Value, json};

fn recorded(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/yaml").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn file(text: &str) -> Arc<SourceFile> {
    Sources::new(Memory::new([("compose.yaml", text)])).load(&TreePath::new("compose.yaml")).unwrap()
}

fn value(node: &Node) -> Value {
    match &node.data {
        Data::Scalar(scalar) => match &scalar.typed {
            Type::Null => Value::Null,
            Type::Bool(value) => json!(value),
            // JSON knows one kind of number: 5.0 and 5 are printed alike.
            Type::Int(_) | Type::Float(_) => {
                json!(as_string(scalar).unwrap().as_str().parse::<f64>().unwrap())
            }
            Type::Timestamp(_) | Type::String => json!(scalar.text.as_str()),
        },
        Data::Sequence(items) => items.iter().map(value).collect(),
        Data::Mapping(entries) => {
            entries.iter().map(|(key, item)| (key.as_str().unwrap(), value(item))).collect()
        }
    }
}

/// The `x-` fields of all documents.
fn extensions(documents: &[Node]) -> Value {
    let entries = documents.iter().flat_map(Node::entries);
    let named = entries.filter(|(key, _)| key.as_str().is_some_and(|key| key.starts_with("x-")));
    Value::Object(
        named.map(|(key, item)| (key.as_str().unwrap().to_owned(), value(item))).collect::<Map<_, _>>(),
    )
}

fn floats(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(items) => items.iter().map(floats).collect(),
        Value::Object(entries) => entries.iter().map(|(key, value)| (key.as_str(), floats(value))).collect(),
        other => other.clone(),
    }
}

#[test]
fn documents_are_read_as_compose_reads_them() {
    let cases = recorded("documents.json");
    let mut wrong = Vec::new();
    for case in &cases {
        let text = case["text"].as_str().unwrap();
        match (parse(&file(text)), case.get("value")) {
            (Ok(documents), Some(wanted)) if extensions(&documents) == floats(wanted) => {}
            (Err(_), None) => {}
            (Ok(documents), wanted) => {
                wrong.push(format!("{text:?}: {} not {wanted:?}", extensions(&documents)));
            }
            (Err(error), _) => wrong.push(format!("{text:?}: {} {:?}", error.message, error.span)),
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn scalars_are_typed_before_they_become_strings() {
    let mut wrong = Vec::new();
    for case in recorded("scalars.json") {
        let written = case["written"].as_str().unwrap();
        // Compose refuses some later than YAML does: a list as the value of a variable, an infinite number.
        let Some(wanted) = case.get("printed") else { continue };
        let documents = parse(&file(&format!("A: {written}\n"))).unwrap();
        let Data::Scalar(scalar) = &documents[0].get("A").unwrap().data else { panic!("{written}") };
        let printed = as_string(scalar).map_or(Value::Null, |text| json!(text.as_str()));
        if &printed != wanted {
            wrong.push(format!("{written}: {printed} not {wanted}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
