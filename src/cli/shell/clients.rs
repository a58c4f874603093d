//! The shell's clients: each carries what it has seen from request to request, as in a scenario.

use crate::session::Session;
use std::collections::BTreeMap;

/// Every client that has been named, and the one without a name.
#[derive(Debug, Default)]
pub struct Clients {
    /// `None` is a client that carries no session.
    sessions: BTreeMap<String, Option<Session>>,
}

impl Clients {
    /// The session that `client` carries to its next request.
    pub fn session(&self, client: &str) -> Option<Session> {
        self.sessions.get(client).cloned().unwrap_or_else(|| Some(Session::default()))
    }

    /// Says whether `client` carries a session; it starts without memory.
    pub fn declare(&mut self, client: &str, carries: bool) {
        self.sessions.insert(client.to_string(), carries.then(Session::default));
    }

    /// Takes over what came back with an answer. Answers may overlap, so nothing already seen is forgotten.
    pub fn learn(&mut self, client: &str, seen: &Session) {
        let entry = self.sessions.entry(client.to_string());
        if let Some(session) = entry.or_insert_with(|| Some(Session::default())) {
            session.cluster = seen.cluster.clone();
            session.versions.merge(&seen.versions);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_remembers_what_overlapping_answers_showed() {
        let mut clients = Clients::default();
        for (key, version) in [("x", 3), ("y", 2)] {
            let mut seen = Session::of("c");
            seen.versions.see(key, version);
            clients.learn("a", &seen);
        }
        let session = clients.session("a").expect("it carries a session");
        assert_eq!((session.versions.wanted("x"), session.versions.wanted("y")), (3, 2));
        assert_eq!(clients.session("b"), Some(Session::default()));
        clients.declare("c", false);
        assert_eq!(clients.session("c"), None);
    }
}
