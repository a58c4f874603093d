//! What the tests of the command line share: the program in an empty directory, and clusters on free ports.
#![allow(dead_code)] // each test file takes what it needs

use assert_cmd::Command;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// No command of a test takes so long; one that does hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program, in `directory`, with nothing of the environment that could reach another cluster.
pub fn conlab_in(directory: &Path) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("conlab"));
    command.current_dir(directory).timeout(PATIENCE);
    for name in ["CONLAB_CONTROLLER", "CONLAB_TOKEN", "NO_COLOR"] {
        command.env_remove(name);
    }
    command
}

/// An empty directory.
pub fn directory() -> TempDir {
    tempfile::tempdir().expect("a directory can be made")
}

/// Runs the program in an empty directory.
pub fn conlab(words: &[&str]) -> Output {
    conlab_in(directory().path()).args(words).output().expect("the program runs")
}

/// Runs the program in an empty directory, with `input` on its stdin.
pub fn conlab_with_input(words: &[&str], input: &str) -> Output {
    let directory = directory();
    let mut command = conlab_in(directory.path());
    command.args(words).write_stdin(input).output().expect("the program runs")
}

/// Stdout as text.
pub fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Stderr as text.
pub fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The exit code.
pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

/// The one line that begins with `error: `.
pub fn error_line(output: &Output) -> String {
    let text = err(output);
    let lines: Vec<_> = text.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(lines.len(), 1, "one error line in:\n{text}");
    lines[0].to_string()
}

/// A cluster that `conlab up` runs on free ports until it is dropped.
pub struct Up {
    pub child: Child,
    stdout: BufReader<ChildStdout>,
    /// What it printed up to `ready`.
    pub lines: Vec<String>,
    directory: TempDir,
}

impl Up {
    /// Starts `conlab up SYSTEM --port 0 …` and waits until it is ready.
    pub fn start(words: &[&str]) -> Up {
        let directory = directory();
        let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("conlab"))
            .arg("up")
            .args(words)
            .args(["--port", "0", "--log", "off"])
            .current_dir(directory.path())
            .env_remove("CONLAB_CONTROLLER")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut lines = Vec::new();
        while lines.last().is_none_or(|line| line != "ready") {
            let mut line = String::new();
            if stdout.read_line(&mut line).expect("it is text") == 0 {
                let mut errors = String::new();
                let _ = child.stderr.take().expect("it is piped").read_to_string(&mut errors);
                panic!("up ended before it was ready:\n{errors}");
            }
            lines.push(line.trim_end().to_string());
        }
        Up { child, stdout, lines, directory }
    }

    /// Where the controller listens.
    pub fn controller(&self) -> &str {
        let line = self.lines.iter().find_map(|line| line.strip_prefix("controller "));
        line.expect("up prints the controller's address")
    }

    /// Where server `id` listens.
    pub fn server(&self, id: u32) -> &str {
        self.line_of(id).split_whitespace().nth(2).expect("up prints an address per server")
    }

    /// The process of server `id`.
    pub fn pid(&self, id: u32) -> i32 {
        let pid = self.line_of(id).split_whitespace().last();
        pid.and_then(|pid| pid.parse().ok()).expect("up prints a pid per server")
    }

    fn line_of(&self, id: u32) -> &str {
        let start = format!("server {id} ");
        let line = self.lines.iter().find(|line| line.starts_with(&start));
        line.expect("up prints a line per server")
    }

    /// Runs the program against this cluster.
    pub fn conlab(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("the program runs")
    }

    /// Runs the program against this cluster, with `input` on its stdin.
    pub fn conlab_with_input(&self, words: &[&str], input: &str) -> Output {
        self.command(words).write_stdin(input).output().expect("the program runs")
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = conlab_in(self.directory.path());
        command.args(words).env("CONLAB_CONTROLLER", self.controller());
        command
    }

    /// Sends SIGTERM, waits for the end, and says how it ended and what else it printed to stdout.
    pub fn stop(mut self) -> (std::process::ExitStatus, String) {
        signal(self.child.id() as i32, nix::sys::signal::Signal::SIGTERM);
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).expect("it is text");
        (self.child.wait().expect("it ends"), rest)
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            signal(self.child.id() as i32, nix::sys::signal::Signal::SIGTERM);
            let _ = self.child.wait();
        }
    }
}

/// Sends a signal to a process that a test started.
pub fn signal(pid: i32, signal: nix::sys::signal::Signal) {
    let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), signal);
}

/// Whether a process is there, and not only waiting to be reaped.
pub fn lives(pid: i32) -> bool {
    let there = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None).is_ok();
    there && state_of(pid) != Some('Z')
}

/// Stops a process, and returns when it stands still.
pub fn pause(pid: i32) {
    signal(pid, nix::sys::signal::Signal::SIGSTOP);
    wait_until("it stands still", || matches!(state_of(pid), Some('T') | None));
}

/// Kills a process, and returns when it is gone.
pub fn kill(pid: i32) {
    signal(pid, nix::sys::signal::Signal::SIGKILL);
    wait_until("it is gone", || !lives(pid));
}

/// Returns when `what` is so; fails if it never is.
pub fn wait_until(what: &str, so: impl Fn() -> bool) {
    const TRIES: u32 = 3_000; // of 10 ms
    for _ in 0..TRIES {
        if so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("waited in vain until {what}");
}

/// The letter that the kernel gives the state of a process, where it says so.
fn state_of(pid: i32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit(')').next()?.trim().chars().next()
}
