//! Operations in words.

use crate::history::{Act, End, History, OpId, Operation, ValueId};

/// The name of what an operation speaks of.
pub fn object(history: &History, operation: &Operation) -> String {
    match history.key_name(operation.key()) {
        "" => "the register".to_string(),
        name => name.to_string(),
    }
}

/// Who did what, as the beginning of a sentence.
pub fn did(history: &History, id: OpId) -> String {
    let operation = history.operation(id);
    format!("process {} {}", history.process_name(operation.process()), what(history, operation))
}

/// What an operation did.
fn what(history: &History, operation: &Operation) -> String {
    let name = object(history, operation);
    let value = |value: ValueId| match value {
        ValueId::ABSENT => "absent",
        value => history.value_text(value),
    };
    match (operation.act(), operation.end()) {
        (Act::Read, _) => format!("read {name} as {}", value(operation.value())),
        (Act::ReadList, _) => {
            format!("read {name} as [{}]", history.list_texts(operation.list()).join(", "))
        }
        (Act::Write, _) => format!("wrote {name} = {}", value(operation.value())),
        (Act::Cas, End::Mismatch) => {
            format!("found {name} other than {}", value(operation.old()))
        }
        (Act::Cas, _) => {
            format!(
                "changed {name} from {} to {}",
                value(operation.old()),
                value(operation.value())
            )
        }
        (Act::Delete, _) => format!("deleted {name}"),
        (Act::Append, _) => format!("appended {} to {name}", value(operation.value())),
    }
}
