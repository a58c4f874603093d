//! Where the shell's lines come from: a terminal with history and completion, or a plain stream.
//!
//! A thread reads, one line each time it is asked, so that no prompt stands while a command runs, and so that a read
//! that never returns cannot hold up the end of the program.

use super::editor::Editor;
use std::io::{self, BufRead};
use std::sync::mpsc as blocking;
use std::thread;
use tokio::sync::mpsc;

/// What came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A line, without its line break.
    Line(String),
    /// Ctrl-C at the prompt.
    Interrupt,
    /// No more will come.
    End,
}

/// Lines, one at a time.
#[derive(Debug)]
pub struct Lines {
    ask: blocking::Sender<()>,
    inputs: mpsc::Receiver<Input>,
    asked: bool,
}

impl Lines {
    /// Lines from a terminal.
    pub fn of_terminal(mut editor: Editor) -> Self {
        Lines::of(move || editor.read())
    }

    /// Lines from stdin as it is.
    pub fn of_stream() -> Self {
        Lines::of(read_stream)
    }

    fn of(mut read: impl FnMut() -> Input + Send + 'static) -> Self {
        let (ask, asked) = blocking::channel();
        let (sender, inputs) = mpsc::channel(1);
        thread::spawn(move || {
            while asked.recv().is_ok() {
                if sender.blocking_send(read()).is_err() {
                    return;
                }
            }
        });
        Lines { ask, inputs, asked: false }
    }

    /// The next input. Nothing is lost if the wait is given up.
    pub async fn next(&mut self) -> Input {
        if !self.asked {
            self.asked = self.ask.send(()).is_ok();
        }
        let input = self.inputs.recv().await.unwrap_or(Input::End);
        self.asked = false;
        input
    }
}

/// Reads a line from stdin. Bytes that are no UTF-8 become replacement characters, which no command understands.
fn read_stream() -> Input {
    let mut bytes = Vec::new();
    match io::stdin().lock().read_until(b'\n', &mut bytes) {
        Ok(count) if count > 0 => {
            let text = String::from_utf8_lossy(&bytes);
            Input::Line(text.trim_end_matches(['\n', '\r']).to_string())
        }
        _ => Input::End,
    }
}
