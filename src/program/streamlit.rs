//! streamlit (1.67.0): one process, which runs its script again, in a thread of its own, for every session and every
//! change in it (runtime/scriptrunner).

use super::Value;
use super::command::{Command, Outcome, Program};

/// streamlit, also as `python -m streamlit`.
pub(super) const PROGRAM: Program = Program { name: "streamlit", modules: &["streamlit"], read };

fn read(command: &Command<'_>) -> Outcome {
    let Some(word) = command.words.first().and_then(Value::known).filter(|word| word.as_str() == "run")
    else {
        return Outcome::passing();
    };
    // What the script makes at its top it makes at each run: its modules may keep it, itself it does not.
    Outcome::unknown(
        word,
        "streamlit runs its script again for every session, so what it opens has no number that is known",
    )
}
