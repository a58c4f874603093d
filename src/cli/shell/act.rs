//! What the shell does with a line: at once, or as a task that the loop then waits for.

use super::command::{self, Command};
use super::jobs::Ending;
use super::{Next, Shell, demo, show};
use crate::cli::console;
use crate::cli::exit::Failure;
use crate::cli::find::no_such_server;
use crate::cli::status::Report;
use crate::faults::Fault;
use crate::net::Shown;
use crate::scenario::grammar::Request;

impl Shell {
    /// Does what a line asks for, or starts it.
    pub(super) fn on_line(&mut self, line: &str) -> Next {
        match command::parse(line) {
            Err(error) => self.complain(&Failure::usage(error)),
            Ok(Command::Nothing) => {}
            Ok(Command::Quit) if self.interactive => return Next::Leave,
            Ok(Command::Quit) => return Next::Finish,
            Ok(Command::Help) => console::plain_remark(&show::help(self.cluster.own().is_some())),
            Ok(Command::Client { name, session }) => {
                self.clients.declare(&name, session);
                self.jobs.start(line, false, async { Ok(Ending::Done) });
            }
            Ok(Command::Logs(shown)) => self.logs(line, shown),
            Ok(Command::Request(request)) => self.request(line, request),
            Ok(Command::Fault(fault)) => self.fault(line, fault),
            Ok(Command::Status) => self.status(line),
            Ok(Command::Demo) => self.demo(line),
            Ok(Command::Wait(time)) => self.jobs.start(line, false, async move {
                tokio::time::sleep(time).await;
                Ok(Ending::Done)
            }),
        }
        Next::Go
    }

    fn request(&mut self, line: &str, request: Request) {
        let name = request.client.clone().unwrap_or_default();
        let op = request.op.operation(self.clients.session(&name));
        let (cluster, background) = (self.cluster.clone(), request.background);
        let line = line.trim().trim_end_matches('&').trim_end();
        self.jobs.start(line, background, async move {
            let answered = cluster.ask(&name, &request.at, &op).await?;
            Ok(Ending::Answered(Box::new(request), answered))
        });
    }

    fn fault(&mut self, line: &str, fault: Fault) {
        let cluster = self.cluster.clone();
        self.jobs.start(line, false, async move {
            let own = cluster.own().ok_or_else(|| only_owner("breaks"))?;
            own.fault(fault).await?;
            Ok(Ending::Done)
        });
    }

    fn status(&mut self, line: &str) {
        let cluster = self.cluster.clone();
        self.jobs.start(line, false, async move {
            let report = Report::gather(&cluster.info().await?).await;
            Ok(Ending::Report(report.table(console::colours())))
        });
    }

    fn demo(&mut self, line: &str) {
        let (own, tape) = (self.cluster.own().cloned(), self.cluster.tape().cloned());
        self.jobs.start(line, false, async move {
            demo::play(own.ok_or_else(|| only_owner("plays the demo of"))?, tape).await?;
            Ok(Ending::Done)
        });
    }

    fn logs(&mut self, line: &str, shown: Shown) {
        let Some(controller) = self.cluster.own() else {
            return self.complain(&only_owner("shows the logs of"));
        };
        let info = controller.info();
        match shown {
            Shown::Only(id) if info.server(id).is_none() => {
                self.complain(&no_such_server(id, info.servers.len()));
            }
            shown => {
                controller.logs().show(shown);
                self.jobs.start(line, false, async { Ok(Ending::Done) });
            }
        }
    }
}

fn only_owner(does: &str) -> Failure {
    Failure::usage(format!(
        "only the shell that started a cluster {does} it; start one with \"conlab\""
    ))
}
