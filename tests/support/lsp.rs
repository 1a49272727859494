//! A client of the Language Server Protocol that speaks to `connbudget lsp` as an editor would.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// A client and its server.
pub(crate) struct Client {
    child: Child,
    input: Option<ChildStdin>,
    incoming: Receiver<Value>,
    asked: u64,
    /// What the server has sent beside its answers, in order, and nobody has looked at.
    pub(crate) notes: Vec<Value>,
}

/// What a capable editor says of itself.
pub(crate) fn capabilities() -> Value {
    json!({
        "textDocument": {
            "publishDiagnostics": { "relatedInformation": true },
            "hover": { "contentFormat": ["markdown", "plaintext"] },
        },
        "workspace": {
            "codeLens": { "refreshSupport": true },
            "didChangeWatchedFiles": { "dynamicRegistration": true },
        },
    })
}

/// The URI of a path.
pub(crate) fn uri(path: &Path) -> String {
    format!("file://{}", path.to_str().expect("a path of a test is UTF-8"))
}

impl Client {
    /// Starts a server, without a word to it.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_connbudget"))
            .arg("lsp")
            .args(arguments)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let (sender, incoming) = channel();
        let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
        std::thread::spawn(move || {
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let input = child.stdin.take();
        Self { child, input, incoming, asked: 0, notes: Vec::new() }
    }

    /// Starts a server for the folders of a workspace.
    pub(crate) fn of(folders: &[&Path], capabilities: &Value) -> Self {
        let mut client = Self::start(&[]);
        let folders: Vec<Value> =
            folders.iter().map(|folder| json!({ "uri": uri(folder), "name": "a folder" })).collect();
        let asked = json!({
            "processId": null,
            "rootUri": null,
            "capabilities": capabilities,
            "workspaceFolders": folders,
        });
        client.ask("initialize", &asked).expect("it is initialized");
        client.note("initialized", &json!({}));
        client
    }

    pub(crate) fn send(&mut self, message: &Value) {
        self.send_text(&message.to_string());
    }

    pub(crate) fn send_text(&mut self, text: &str) {
        let frame = format!("Content-Length: {}\r\n\r\n{text}", text.len());
        self.send_bytes(frame.as_bytes());
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("it is open");
        input.write_all(bytes).and_then(|()| input.flush()).expect("it listens");
    }

    pub(crate) fn note(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request, and gives its id.
    pub(crate) fn post(&mut self, method: &str, params: &Value) -> u64 {
        self.asked += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": self.asked, "method": method, "params": params }));
        self.asked
    }

    /// The answer to a request: its result, or its error.
    pub(crate) fn answer(&mut self, id: u64) -> Result<Value, Value> {
        let is_it = |message: &Value| message.get("method").is_none() && message["id"] == id;
        let answer = loop {
            if let Some(at) = self.notes.iter().position(is_it) {
                break self.notes.remove(at);
            }
            let message = self.next();
            self.notes.push(message);
        };
        match answer.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(answer["result"].clone()),
        }
    }

    pub(crate) fn ask(&mut self, method: &str, params: &Value) -> Result<Value, Value> {
        let id = self.post(method, params);
        self.answer(id)
    }

    fn next(&mut self) -> Value {
        self.incoming.recv_timeout(Duration::from_mins(1)).expect("the server answers")
    }

    /// The next thing that the server says with this method.
    pub(crate) fn told(&mut self, method: &str) -> Value {
        loop {
            if let Some(at) = self.notes.iter().position(|note| note["method"] == method) {
                return self.notes.remove(at)["params"].clone();
            }
            let message = self.next();
            self.notes.push(message);
        }
    }

    /// Waits until all that was sent has been worked on, and gives what was said with `method` meanwhile.
    pub(crate) fn settled(&mut self, method: &str) -> Vec<Value> {
        let of_nothing = json!({ "textDocument": { "uri": "file:///nowhere" } });
        self.ask("textDocument/codeLens", &of_nothing).expect("it is answered");
        let (found, rest) = self.notes.drain(..).partition(|note| note["method"] == method);
        self.notes = rest;
        let found: Vec<Value> = found;
        found.into_iter().map(|note| note["params"].clone()).collect()
    }

    /// Opens `path` with `text`, which need not be what is saved.
    pub(crate) fn open(&mut self, path: &Path, text: &str) {
        let document = json!({ "uri": uri(path), "languageId": "x", "version": 1, "text": text });
        self.note("textDocument/didOpen", &json!({ "textDocument": document }));
    }

    pub(crate) fn change(&mut self, path: &Path, version: u64, text: &str) {
        let document = json!({ "uri": uri(path), "version": version });
        let changed = json!({ "textDocument": document, "contentChanges": [{ "text": text }] });
        self.note("textDocument/didChange", &changed);
    }

    /// Ends the server without a shutdown where `input` ends; its exit code.
    pub(crate) fn hang_up(mut self) -> Option<i32> {
        drop(self.input.take());
        self.child.wait().expect("it ends").code()
    }

    /// Ends the server as the protocol has it; its exit code.
    pub(crate) fn shut_down(mut self) -> Option<i32> {
        assert_eq!(self.ask("shutdown", &Value::Null), Ok(Value::Null));
        self.note("exit", &Value::Null);
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // A test that has failed leaves no server behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut header = String::new();
        if output.read_line(&mut header).ok()? == 0 {
            return None;
        }
        match header.trim_end() {
            "" => break,
            header => {
                let number = header.strip_prefix("Content-Length: ").expect("a header");
                length = number.parse().expect("a number");
            }
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).expect("a message"))
}
