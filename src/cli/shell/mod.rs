//! The shell: a prompt on a cluster.
//!
//! One loop waits for whatever comes first: a line, the end of a command, news of a server, a signal. A line is taken
//! only while no command runs in the foreground. What a command is waiting for is a task of its own, so a read that
//! blocks can be left behind with Ctrl-C, and nothing that was asked is ever lost.

mod act;
mod clients;
mod cluster;
mod command;
mod demo;
mod editor;
mod input;
mod jobs;
mod last;
mod show;
mod terminal;

pub use cluster::{Cluster, Origin};

use super::args::Globals;
use super::console;
use super::exit::{Exit, Failure, with_hint};
use super::runtime::{Signal, Signals};
use super::tape::Tape;
use super::up::next_event;
use crate::net::{ClusterEvent, Directory};
use crate::scenario::grammar::Request;
use clap::Args;
use clients::Clients;
use cluster::Answered;
use editor::Editor;
use input::{Input, Lines};
use jobs::{Ending, Job, Jobs};
use std::path::PathBuf;
use std::sync::Arc;
use terminal::Terminal;
use tokio::sync::broadcast::Receiver;

/// Open a prompt on a running cluster
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conlab shell
  conlab shell --controller 10.0.0.1:3896
  conlab shell --history h.jsonl           keep what the clients see, for conlab check
  printf 'set x 7 @2\\nget x @3\\n' | conlab shell

At the prompt: set x 7 @2, get x @3, delete x, all, a: get x @3 (as client a), & for the background,
status, help, quit. The shell that started the cluster also breaks it: slow, cut, lose, kill, …")]
pub struct ShellCommand {
    /// Record what the clients see into this file
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
}

impl ShellCommand {
    /// Finds the cluster and opens the prompt.
    pub async fn run(self, globals: &Globals) -> Result<Exit, Failure> {
        let directory = Directory::of(globals.controller()?);
        directory.cluster().await?;
        let tape = self.history.as_deref().map(Tape::into_file).transpose()?;
        run(Cluster::new(Origin::Found(directory), tape), Signals::listen()?).await
    }
}

/// Opens a prompt on `cluster`, and returns when it is left; a cluster of the shell's own is stopped then.
pub async fn run(cluster: Cluster, mut signals: Signals) -> Result<Exit, Failure> {
    let info = cluster.info().await?;
    let terminal = Terminal::current();
    let lines = match &terminal {
        Some(_) => Lines::of_terminal(Editor::open(info.system.name(), info.servers.len() as u32)?),
        None => Lines::of_stream(),
    };
    show::welcome(&info, &cluster.controller(), cluster.own().is_some());
    let mut shell = Shell {
        cluster: Arc::new(cluster),
        clients: Clients::default(),
        jobs: Jobs::default(),
        worst: Exit::Done,
        interactive: terminal.is_some(),
        interrupts: 0,
    };
    let ended = shell.play(lines, &mut signals).await;
    let exit = if shell.interactive { Exit::Done } else { shell.worst }; // a person has seen it
    shell.close(!matches!(ended, Ok(Next::Finish | Next::Leave)), signals).await;
    console::print_through(None);
    drop(terminal);
    ended.map(|_| exit)
}

/// A shell between two events.
struct Shell {
    cluster: Arc<Cluster>,
    clients: Clients,
    jobs: Jobs,
    worst: Exit,
    /// Whether a person types.
    interactive: bool,
    /// How often Ctrl-C came at the prompt since the last line.
    interrupts: u32,
}

/// Whether the shell goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Go,
    /// No more lines; what is under way still ends.
    Finish,
    /// Leave, and give up what is under way.
    Leave,
    /// Leave at once: a signal says so.
    Break,
}

impl Shell {
    /// Plays until it is to be left, and says how.
    async fn play(&mut self, mut lines: Lines, signals: &mut Signals) -> Result<Next, Failure> {
        let mut events = self.cluster.own().map(|controller| controller.events());
        let mut next = Next::Go;
        while next == Next::Go || (next == Next::Finish && !self.jobs.is_empty()) {
            let ready = next == Next::Go && !self.jobs.has_foreground();
            tokio::select! {
                biased;
                (job, result) = self.jobs.next() => self.on_end(&job, result)?,
                event = news(&mut events) => console::remark(&event.to_string()),
                signal = signals.next() => next = self.on_signal(signal),
                input = lines.next(), if ready => next = self.on_input(input),
            }
        }
        Ok(next)
    }

