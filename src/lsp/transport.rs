//! Frames: `Content-Length: N`, an empty line, and N bytes of JSON.

use std::io::{self, BufRead, Read, Write};

use lsp_server::{ErrorCode, Message};
use serde_json::{Value, json};

const LENGTH: &str = "content-length:";

/// A longer message is not kept in memory. Files of a deployment are at most [`crate::source::MAX_FILE_BYTES`] long, and a
/// byte takes at most six in JSON.
const LONGEST: u64 = 256 << 20;

/// What came in.
#[derive(Debug)]
pub(super) enum Incoming {
    /// A message.
    Message(Message),
    /// Something that is none, and what is answered.
    Malformed(Box<Value>),
}

/// The next frame; `None` at the end. What is no frame is passed over: after a broken one the next is found by its header.
pub(super) fn read(input: &mut impl BufRead) -> io::Result<Option<Incoming>> {
    let mut length: Option<u64> = None;
    let mut line = Vec::new();
    loop {
        line.clear();
        // A header has a length as well, so that no endless line is kept.
        if input.by_ref().take(1 << 20).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let header = String::from_utf8_lossy(&line).to_ascii_lowercase();
        let is_end = header.trim_end().is_empty();
        match (is_end, length) {
            (true, None) => {}
            (true, Some(length)) if length > LONGEST => {
                io::copy(&mut input.by_ref().take(length), &mut io::sink())?;
                return Ok(Some(refused(&Value::Null, ErrorCode::InvalidRequest, "a message is too long")));
            }
            (true, Some(length)) => {
                let mut body = Vec::new();
                if input.by_ref().take(length).read_to_end(&mut body)? as u64 != length {
                    return Ok(None);
                }
                return Ok(Some(message(&body)));
            }
            (false, _) => {
                let named = header.rfind(LENGTH).map(|at| header[at + LENGTH.len()..].trim());
                length = named.and_then(|number| number.parse().ok()).or(length);
            }
        }
    }
}

fn message(body: &[u8]) -> Incoming {
    let value: Value = match serde_json::from_slice(body) {
        Ok(value) => value,
        Err(error) => return refused(&Value::Null, ErrorCode::ParseError, &error.to_string()),
    };
    let id = value.get("id").filter(|id| id.is_number() || id.is_string()).cloned().unwrap_or(Value::Null);
    match serde_json::from_value(value) {
        // With an id that is none of this protocol's (an integer of 32 bits, a text) a request would pass for a note.
        Ok(Message::Notification(_)) if !id.is_null() => {
            refused(&id, ErrorCode::InvalidRequest, "the id is no integer of 32 bits and no text")
        }
        Ok(message) => Incoming::Message(message),
        Err(_) => refused(&id, ErrorCode::InvalidRequest, "this is no message of JSON-RPC"),
    }
}

fn refused(id: &Value, code: ErrorCode, why: &str) -> Incoming {
    let error = json!({ "code": code as i32, "message": why });
    Incoming::Malformed(Box::new(json!({ "jsonrpc": "2.0", "id": id, "error": error })))
}

/// Writes an answer that is no [`Message`]: the id of what could not be read is null.
pub(super) fn write_value(output: &mut impl Write, value: &Value) -> io::Result<()> {
    let text = value.to_string();
    write!(output, "Content-Length: {}\r\n\r\n{text}", text.len())?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    /// The methods of the messages in `input`, and the codes of what is refused.
    fn all(input: &str) -> Vec<String> {
        let mut input = input.as_bytes();
        let mut found = Vec::new();
        while let Some(one) = read(&mut input).unwrap() {
            found.push(match one {
                Incoming::Message(Message::Request(request)) => request.method,
                Incoming::Message(Message::Notification(note)) => note.method,
                Incoming::Message(Message::Response(response)) => format!("response {}", response.id),
                Incoming::Malformed(answer) => format!("{} {}", answer["id"], answer["error"]["code"]),
            });
        }
        found
    }

    #[test]
    fn what_is_no_message_ends_nothing() {
        let good = frame("{\"jsonrpc\":\"2.0\",\"method\":\"é\"}");
        let typed = format!("Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n{good}");
        for (input, found) in [
            (format!("{good}{typed}"), &["é", "é"][..]),
            (format!("{}{good}", frame("{\"method\":")), &["null -32700", "é"]),
            (format!("{}{good}", frame("[1]")), &["null -32600", "é"]),
            (format!("{}{good}", frame("{\"id\":5000000000,\"method\":\"x\"}")), &["5000000000 -32600", "é"]),
            (format!("{}{good}", frame("{\"id\":\"a\",\"method\":\"x\"}")), &["x", "é"]),
            (format!("Content-Length: x\r\n\r\n{{}}{good}"), &["é"]),
            (format!("hello\r\n\r\n{good}"), &["é"]),
            (format!("{good}Content-Length: 99\r\n\r\n{{"), &["é"]),
            (good.replace("\r\n", "\n"), &["é"]),
            (String::new(), &[]),
        ] {
            assert_eq!(all(&input), found, "{input}");
        }
    }
}
