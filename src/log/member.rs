//! What the master knows of one secondary: its life, how far it is, what is under way to it, how it is.

use crate::process::Health;
use std::collections::VecDeque;
use std::time::Duration;

/// So many appends may be under way to a secondary: more than ever wait on a fast link, and enough to fill a slow one.
const MOST_FLYING: usize = 64;
/// So many bytes of text may be under way to a secondary.
const MOST_FLYING_BYTES: usize = 4 << 20;
/// Batches that do not bring a secondary up to the end follow each other no faster than this: 250,000 messages a second, so that one
/// which has lost everything leaves most of the machine to new appends.
const BATCH_EVERY: Duration = Duration::from_millis(4);
/// So far ahead of that pace may they be: sixteen batches, as many messages as may wait for their acknowledgements.
const MOST_AHEAD: Duration = Duration::from_millis(64);
/// A wait between two tries grows to so many times the first one.
const MOST_GROWTH: u32 = 8;
/// And it is longer by up to this share, by chance, so that not all try at once.
const JITTER: f64 = 0.5;

/// One secondary.
#[derive(Debug, Clone)]
pub(super) struct Member {
    /// Which life of it counts; 0 before it was heard.
    pub incarnation: u64,
    /// Whether its log is known to be one of this epoch.
    pub joined: bool,
    /// Everything up to here does it have for sure.
    pub have: u64,
    /// Everything up to here was sent to it.
    pub sent: u64,
    /// What is under way: the last place and the size of each message.
    flying: VecDeque<(u64, usize)>,
    flying_bytes: usize,
    /// When the next batch would go that does not bring it up to the end, at their pace.
    batch_at: Duration,
    /// How it is.
    pub health: Health,
    /// When it was heard last.
    pub heard: Duration,
    /// When it is asked next whether it is there.
    pub probe_at: Duration,
    /// How often it was asked in vain.
    pub probes: u32,
    /// When what is under way is sent again.
    pub retry_at: Duration,
    /// How often it was sent again in vain.
    pub retries: u32,
    /// Whether a timer looks after that.
    pub retry_armed: bool,
}

impl Member {
    /// A secondary of which nothing is known but that it should be there.
    pub fn unknown(now: Duration) -> Self {
        Member {
            incarnation: 0,
            joined: false,
            have: 0,
            sent: 0,
            flying: VecDeque::new(),
            flying_bytes: 0,
            batch_at: now,
            health: Health::Healthy,
            heard: now,
            probe_at: now,
            probes: 0,
            retry_at: now,
            retries: 0,
            retry_armed: false,
        }
    }

    /// A secondary of a new cluster, in its first life.
    pub fn new(now: Duration) -> Self {
        Member { incarnation: 1, joined: true, ..Member::unknown(now) }
    }

    /// It has begun a new life: what the earlier one had is gone, as far as anybody knows.
    pub fn begin_life(&mut self, incarnation: u64) {
        self.land();
        (self.incarnation, self.joined) = (incarnation, false);
        (self.have, self.sent) = (0, 0);
    }

    /// Its log is one of this epoch, and ends here.
    pub fn join(&mut self, have: u64) {
        self.land();
        (self.joined, self.have, self.sent) = (true, have, have);
    }

    /// It has everything up to here. Returns whether that is news.
    pub fn acknowledge(&mut self, have: u64) -> bool {
        if have <= self.have {
            return false;
        }
        self.have = have;
        self.sent = self.sent.max(have);
        while let Some((_, bytes)) = self.flying.pop_front_if(|(last, _)| *last <= have) {
            self.flying_bytes -= bytes;
        }
        true
    }

    /// Whether there is room for what it lacks of a log that ends at `head`; at its pace, see [`Member::waits`].
    pub fn has_room(&self, head: u64) -> bool {
        self.joined
            && self.health == Health::Healthy
            && self.sent < head
            && self.flying.len() < MOST_FLYING
            && self.flying_bytes < MOST_FLYING_BYTES
    }

    /// How long the next batch has to wait: one that lacks much is sent it at a steady pace, after a burst.
    pub fn waits(&self, now: Duration) -> Duration {
        (self.batch_at + BATCH_EVERY).saturating_sub(now).saturating_sub(MOST_AHEAD)
    }

    /// Entries up to `last` are under way to it; whether they bring it up to the end, `whole` says.
    pub fn send(&mut self, now: Duration, last: u64, bytes: usize, whole: bool) {
        if !whole {
            self.batch_at = self.batch_at.max(now) + BATCH_EVERY;
        }
        self.sent = last;
        self.flying.push_back((last, bytes));
        self.flying_bytes += bytes;
    }

    /// Whether something is under way.
    pub fn is_waiting(&self) -> bool {
        !self.flying.is_empty()
    }

    /// Nobody counts on what is under way any more: it may be sent again.
    pub fn land(&mut self) {
        self.flying.clear();
        (self.flying_bytes, self.sent) = (0, self.have);
    }
}

/// The wait before the next try, where `tries` were in vain and the first wait was `first`; `dice` is from 0 to below 1.
pub(super) fn pause(first: Duration, tries: u32, dice: f64) -> Duration {
    let growth = 1_u32.checked_shl(tries).unwrap_or(MOST_GROWTH).min(MOST_GROWTH);
    (first * growth).mul_f64(1.0 + JITTER * dice)
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    #[test]
    fn pauses_grow_up_to_a_bound_and_differ() {
        assert_eq!(
            [0, 1, 2, 3, 4, 99].map(|tries| pause(S(1), tries, 0.0)),
            [1, 2, 4, 8, 8, 8].map(S)
        );
        assert_eq!(pause(S(1), 0, 0.5), Duration::from_millis(1_250));
    }

    #[test]
    fn what_is_under_way_is_bounded() {
        let mut member = Member::new(S(0));
        (1..=MOST_FLYING as u64).for_each(|last| {
            assert!(member.has_room(1_000));
            member.send(S(0), last, 1, true);
        });
        assert!(!member.has_room(1_000));
        assert!(member.acknowledge(1) && member.has_room(1_000));
        member.send(S(0), 500, MOST_FLYING_BYTES, true);
        assert!(!member.acknowledge(1) && !member.has_room(1_000));
        member.land();
        assert_eq!((member.sent, member.is_waiting(), member.has_room(1_000)), (1, false, true));
    }

    #[test]
    fn one_that_lacks_much_is_sent_it_at_a_steady_pace_after_a_burst() {
        let mut member = Member::new(S(0));
        let burst = (1..).find(|last| {
            member.send(S(9), *last, 1, false);
            member.waits(S(9)) > Duration::ZERO
        });
        assert_eq!(burst, Some(16));
        assert_eq!(member.waits(S(9)), BATCH_EVERY);
        assert_eq!(member.waits(S(9) + BATCH_EVERY), Duration::ZERO);
        member.send(S(9) + BATCH_EVERY, 99, 1, true);
        assert_eq!(
            member.waits(S(9) + BATCH_EVERY),
            Duration::ZERO,
            "the last batch waits for none"
        );
    }
}
