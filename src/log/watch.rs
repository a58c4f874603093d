//! Heartbeats: who is there, and who was silent for how long.
//!
//! Every secondary is asked four times in the time after which a silent one is suspected; one that is down ever less often.

use super::master::Master;
use super::member::pause;
use super::message::Message;
use super::server::{Context, Timer};
use crate::process::{Health, NodeId, Step};
use std::time::Duration;

/// So many heartbeats fit into the time after which a silent secondary is suspected.
const BEATS: u32 = 4;
/// A secondary that is silent for so many times as long is down.
const DOWN: u32 = 2;

impl Master {
    fn beat_every(&self) -> Duration {
        self.start.timing.suspect_after / BEATS
    }

    /// Asks every secondary that is to be asked now, and looks who has not answered.
    pub(super) fn beat(&mut self, ctx: &mut Context) {
        let (now, every, suspect) = (ctx.now(), self.beat_every(), self.start.timing.suspect_after);
        let mut to = Vec::new();
        for (node, member) in &mut self.members {
            let health = match now.saturating_sub(member.heard) {
                silent if silent >= suspect * DOWN => Health::Down,
                silent if silent >= suspect => Health::Suspected,
                _ => Health::Healthy,
            };
            if health > member.health {
                // Nothing more is sent before it answers, and then from what it has.
                member.land();
                member.health = health;
                ctx.note(Step::Watched { node: *node, health });
            }
            if member.probe_at > now {
                continue;
            }
            to.push(*node);
            member.probe_at = now + every;
            if member.health == Health::Down {
                member.probe_at = now + pause(every, member.probes, ctx.random().share());
                member.probes = member.probes.saturating_add(1);
            }
        }
        let (epoch, head) = (self.memory.joined, self.memory.log.head());
        ctx.send_all(to, Message::Heartbeat { epoch, head });
        self.watch_later(ctx);
    }

    /// Arms the next look.
    pub(super) fn watch_later(&mut self, ctx: &mut Context) {
        let (now, every) = (ctx.now(), self.beat_every());
        let first = self.members.values().map(|member| member.probe_at).min();
        let Some(first) = first else { return };
        let wait = if first > now { first - now } else { every };
        ctx.arm(Timer::Heartbeat, wait);
    }

    /// A secondary was heard.
    pub(super) fn heard(&mut self, ctx: &mut Context, from: NodeId) {
        let (now, every) = (ctx.now(), self.beat_every());
        let Some(member) = self.members.get_mut(&from) else { return };
        member.heard = now;
        if member.health == Health::Healthy {
            return;
        }
        (member.health, member.probes, member.probe_at) = (Health::Healthy, 0, now + every);
        ctx.note(Step::Watched { node: from, health: Health::Healthy });
        self.watch_later(ctx);
    }
}
