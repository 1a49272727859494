//! The server's state, and what it does about each message.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, StdoutLock};
use std::path::Path;
use std::sync::mpsc;

use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::config::FILE_NAME;

use super::action::Context;
use super::client::{self, Client};
use super::diagnostic::{self, ByFile, Taken};
use super::documents::Documents;
use super::folder::{Folder, NoRun, Run};
use super::queue::{self, Task};
use super::wire::{
    ActionParams, Changed, FoldersChanged, HoverParams, InitializeParams, OfDocument, Opened, WorkspaceFolder,
};
use super::{Options, hover, lens, transport, uri};

/// Serves the client on standard input and output.
pub(super) fn serve(options: Options) -> io::Result<bool> {
    let (sender, incoming) = mpsc::channel();
    // It ends with its input, or with the process.
    std::thread::spawn(move || {
        let mut input = io::stdin().lock();
        while let Ok(Some(one)) = transport::read(&mut input) {
            if sender.send(one).is_err() {
                break;
            }
        }
    });
    let mut server = Server {
        out: io::stdout().lock(),
        options,
        client: Client::default(),
        state: State::Waiting,
        folders: Vec::new(),
        is_workspace: false,
        documents: Documents::default(),
        published: BTreeMap::new(),
        told: BTreeSet::new(),
        sums: None,
        dirty: false,
        asked: 0,
    };
    while let Some(tasks) = queue::next(&incoming) {
        for task in tasks {
            if server.work(task)? {
                return Ok(server.state == State::Ending);
            }
        }
        server.refresh()?;
    }
    Ok(server.state == State::Ending)
}

/// How far client and server are with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before `initialize`.
    Waiting,
    /// Between `initialize` and `initialized`.
    Greeted,
    Working,
    /// After `shutdown`.
    Ending,
}

struct Server<'a> {
    out: StdoutLock<'a>,
    options: Options,
    client: Client,
    state: State,
    folders: Vec<Folder>,
    /// Whether the client has named folders; otherwise they follow from the files that are open.
    is_workspace: bool,
    documents: Documents,
    /// What was published last for each file, with the version that it was for.
    published: BTreeMap<String, (Option<i64>, Vec<Value>)>,
    /// What was said in a window, so that it is said once.
    told: BTreeSet<String>,
    /// What the last run came to; `None` before the first.
    sums: Option<Vec<String>>,
    /// Whether something has changed since the last run.
    dirty: bool,
    /// How many requests were sent.
    asked: i32,
}

