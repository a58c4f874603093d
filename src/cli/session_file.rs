//! `--session FILE`: a causal session that outlives one command.
//!
//! The file holds what the protocol carries: `{"cluster":"…","versions":{"x":3},"floor":0}`. It is replaced as a whole
//! by a rename in its directory, so that a reader or a crash never sees half of it.

use super::exit::Failure;
use crate::files::read_text;
use crate::session::{Session, Version, Versions};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Who else replaces a session holds its directory for a moment: how often that is looked at, and how many times.
const LOOK_EVERY: Duration = Duration::from_millis(10);
const LOOKS: u32 = 100;

/// A session and the file that it lives in.
#[derive(Debug)]
pub struct SessionFile {
    path: PathBuf,
    /// The next content, before it takes the file's place. It is there before the request is sent: a session that
    /// cannot be kept is refused while nothing has happened.
    next: PathBuf,
    /// What the client has seen.
    pub session: Session,
}

/// The file's strict form: a misspelt key would silently forget what the client has seen.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    cluster: Arc<str>,
    versions: BTreeMap<Arc<str>, Version>,
    #[serde(default)]
    floor: Version,
}

impl SessionFile {
    /// Reads `path`; a missing or empty file is a session that has seen nothing.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let name = path.display();
        let session = match read_text(path) {
            Ok(text) if !text.trim().is_empty() => parse(&text).map_err(|error| {
                Failure::usage(format!(
                    "{name} holds no session: {error}; delete it to begin a new session"
                ))
            })?,
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Failure::usage(format!(
                    "cannot read the session {name}: {error}; name another file with --session"
                )));
            }
            _ => Session::default(),
        };
        // Through a link: what is replaced is the file that it leads to.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let next = beside(&path);
        File::create(&next).map_err(|error| {
            let text = "a session cannot be kept in";
            Failure::usage(format!("{text} {name}: {error}; name another file with --session"))
        })?;
        Ok(SessionFile { path, next, session })
    }

    /// Refuses a session that was made by another cluster than `cluster`.
    pub fn must_be_of(&self, cluster: &str) -> Result<(), Failure> {
        let own = &*self.session.cluster;
        if own.is_empty() || own == cluster {
            return Ok(());
        }
        Err(Failure::unavailable(format!(
            "{} is a session of cluster {own}, and this is cluster {cluster}; its versions mean \
             nothing here: delete it to begin a new session",
            self.path.display()
        )))
    }

    /// Puts `session` in the place of the file.
    pub fn save(&mut self, session: Session) -> Result<(), Failure> {
        self.session = session;
        self.replace().map_err(|error| {
            Failure::internal(format!(
                "the request is done, but its session could not be saved in {}: {error}",
                self.path.display()
            ))
        })
    }

    /// What another command has put there meanwhile was seen too.
    fn replace(&mut self) -> io::Result<()> {
        let _held = hold(&self.path);
        if let Some(other) = read_text(&self.path).ok().and_then(|text| parse(&text).ok())
            && other.cluster == self.session.cluster
        {
            self.session.versions.merge(&other.versions);
        }
        write_durably(&self.next, &self.session)?;
        fs::rename(&self.next, &self.path)
    }
}

impl Drop for SessionFile {
    /// What did not take the file's place is of no use.
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.next);
    }
}

/// Keeps other commands from replacing a file of this directory as long as it is held; where a directory cannot be locked, or
/// somebody does not let go of it, each command still replaces the file as a whole.
fn hold(path: &Path) -> Option<File> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = File::open(directory.unwrap_or(Path::new("."))).ok()?;
    for _ in 0..LOOKS {
        match directory.try_lock() {
            Ok(()) => return Some(directory),
            Err(TryLockError::Error(_)) => return None,
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOOK_EVERY),
        }
    }
    None
}

/// A name in the same directory, so that a rename replaces the file at once.
fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.new", std::process::id()));
    path.with_file_name(name)
}

fn parse(text: &str) -> Result<Session, serde_json::Error> {
    let form: Form = serde_json::from_str(text)?;
    let versions = Versions { clocks: form.versions, floor: form.floor };
    Ok(Session { cluster: form.cluster, versions })
}

fn write_durably(path: &Path, session: &Session) -> io::Result<()> {
    let mut file = File::create(path)?;
    serde_json::to_writer(&mut file, session)?;
    file.write_all(b"\n")?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_created_replaced_and_read_back() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("s.json");
        let mut file = SessionFile::open(&path).expect("a missing file is a new session");
        assert_eq!(file.session, Session::default());
        let mut session = Session::of("c1");
        session.versions.see("x", 3);
        file.save(session.clone()).expect("it can be written");
        let again = SessionFile::open(&path).expect("it is well formed");
        assert_eq!(again.session, session);
        assert!(again.must_be_of("c1").is_ok() && again.must_be_of("c2").is_err());
        drop((file, again));
        assert_eq!(fs::read_dir(directory.path()).expect("it is there").count(), 1);
    }

    #[test]
    fn commands_at_the_same_time_lose_nothing_of_each_other() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("s.json");
        let open = || SessionFile::open(&path).expect("it can be used");
        let (mut one, mut other) = (open(), open());
        for (file, key) in [(&mut one, "x"), (&mut other, "y")] {
            let mut session = Session::of("c1");
            session.versions.see(key, 3);
            file.save(session).expect("it can be written");
        }
        let both = open();
        let both = &both.session.versions;
        assert_eq!((both.wanted("x"), both.wanted("y")), (3, 3));
    }

    #[test]
    fn refuses_what_is_no_session() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("s.json");
        for text in ["{", "[]", "{}", r#"{"cluster":"c","versions":{},"flor":1}"#] {
            fs::write(&path, text).expect("it can be written");
            let error = SessionFile::open(&path).expect_err(text);
            assert!(error.text.contains("holds no session"), "{}", error.text);
        }
    }
}
