//! The table of methods: what each takes, gives and may fail with.

use super::params;
use crate::process::Op;
use jsonrpsee::types::Params;
use jsonrpsee::types::error::INVALID_PARAMS_CODE;

/// One method that asks for an [`Op`].
pub(super) struct Operation {
    /// Its name.
    pub name: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// Its parameters, in their order.
    pub params: &'static [Param],
    /// The fields of its result.
    pub result: &'static [Field],
    /// The codes of the errors that it may end with.
    pub errors: &'static [i32],
    /// Reads its parameters.
    pub read: fn(&Params<'_>) -> Result<Op, serde_json::Error>,
}

/// One parameter.
pub(super) struct Param {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub summary: &'static str,
    /// Which shape it has.
    pub shape: Shape,
    /// Whether it can be left out.
    pub optional: bool,
}

/// One field of a result.
pub(super) struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub summary: &'static str,
    /// Which shape it has.
    pub shape: Shape,
    /// Whether it may be null.
    pub nullable: bool,
}

/// The shapes of values, named as in the OpenRPC document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Key,
    Value,
    Session,
    Version,
    Truth,
    Values,
    Number,
    Text,
    Numbers,
    Concern,
    Messages,
    Health,
}

const KEY: Param = Param {
    name: "key",
    summary: "the variable's name: 1 byte to 1 KiB",
    shape: Shape::Key,
    optional: false,
};
const VALUE: Param = Param {
    name: "value",
    summary: "the value: at most 1 MiB",
    shape: Shape::Value,
    optional: false,
};
const SESSION: Param = Param {
    name: "session",
    summary: "what this client has seen, as the last answer gave it",
    shape: Shape::Session,
    optional: true,
};

const SESSION_OUT: Field = Field {
    name: "session",
    summary: "what the client has seen now, to pass on; null where the system keeps no sessions",
    shape: Shape::Session,
    nullable: true,
};
const VERSION_OUT: Field = Field {
    name: "version",
    summary: "the write's place in the one order; null where the system answers before it is known",
    shape: Shape::Version,
    nullable: true,
};

/// What any operation on variables may end with; which of them a system has depends on how it answers.
const ERRORS: &[i32] =
    &[INVALID_PARAMS_CODE, 4001, 4003, 4004, 4005, 5001, 5002, 5003, 5004, 5005, 5006, 5007];

const MESSAGE: Param = Param {
    name: "message",
    summary: "the message: at most 1 MiB",
    shape: Shape::Value,
    optional: false,
};
const W: Param = Param {
    name: "w",
    summary: "how many servers must have it before the answer: a number, \"majority\" (as if left out) or \"all\"",
    shape: Shape::Concern,
    optional: true,
};
const ID: Param = Param {
    name: "id",
    summary: "what tells it from every other append: the same id adds nothing twice; made by the master if left out",
    shape: Shape::Text,
    optional: true,
};
const TIMEOUT: Param = Param {
    name: "timeout_ms",
    summary: "how long to wait for the servers; then the error says how many have it, and the message stays",
    shape: Shape::Number,
    optional: true,
};
const FROM: Param = Param {
    name: "from",
    summary: "the place of the first message, from 1",
    shape: Shape::Number,
    optional: true,
};
const LIMIT: Param =
    Param { name: "limit", summary: "the most messages", shape: Shape::Number, optional: true };

/// What an append may end with.
const APPEND_ERRORS: &[i32] =
    &[INVALID_PARAMS_CODE, 4001, 4004, 4006, 4007, 4009, 5002, 5003, 5004, 5005, 5008];
/// What a read of the log may end with.
const MESSAGES_ERRORS: &[i32] = &[INVALID_PARAMS_CODE, 4004, 5002, 5003, 5004, 5005];

/// All methods that ask for an operation.
pub(super) const OPERATIONS: [Operation; 6] = [
    Operation {
        name: "set",
        summary: "give a variable a value",
        params: &[KEY, VALUE, SESSION],
        result: &[VERSION_OUT, SESSION_OUT],
        errors: ERRORS,
        read: params::set,
    },
    Operation {
        name: "delete",
        summary: "remove a variable",
        params: &[KEY, SESSION],
        result: &[
            Field {
                name: "existed",
                summary: "whether the variable had a value",
                shape: Shape::Truth,
                nullable: false,
            },
            VERSION_OUT,
            SESSION_OUT,
        ],
        errors: ERRORS,
        read: params::delete,
    },
    Operation {
        name: "get",
        summary: "read a variable",
        params: &[KEY, SESSION],
        result: &[
            Field {
                name: "value",
                summary: "the value; null where the variable has none",
                shape: Shape::Value,
                nullable: true,
            },
            Field {
                name: "version",
                summary: "the version of the write that was read; 0 where there was none",
                shape: Shape::Version,
                nullable: false,
            },
            SESSION_OUT,
        ],
        errors: ERRORS,
        read: params::get,
    },
    Operation {
        name: "all",
        summary: "read all variables at once",
        params: &[SESSION],
        result: &[
            Field {
                name: "values",
                summary: "each variable's value and version",
                shape: Shape::Values,
                nullable: false,
            },
            SESSION_OUT,
        ],
        errors: ERRORS,
        read: params::all,
    },
    Operation {
        name: "append",
        summary: "put a message at the end of the log",
        params: &[MESSAGE, W, ID, TIMEOUT],
        result: &[
            field("seq", "the message's place in the log, from 1", Shape::Number),
            field("id", "what tells it from every other append", Shape::Text),
            field("acks", "how many servers have it now, the master included", Shape::Number),
        ],
        errors: APPEND_ERRORS,
        read: params::append,
    },
    Operation {
        name: "messages",
        summary: "read the log",
        params: &[FROM, LIMIT],
        result: &[
            field("messages", "what was asked for of the log, in order", Shape::Messages),
            field("head", "the place of the last message that this server has", Shape::Number),
        ],
        errors: MESSAGES_ERRORS,
        read: params::messages,
    },
];

const fn field(name: &'static str, summary: &'static str, shape: Shape) -> Field {
    Field { name, summary, shape, nullable: false }
}

/// The fields of what `status` gives.
pub(super) const STATUS: [Field; 16] = [
    field("id", "the server's number", Shape::Number),
    field("address", "where clients reach it", Shape::Text),
    field("pid", "its operating-system process", Shape::Number),
    field("system", "the replication protocol that it runs", Shape::Text),
    field("cluster", "the cluster's name", Shape::Text),
    field("incarnation", "which life of this server it is, from 1", Shape::Number),
    field("uptime_ms", "how long it has been running, in milliseconds", Shape::Number),
    field("role", "primary, backup, master, secondary", Shape::Text),
    field("state", "ready, blank, recovering, stalled, read-only, deposed", Shape::Text),
    field(
        "keys",
        "how many variables have a value, or how many messages the log has",
        Shape::Number,
    ),
    field(
        "version",
        "the highest version applied, or the place of the last message",
        Shape::Version,
    ),
    field("rounds", "how many rounds were applied", Shape::Number),
    field("queue", "how many entries wait for the lock", Shape::Number),
    field("waiting", "how many requests of clients wait here", Shape::Number),
    field("view", "the servers that rounds wait for; empty where unknown", Shape::Numbers),
    Field {
        name: "health",
        summary: "how each other server is; left out where this server watches none",
        shape: Shape::Health,
        nullable: true,
    },
];
