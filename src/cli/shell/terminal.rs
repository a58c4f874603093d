//! The terminal's settings, put back at the end however the shell ends: a prompt that a signal interrupts leaves them
//! as it needed them.

use std::io::{IsTerminal, stdin, stdout};

/// The terminal as it was found.
#[derive(Debug)]
pub struct Terminal {
    #[cfg(unix)]
    settings: Option<nix::sys::termios::Termios>,
}

impl Terminal {
    /// The terminal that a person types at and reads from, if there is one.
    pub fn current() -> Option<Self> {
        if !stdin().is_terminal() || !stdout().is_terminal() {
            return None;
        }
        Some(Terminal {
            #[cfg(unix)]
            settings: nix::sys::termios::tcgetattr(stdin()).ok(),
        })
    }
}

#[cfg(unix)]
impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(settings) = &self.settings {
            let now = nix::sys::termios::SetArg::TCSANOW;
            let _ = nix::sys::termios::tcsetattr(stdin(), now, settings); // it may be gone
        }
    }
}
