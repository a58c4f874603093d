//! One server of the log: master or secondary, by its number.

use super::master::Master;
use super::memory::{Memory, Record};
use super::message::Message;
use super::secondary::Secondary;
use crate::process::{
    Ctx, Logged, NodeId, Op, Outcome, Process, Reason, Start, Status, Step, Ticket,
};

/// The server that appends go to.
pub const MASTER: NodeId = NodeId(1);

/// What the handlers of this system are given.
pub(super) type Context = Ctx<ReplicatedLog>;

/// The timers of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// The master has read all that had reached it: send the new entries on.
    Ship,
    /// The master asks who is there.
    Heartbeat,
    /// A secondary has not acknowledged what it was sent.
    Retry(NodeId),
    /// An append has waited long enough.
    Deadline,
    /// A master without memory asks again.
    Recall,
    /// The next batch is due for a secondary that lacks much.
    Batch,
}

/// One server of the replicated log.
#[derive(Debug)]
pub struct ReplicatedLog {
    role: Role,
}

#[derive(Debug)]
enum Role {
    Master(Box<Master>),
    Secondary(Box<Secondary>),
}

impl ReplicatedLog {
    /// The server that `start` names.
    pub fn new(start: &Start) -> Self {
        let role = match start.id {
            MASTER => Role::Master(Box::new(Master::new(start))),
            _ => Role::Secondary(Box::new(Secondary::new(start))),
        };
        ReplicatedLog { role }
    }

    fn memory(&mut self) -> &mut Memory {
        match &mut self.role {
            Role::Master(master) => &mut master.memory,
            Role::Secondary(secondary) => &mut secondary.memory,
        }
    }

    fn servers(&self) -> u32 {
        match &self.role {
            Role::Master(master) => master.start.servers,
            Role::Secondary(secondary) => secondary.start.servers,
        }
    }
}

impl Process for ReplicatedLog {
    type Message = Message;
    type Timer = Timer;
    type Record = Record;

    fn on_start(&mut self, ctx: &mut Context) {
        match &mut self.role {
            Role::Master(master) => master.on_start(ctx),
            Role::Secondary(secondary) => secondary.on_start(ctx),
        }
    }

    fn on_recover(&mut self, record: Record) {
        self.memory().apply(record);
    }

    fn on_request(&mut self, ctx: &mut Context, ticket: Ticket, op: Op) {
        if let Err(reason) = op.check() {
            return ctx.reply(ticket, Outcome::Refused(reason));
        }
        match (&mut self.role, op) {
            (Role::Master(master), op @ Op::Append { .. }) => master.on_append(ctx, ticket, op),
            (Role::Secondary(_), Op::Append { .. }) => {
                ctx.reply(ticket, Outcome::Refused(Reason::NotMaster(MASTER.0)));
            }
            (Role::Master(master), Op::Messages { from, limit }) => {
                ctx.reply(ticket, master.read(from, limit));
            }
            (Role::Secondary(secondary), Op::Messages { from, limit }) => {
                ctx.reply(ticket, secondary.read(from, limit));
            }
            (_, op) => {
                let what = format!("{}; it is a log: append and messages", op.verb());
                ctx.reply(ticket, Outcome::Refused(Reason::NotSupported(what)));
            }
        }
    }

    fn on_message(&mut self, ctx: &mut Context, from: NodeId, message: Message) {
        let me = ctx.id();
        let known = from != me && (1..=self.servers()).contains(&from.0);
        if !known || !message.suits(from, me) {
            return ctx.note(Step::Ignored { why: "not for this server from that one" });
        }
        match &mut self.role {
            Role::Master(master) => master.on_message(ctx, from, message),
            Role::Secondary(secondary) => secondary.on_message(ctx, message),
        }
    }

    fn on_timer(&mut self, ctx: &mut Context, timer: Timer) {
        if let Role::Master(master) = &mut self.role {
            master.on_timer(ctx, timer);
        }
    }

    fn status(&self) -> Status {
        match &self.role {
            Role::Master(master) => master.status(),
            Role::Secondary(secondary) => secondary.status(),
        }
    }

    fn is_routine(message: &Message) -> bool {
        matches!(message, Message::Heartbeat { .. } | Message::Alive(_))
    }
}

impl Memory {
    /// The part of the log that is asked for.
    pub fn read(&self, from: u64, limit: Option<u64>) -> Outcome {
        let before = from.saturating_sub(1);
        let most = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        // In this order the places are not counted past the entries, whatever place is asked for.
        let entries = self.log.behind(before).iter().zip(before.saturating_add(1)..).take(most);
        let logged = entries.map(|(entry, seq)| Logged {
            seq,
            id: entry.id.clone(),
            message: entry.message.clone(),
        });
        Outcome::Messages { messages: logged.collect(), head: self.log.head() }
    }
}
