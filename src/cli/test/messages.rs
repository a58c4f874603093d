//! The messages between real servers on their way to the file of a run.

use crate::process::NodeId;
use crate::say::Text;
use crate::trial::say_message;
use std::cmp::Ordering;
use std::io::{self, Write};
use std::time::Duration;

/// So many lines are kept; messages past them are counted. A run of 30 s has some thousands, but its rate and its time may be what
/// one likes, and a line of each fills a disk.
pub const MOST_KEPT: u64 = 1_000_000;

/// Where they go, and how many there were.
pub struct Messages<W> {
    file: W,
    most: u64,
    received: u64,
}

impl<W: Write> Messages<W> {
    /// Into `file`, which gets `most` lines at most.
    pub fn new(file: W, most: u64) -> Self {
        Messages { file, most, received: 0 }
    }

    /// A message reached a server. The first that is not kept says so in its place.
    ///
    /// # Errors
    /// If it cannot be written; it is counted all the same.
    pub fn take(&mut self, at: Duration, ends: (NodeId, NodeId), message: &str) -> io::Result<()> {
        self.received += 1;
        let nobody = (NodeId(0), NodeId(0));
        let (ends, what, message) = match self.received.cmp(&self.most) {
            Ordering::Less => (ends, "received", message),
            Ordering::Equal => (nobody, "end", "from here on messages are counted, not kept"),
            Ordering::Greater => return Ok(()),
        };
        // In one piece: what is handed on then ends with a line, even of a run that is killed.
        let mut line = Text::default();
        say_message(&mut line, at, ends, what, &message);
        self.file.write_all(line.bytes())
    }

    /// How many there were, kept or not.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Hands on what the file has gathered.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn lines(messages: &Messages<Vec<u8>>) -> Vec<Value> {
        let text = std::str::from_utf8(&messages.file).expect("it is text");
        text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    #[test]
    fn past_the_bound_messages_are_counted_and_the_last_line_says_so() {
        let mut messages = Messages::new(Vec::new(), 3);
        for number in 1..=5 {
            let taken =
                messages.take(Duration::from_nanos(number), (NodeId(1), NodeId(2)), "ack \"1\"");
            taken.expect("there is room");
        }
        let lines = lines(&messages);
        let received = |time: u64| json!({ "time": time, "from": 1, "to": 2, "what": "received", "message": "ack \"1\"" });
        assert_eq!(lines[..2], [received(1), received(2)]);
        let end = &lines[2];
        assert_eq!((&end["what"], &end["time"]), (&json!("end"), &json!(3)), "{end}");
        assert_eq!((&end["from"], &end["to"]), (&json!(0), &json!(0)), "{end}");
        assert_eq!((lines.len(), messages.received()), (3, 5));
    }
}