    fn on_input(&mut self, input: Input) -> Next {
        match input {
            Input::Line(line) => {
                self.interrupts = 0;
                self.on_line(&line)
            }
            Input::Interrupt => self.on_interrupt(),
            Input::End if self.interactive => Next::Leave,
            Input::End => Next::Finish,
        }
    }

    /// Without a terminal, Ctrl-C ends the shell as SIGTERM does.
    fn on_signal(&mut self, signal: Signal) -> Next {
        match signal {
            Signal::Interrupt if self.interactive => self.on_interrupt(),
            _ => Next::Break,
        }
    }

    /// Ctrl-C leaves what runs in the foreground behind; where nothing does, the second one ends the shell.
    fn on_interrupt(&mut self) -> Next {
        if let Some(job) = self.jobs.send_to_background() {
            let number = job.number.unwrap_or_default();
            console::remark(&format!("{} goes on as job [{number}]", job.line));
            return Next::Go;
        }
        self.interrupts += 1;
        if self.interrupts > 1 {
            return Next::Break;
        }
        console::plain_remark("(Ctrl-C again, Ctrl-D or quit ends the shell)");
        Next::Go
    }

    fn complain(&mut self, failure: &Failure) {
        self.worst = self.worst.max(failure.exit);
        super::report(failure);
    }

    fn on_end(&mut self, job: &Job, result: Result<Ending, Failure>) -> Result<(), Failure> {
        let label = job.number.map_or(String::new(), |number| format!("[{number}] {}: ", job.line));
        match result {
            Ok(Ending::Answered(request, answered)) => self.on_answer(&label, &request, &answered),
            Ok(Ending::Report(text)) => {
                console::plain_remark(&text);
                Ok(())
            }
            Ok(Ending::Done) => self.say(&label, "ok"),
            Err(failure) => {
                let text = format!("{label}{}", failure.text);
                self.complain(&Failure { text, ..failure });
                Ok(())
            }
        }
    }

    fn on_answer(
        &mut self,
        label: &str,
        request: &Request,
        answered: &Answered,
    ) -> Result<(), Failure> {
        let (line, hint, exit) = show::answer(&answered.answer);
        if let Some(seen) = answered.answer.as_ref().ok().and_then(crate::process::Outcome::session)
        {
            self.clients.learn(request.client.as_deref().unwrap_or_default(), seen);
        }
        self.say(label, &line)?;
        let took = console::took(answered.took);
        console::remark(&with_hint(&format!("{} answered in {took}", answered.server), hint));
        match show::unwanted(request, answered) {
            Some(wanted) => self.complain(&Failure { exit: Exit::No, text: wanted }),
            None if request.want.is_none() => self.worst = self.worst.max(exit),
            None => {}
        }
        Ok(())
    }

    /// One line of results. Which job it is of is for people: a script gets the result alone.
    fn say(&self, label: &str, line: &str) -> Result<(), Failure> {
        if self.interactive {
            return Ok(console::result(&format!("{label}{line}"))?);
        }
        if !label.is_empty() {
            console::remark(&format!("{label}{line}"));
        }
        Ok(console::result(line)?)
    }

    /// Leaves the cluster, after the last reads for the record unless it is to be `at_once`; one of the shell's own is stopped.
    async fn close(mut self, at_once: bool, mut signals: Signals) {
        self.jobs.abandon().await;
        if !at_once {
            tokio::select! {
                () = last::read_everything(&self.cluster) => {}
                _ = signals.next() => {}
            }
        }
        if let Some(tape) = self.cluster.tape() {
            tape.close();
        }
        let own = Arc::into_inner(self.cluster).and_then(Cluster::into_own);
        if let Some(controller) = own.and_then(Arc::into_inner) {
            controller.stop().await;
        }
    }
}

/// What happens to the servers of the shell's own cluster; never anything with another's.
async fn news(events: &mut Option<Receiver<ClusterEvent>>) -> ClusterEvent {
    match events {
        Some(events) => next_event(events).await,
        None => std::future::pending().await,
    }
}
