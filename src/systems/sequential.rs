//! Placeholder.
use super::About;
use crate::process::*;
/// Placeholder.
#[derive(Debug)]
pub struct Sequential {
    start: Start,
}
/// Placeholder.
pub const ABOUT: About = About {
    name: "sequential",
    title: "Sequential",
    model: "sequential",
    clients: "",
    how: "",
    faults: "",
    not: "",
};
impl Sequential {
    /// Builds it.
    pub fn new(start: &Start) -> Self {
        Sequential { start: start.clone() }
    }
}
/// m
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Ping(u32);
impl std::fmt::Display for Ping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ping {}", self.0)
    }
}
impl Process for Sequential {
    type Message = Ping;
    type Timer = u8;
    type Record = Nothing;
    fn on_start(&mut self, _: &mut Ctx<Self>) {}
    fn on_recover(&mut self, record: Nothing) {
        match record {}
    }
    fn on_request(&mut self, ctx: &mut Ctx<Self>, ticket: Ticket, _: Op) {
        let others = self.start.members().filter(|n| *n != self.start.id).collect();
        ctx.send_all(others, Ping(1));
        ctx.reply(ticket, Outcome::Set { version: Some(1), session: None });
    }
    fn on_message(&mut self, _: &mut Ctx<Self>, _: NodeId, _: Ping) {}
    fn on_timer(&mut self, _: &mut Ctx<Self>, _: u8) {}
    fn status(&self) -> Status {
        Status {
            role: "backup".into(),
            state: "ready".into(),
            keys: 0,
            version: 0,
            rounds: 0,
            queue: 0,
            waiting: 0,
            view: vec![],
        }
    }
}
