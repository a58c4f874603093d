//! Lines that are written often: gathered as bytes and handed on in pieces.

use crate::say::Text;
use std::io::{self, Write};

/// Text is handed on in pieces of about this size.
const PIECE: usize = 1 << 16;

/// Lines on their way to a file.
pub struct Lines {
    out: Box<dyn Write + Send>,
    text: Text,
    failed: Option<io::Error>,
}

impl Lines {
    /// Lines on their way into `out`.
    pub fn into(out: impl Write + Send + 'static) -> Self {
        let text = Text::with_room(PIECE + PIECE / 8);
        Lines { out: Box::new(out), text, failed: None }
    }

    /// Where the next line goes; to be followed by [`Lines::hand_on`].
    pub fn text(&mut self) -> &mut Text {
        &mut self.text
    }

    /// A line is whole.
    pub fn hand_on(&mut self) {
        if self.text.bytes().len() >= PIECE {
            self.flush();
        }
    }

    /// Hands on what is left.
    ///
    /// # Errors
    /// The first error in writing, if there was one.
    pub fn close(&mut self) -> io::Result<()> {
        self.flush();
        self.failed.take().map_or(Ok(()), Err)
    }

    fn flush(&mut self) {
        if self.failed.is_none() {
            let written = self.out.write_all(self.text.bytes()).and_then(|()| self.out.flush());
            self.failed = written.err();
        }
        self.text.clear();
    }
}
