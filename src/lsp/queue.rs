//! What waits to be answered. An editor sends faster than a folder is linted, so all that has come in is looked at before
//! anything is done about it.

use std::collections::BTreeSet;
use std::sync::mpsc::Receiver;

use lsp_server::{Message, Notification, Request, RequestId};
use serde::Deserialize;
use serde_json::Value;

use super::transport::Incoming;

/// One thing to do, in the order in which they came.
#[derive(Debug)]
pub(super) enum Task {
    /// Something to take note of.
    Note(Notification),
    /// Something to answer.
    Answer(Request),
    /// A request that its client has taken back.
    Cancelled(RequestId),
    /// A request about a text that has changed again since, before anybody could look at it.
    Outdated(RequestId),
    /// What was no message.
    Refuse(Box<Value>),
}

#[derive(Deserialize)]
struct Cancel {
    id: RequestId,
}

/// Waits for something to do, and takes all that there is. `None` when the client is gone.
pub(super) fn next(incoming: &Receiver<Incoming>) -> Option<Vec<Task>> {
    let first = incoming.recv().ok()?;
    Some(sorted(std::iter::once(first).chain(incoming.try_iter()).collect()))
}

fn sorted(incoming: Vec<Incoming>) -> Vec<Task> {
    let cancel = |one: &Incoming| match one {
        Incoming::Message(Message::Notification(note)) if note.method == "$/cancelRequest" => {
            serde_json::from_value::<Cancel>(note.params.clone()).ok().map(|cancel| cancel.id)
        }
        _ => None,
    };
    let cancelled: BTreeSet<RequestId> = incoming.iter().filter_map(cancel).collect();
    let changes: Vec<bool> = incoming.iter().map(is_change).collect();
    let mut tasks = Vec::new();
    for (index, one) in incoming.into_iter().enumerate() {
        // Between two changes nothing is looked at: the text of that moment is nowhere any more. rust-analyzer answers alike.
        let is_between = || changes[..index].contains(&true) && changes[index + 1..].contains(&true);
        tasks.push(match one {
            Incoming::Malformed(answer) => Task::Refuse(answer),
            Incoming::Message(Message::Notification(note)) => Task::Note(note),
            Incoming::Message(Message::Request(request)) if cancelled.contains(&request.id) => {
                Task::Cancelled(request.id)
            }
            Incoming::Message(Message::Request(request)) if is_between() && is_question(&request) => {
                Task::Outdated(request.id)
            }
            Incoming::Message(Message::Request(request)) => Task::Answer(request),
            // Answers to what is asked here are of no consequence.
            Incoming::Message(Message::Response(_)) => continue,
        });
    }
    tasks
}

fn is_change(one: &Incoming) -> bool {
    matches!(one, Incoming::Message(Message::Notification(note)) if note.method == "textDocument/didChange")
}

/// Whether `request` is about the text of a document.
fn is_question(request: &Request) -> bool {
    request.method.starts_with("textDocument/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tasks(messages: &[Value]) -> Vec<String> {
        let incoming = messages
            .iter()
            .map(|message| Incoming::Message(serde_json::from_value(message.clone()).unwrap()));
        let word = |task: Task| match task {
            Task::Note(note) => note.method,
            Task::Answer(request) => format!("answer {}", request.id),
            Task::Cancelled(id) => format!("cancelled {id}"),
            Task::Outdated(id) => format!("outdated {id}"),
            Task::Refuse(_) => "refuse".to_owned(),
        };
        sorted(incoming.collect()).into_iter().map(word).collect()
    }

    #[test]
    fn what_is_taken_back_or_out_of_date_is_not_worked_on() {
        let hover = |id: u32| json!({ "id": id, "method": "textDocument/hover", "params": {} });
        let change = json!({ "method": "textDocument/didChange", "params": {} });
        let cancel = |id: u32| json!({ "method": "$/cancelRequest", "params": { "id": id } });
        assert_eq!(
            tasks(&[hover(1), change.clone(), hover(2), change.clone(), hover(3), hover(4), cancel(4)]),
            [
                "answer 1",
                "textDocument/didChange",
                "outdated 2",
                "textDocument/didChange",
                "answer 3",
                "cancelled 4",
                "$/cancelRequest",
            ]
        );
        let shutdown = json!({ "id": 9, "method": "shutdown" });
        assert_eq!(tasks(&[change.clone(), shutdown, change])[1], "answer 9");
        assert_eq!(tasks(&[json!({ "id": 1, "result": null })]), [""; 0]);
    }
}