impl Server<'_> {
    /// Does `task`; whether that was the last one.
    fn work(&mut self, task: Task) -> io::Result<bool> {
        match task {
            Task::Note(note) if note.method == "exit" => return Ok(true),
            Task::Note(note) if matches!(self.state, State::Greeted | State::Working) => self.note(note)?,
            Task::Note(_) => {}
            Task::Answer(request) => {
                let id = request.id.clone();
                let answer = self.answer(request)?;
                self.respond(id, answer)?;
            }
            Task::Cancelled(id) => {
                self.respond(id, Err((ErrorCode::RequestCanceled, "it was taken back".to_owned())))?;
            }
            Task::Outdated(id) => {
                self.respond(id, Err((ErrorCode::ContentModified, "the text has changed since".to_owned())))?;
            }
            Task::Refuse(answer) => {
                transport::write_value(&mut self.out, &answer)?;
                let message = format!("a message was not understood: {}", answer["error"]["message"]);
                self.notify("window/logMessage", json!({ "type": 1, "message": message }))?;
            }
        }
        Ok(false)
    }

    fn note(&mut self, note: Notification) -> io::Result<()> {
        let Notification { method, params } = note;
        match method.as_str() {
            "initialized" => {
                self.state = State::Working;
                self.dirty = true;
                self.watch()?;
            }
            "textDocument/didOpen" => {
                if let Some(opened) = read::<Opened>(params) {
                    self.documents.open(opened.text_document);
                    self.dirty = true;
                }
            }
            "textDocument/didChange" => {
                if let Some(changed) = read::<Changed>(params) {
                    self.documents.change(changed, self.client.taken.encoding);
                    self.dirty = true;
                }
            }
            "textDocument/didClose" => {
                if let Some(closed) = read::<OfDocument>(params) {
                    self.documents.close(&closed.text_document.uri);
                    self.dirty = true;
                }
            }
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => self.dirty = true,
            "workspace/didChangeWorkspaceFolders" => {
                if let Some(FoldersChanged { event }) = read(params) {
                    self.folders.retain(|folder| !event.removed.iter().any(|gone| gone.uri == folder.uri));
                    self.folders.extend(event.added.into_iter().filter_map(|added| Folder::new(added.uri)));
                    self.is_workspace = true;
                    self.dirty = true;
                }
            }
            // What a server does not know of notifications it passes over.
            _ => {}
        }
        Ok(())
    }

    fn answer(&mut self, request: Request) -> io::Result<Answer> {
        let Request { method, params, .. } = request;
        match (self.state, method.as_str()) {
            (State::Waiting, "initialize") => return Ok(self.initialize(params)),
            (State::Waiting, _) => return Ok(Err((ErrorCode::ServerNotInitialized, method))),
            (State::Ending, _) => {
                return Ok(Err((ErrorCode::InvalidRequest, "the server is shut down".to_owned())));
            }
            (_, "initialize") => {
                return Ok(Err((ErrorCode::InvalidRequest, "the server is initialized".to_owned())));
            }
            (_, "shutdown") => {
                self.state = State::Ending;
                return Ok(Ok(Value::Null));
            }
            (_, "textDocument/hover" | "textDocument/codeLens" | "textDocument/codeAction") => {}
            _ => return Ok(Err((ErrorCode::MethodNotFound, method))),
        }
        self.refresh()?;
        Ok(match method.as_str() {
            "textDocument/hover" => asked(params).map(|params| self.hover(&params)),
            "textDocument/codeLens" => asked(params).map(|params| self.lenses(&params)),
            _ => asked(params).map(|params| self.actions(&params)),
        })
    }

    fn initialize(&mut self, params: Value) -> Answer {
        let params: InitializeParams = asked(params)?;
        self.client = Client::of(&params.capabilities);
        let root = params.root_uri.or_else(|| Some(uri::of_path(Path::new(params.root_path.as_ref()?))));
        let root = root.map(|uri| vec![WorkspaceFolder { uri }]);
        let named = params.workspace_folders.filter(|folders| !folders.is_empty()).or(root);
        self.is_workspace = named.is_some();
        self.folders =
            named.unwrap_or_default().into_iter().filter_map(|folder| Folder::new(folder.uri)).collect();
        self.state = State::Greeted;
        Ok(json!({
            "serverInfo": { "name": "connbudget", "version": env!("CARGO_PKG_VERSION") },
            "capabilities": {
                "positionEncoding": self.client.taken.encoding.word(),
                // Whole texts: the files of a deployment are small, and a run reads them whole.
                "textDocumentSync": { "openClose": true, "change": 1, "save": true },
                "hoverProvider": true,
                "codeLensProvider": { "resolveProvider": false },
                "codeActionProvider": { "codeActionKinds": ["quickfix"] },
                "workspace": { "workspaceFolders": { "supported": true, "changeNotifications": true } },
            },
        }))
    }

    /// Asks to be told of files that change on the disk.
    fn watch(&mut self) -> io::Result<()> {
        if !self.client.watches {
            return Ok(());
        }
        self.ask("client/registerCapability", client::watched_files())
    }

    /// Lints every folder again where something has changed, and publishes what is found.
    fn refresh(&mut self) -> io::Result<()> {
        if !std::mem::take(&mut self.dirty) || self.state != State::Working {
            return Ok(());
        }
        if !self.is_workspace {
            self.folders = roots(&self.documents);
        }
        let (mut found, mut said, mut sums) = (ByFile::new(), BTreeSet::new(), Vec::new());
        for folder in &mut self.folders {
            // Before the next one is made: a run may hold a lot.
            folder.run = None;
            match folder.check(&self.documents, &self.options) {
                Ok(run) => {
                    diagnostic::add(&mut found, &run, self.client.taken);
                    sums.extend(run.sums());
                    folder.run = Some(run);
                }
                Err(NoRun::Folder(error)) => {
                    said.insert(format!("{} cannot be opened: {error}", folder.path().display()));
                }
                Err(NoRun::Check(error)) => {
                    let (message, placed) =
                        diagnostic::of_error(&error, folder, &self.documents, self.client.taken.encoding);
                    said.insert(format!("connbudget cannot lint {}: {message}", folder.path().display()));
                    if let Some((uri, diagnostic)) = placed {
                        found.entry(uri).or_default().push(diagnostic);
                    }
                }
            }
        }
        // What is wrong again after it was right is said again.
        for message in said.difference(&self.told).cloned().collect::<Vec<_>>() {
            self.notify("window/showMessage", json!({ "type": 1, "message": message }))?;
        }
        self.told = said;
        self.publish(found)?;
        // Lenses of one file speak of numbers in others.
        let changed = self.sums.replace(sums.clone()).is_some_and(|before| before != sums);
        if changed && self.client.refreshes_lenses {
            self.ask("workspace/codeLens/refresh", Value::Null)?;
        }
        Ok(())
    }

    /// Publishes what has changed of `found`, also that there is nothing any more.
    fn publish(&mut self, mut found: ByFile) -> io::Result<()> {
        for uri in self.published.keys() {
            found.entry(uri.clone()).or_default();
        }
        for (uri, diagnostics) in found {
            let version = self.documents.get(&uri).map(|document| document.version);
            let is_known = match self.published.get(&uri) {
                Some((of, known)) => *known == diagnostics && (*of == version || known.is_empty()),
                None => diagnostics.is_empty(),
            };
            if is_known {
                continue;
            }
            let mut params = json!({ "uri": uri, "diagnostics": diagnostics });
            if let Some(version) = version {
                params["version"] = json!(version);
            }
            self.notify("textDocument/publishDiagnostics", params)?;
            if diagnostics.is_empty() {
                self.published.remove(&uri);
            } else {
                self.published.insert(uri, (version, diagnostics));
            }
        }
        Ok(())
    }

    fn runs(&self) -> impl Iterator<Item = (&Folder, &Run)> {
        self.folders.iter().filter_map(|folder| Some((folder, folder.run.as_ref()?)))
    }

    fn hover(&self, params: &HoverParams) -> Value {
        let uri = &params.text_document.uri;
        let Client { taken: Taken { encoding, .. }, markdown, .. } = self.client;
        let told = self.runs().find_map(|(_, run)| hover::of(run, uri, params.position, encoding, markdown));
        told.unwrap_or(Value::Null)
    }

    fn lenses(&self, params: &OfDocument) -> Value {
        let uri = &params.text_document.uri;
        let mut lenses: Vec<Value> = Vec::new();
        for lens in self.runs().flat_map(|(_, run)| lens::of(run, uri, self.client.taken.encoding)) {
            if !lenses.contains(&lens) {
                lenses.push(lens);
            }
        }
        Value::Array(lenses)
    }

    fn actions(&self, params: &ActionParams) -> Value {
        let is_wanted = |kind: &String| kind.is_empty() || kind == "quickfix";
        if params.context.only.as_ref().is_some_and(|kinds| !kinds.iter().any(is_wanted)) {
            return json!([]);
        }
        let of = |(folder, run)| {
            let (documents, options, taken) = (&self.documents, &self.options, self.client.taken);
            let context = Context { folder, run, documents, options, taken };
            context.actions(&params.text_document.uri, params.range)
        };
        let found = self.runs().map(of).find(|actions| !actions.is_empty());
        Value::Array(found.unwrap_or_default())
    }

    fn respond(&mut self, id: RequestId, answer: Answer) -> io::Result<()> {
        let response = match answer {
            Ok(result) => Response::new_ok(id, result),
            Err((code, message)) => Response::new_err(id, code as i32, message),
        };
        Message::from(response).write(&mut self.out)
    }

    fn notify(&mut self, method: &str, params: Value) -> io::Result<()> {
        Message::from(Notification { method: method.to_owned(), params }).write(&mut self.out)
    }

    fn ask(&mut self, method: &str, params: Value) -> io::Result<()> {
        self.asked += 1;
        let request = Request { id: RequestId::from(self.asked), method: method.to_owned(), params };
        Message::from(request).write(&mut self.out)
    }
}

/// What is answered, or why not.
type Answer = Result<Value, (ErrorCode, String)>;

fn asked<T: DeserializeOwned>(params: Value) -> Result<T, (ErrorCode, String)> {
    serde_json::from_value(params).map_err(|error| (ErrorCode::InvalidParams, error.to_string()))
}

/// A notification's parameters; one that cannot be understood is passed over, since nobody waits for an answer.
fn read<T: DeserializeOwned>(params: Value) -> Option<T> {
    serde_json::from_value(params).ok()
}

/// Without a workspace: for each open file the nearest folder above it that is a project's.
fn roots(documents: &Documents) -> Vec<Folder> {
    let mut uris: Vec<String> = Vec::new();
    for (_, document) in documents.iter() {
        let is_root = |folder: &&Path| folder.join(FILE_NAME).is_file() || folder.join(".git").exists();
        let Some(parent) = document.path.parent() else { continue };
        let root = parent.ancestors().find(is_root).unwrap_or(parent);
        let uri = uri::of_path(root);
        if !uris.contains(&uri) {
            uris.push(uri);
        }
    }
    uris.into_iter().filter_map(Folder::new).collect()
}
