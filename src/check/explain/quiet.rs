//! What the final reads, when all was quiet, should have agreed on.

use super::sentence;
use crate::history::{Act, End, History, OpId};

/// What is wrong: two reads that differ, or nothing where something had been written.
pub fn explain(history: &History) -> Option<String> {
    let ids = || 0..history.len() as OpId;
    let is_final = |&id: &OpId| {
        let operation = history.operation(id);
        operation.is_final() && operation.act().is_read() && operation.end() == End::Ok
    };
    for first in ids().filter(is_final) {
        for other in (first + 1..history.len() as OpId).filter(is_final) {
            let (one, two) = (history.operation(first), history.operation(other));
            if one.key() == two.key() && one.value() != two.value() {
                let (one, two) = (who(history, first), who(history, other));
                return Some(format!("when all was quiet {one}, but {two}"));
            }
        }
    }
    let read = ids().find(is_final)?;
    let wrote = |&id: &OpId| {
        let operation = history.operation(id);
        let writes = matches!(operation.act(), Act::Write | Act::Cas | Act::Append);
        writes && operation.end() == End::Ok
    };
    let lost = ids().find(wrote)?;
    Some(format!(
        "when all was quiet {}, although {}",
        who(history, read),
        sentence::had_made(history, lost)
    ))
}

/// `server 2 had x = 7`; without a server, who read it.
fn who(history: &History, read: OpId) -> String {
    let saw = sentence::saw(history, read);
    match history.operation(read).node() {
        Some(node) => saw.replacen("read", &format!("server {node} answered"), 1),
        None => format!("{} {saw}", sentence::process(history, read)),
    }
}
