//! How servers come to run, are kept informed, and end.

use super::host::{Command, Hosted};
use super::roster::{Begins, Roster, State};
use super::{ClusterEvent, END, child, thread};
use crate::faults::Fault;
use crate::net::wire::{
    CONTROL_FAULT, CONTROL_LOGS, CONTROL_PEERS, CONTROL_STOP, Join, Ready, StartOrder, linking,
};
use crate::net::{NetError, dial, listen};
use crate::process::NodeId;
use futures_util::future::join_all;
use jsonrpsee::core::client::{ClientT, Error};
use jsonrpsee::rpc_params;
use serde::de::DeserializeOwned;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// A server answers the controller by then, or is silent.
const ANSWER: Duration = Duration::from_secs(5);
/// A change of the logs is no reason to wait longer.
const LOGS_ANSWER: Duration = Duration::from_secs(1);

impl Roster {
    /// Tries every client port before any process is started, for a clear error.
    pub async fn try_ports(&self) -> Result<(), NetError> {
        for address in self.ids().map(|id| self.options.address_of(id)) {
            if address.port() != 0 {
                listen::bind(address).await?;
            }
        }
        Ok(())
    }

    /// Starts every server and returns when all are linked and answer.
    pub async fn launch_all(self: &Arc<Self>) -> Result<(), NetError> {
        let orders =
            self.ids().map(|id| self.begin(id, Begins::Here)).collect::<Result<Vec<_>, _>>()?;
        let started = join_all(orders.iter().map(|order| self.launch(order))).await;
        started.into_iter().collect::<Result<(), _>>()?;
        let lives = orders.iter().map(|order| (order.start.id, order.start.incarnation));
        let ready = join_all(lives.map(|(id, life)| self.link(id, life))).await;
        for (ready, id) in ready.into_iter().zip(self.ids()) {
            if let Some(missing) = ready?.missing.first() {
                let servers = self.options.servers;
                let cause = format!(
                    "it cannot be linked with server {}; if the machine is too busy for {servers} servers, start fewer with --servers",
                    missing.0
                );
                return Err(NetError::CannotStart { id: id.0, cause });
            }
        }
        Ok(())
    }

    /// Starts a server that is gone again, blank, in its next life.
    pub async fn restart(self: &Arc<Self>, id: NodeId) -> Result<(), NetError> {
        let order = self.begin(id, Begins::Here)?;
        let incarnation = order.start.incarnation;
        let result = match self.launch(&order).await {
            Ok(()) => self.link(id, incarnation).await.map(drop),
            Err(error) => Err(error),
        };
        match &result {
            Ok(()) => drop(self.events.send(ClusterEvent::Restarted { id, incarnation })),
            Err(error) => self.exited(id, incarnation, error.to_string()),
        }
        result
    }

    /// Takes in a server that was started by hand and listens already.
    pub fn join(self: &Arc<Self>, join: Join) -> Result<StartOrder, NetError> {
        let Join { id, report, records } = join;
        let mut order = self.begin(id, Begins::Elsewhere { records })?;
        order.address = report.address;
        self.with(id, |slot| (slot.address, slot.report) = (report.address, Some(report)));
        tokio::spawn(self.clone().accompany(join, order.start.incarnation));
        Ok(order)
    }

    /// Links a server that was started by hand, and notices when it is gone.
    async fn accompany(self: Arc<Self>, join: Join, incarnation: u64) {
        let Join { id, report, .. } = join;
        let linked = match self.open_control(id, incarnation).await {
            Ok(()) => self.link(id, incarnation).await.map(drop),
            Err(error) => Err(error),
        };
        if let Err(error) = linked {
            return self.exited(id, incarnation, error.to_string());
        }
        let _ = self.events.send(ClusterEvent::Joined { id, pid: report.pid });
        if let Some(control) = self.with(id, |slot| slot.control.clone()) {
            control.on_disconnect().await;
            self.exited(id, incarnation, "its connection was closed".to_string());
        }
    }

    /// Starts what carries a server, and returns when it listens and can be controlled.
    async fn launch(self: &Arc<Self>, order: &StartOrder) -> Result<(), NetError> {
        let start = &order.start;
        let Hosted { report, host, end } = if self.options.in_process {
            thread::start(order, &self.logs).await?
        } else {
            child::start(&self.program()?, order, &self.logs).await?
        };
        self.with(start.id, |slot| {
            (slot.address, slot.report, slot.host) = (report.address, Some(report), Some(host));
        });
        let (roster, id, incarnation) = (self.clone(), start.id, start.incarnation);
        tokio::spawn(async move {
            let status = end.await.unwrap_or_else(|_| "lost".to_string());
            roster.exited(id, incarnation, status);
        });
        self.open_control(id, incarnation).await
    }

    async fn open_control(&self, id: NodeId, life: u64) -> Result<(), NetError> {
        let ended = || {
            let cause = "it ended before it was linked".to_string();
            NetError::CannotStart { id: id.0, cause }
        };
        let report = self.with(id, |slot| slot.report).ok_or_else(ended)?;
        let address = report.peer_address.to_string();
        let answer = ANSWER + linking(self.options.servers as usize);
        let control = dial::open_trusted(&address, &self.token, answer).await?;
        let is_current = self.with(id, |slot| {
            let is_current = slot.is_in(life);
            if is_current {
                slot.control = Some(Arc::new(control));
            }
            is_current
        });
        is_current.then_some(()).ok_or_else(ended)
    }

    /// Tells a server where its peers are; it links with them and starts its machine. Only from here on has its life begun: one that
    /// was given a number and never came this far has said nothing.
    async fn link(&self, id: NodeId, life: u64) -> Result<Ready, NetError> {
        self.runs(id, life)?;
        let ready: Ready = self.ask(id, CONTROL_PEERS, rpc_params![self.peers()]).await?;
        self.with(id, |slot| {
            if !slot.is_in(life) {
                return; // the next one is to be linked itself
            }
            slot.role.clone_from(&ready.role);
            if slot.state == State::Starting {
                slot.state = State::Running;
            }
        });
        Ok(ready)
    }

    /// Lets the links have this fault from now on.
    pub async fn harm_links(&self, fault: Fault) -> Result<(), NetError> {
        let faults = self.remember(fault);
        let told = self.controls().into_iter().map(|(id, _)| {
            let told = self.ask::<()>(id, CONTROL_FAULT, rpc_params![faults.clone()]);
            async move { (id, told.await) }
        });
        // A server that ended meanwhile is told when it starts again.
        let running = |id| self.with(id, |slot| slot.state == State::Running);
        let told = join_all(told).await;
        told.into_iter().filter(|(id, _)| running(*id)).try_for_each(|(_, result)| result)
    }

    /// Tells a server what it missed while it stood still.
    pub async fn refresh(&self, id: NodeId) -> Result<(), NetError> {
        let level = self.options.log.level_of(id, self.logs.shown());
        self.ask::<()>(id, CONTROL_LOGS, rpc_params![level]).await?;
        self.ask::<()>(id, CONTROL_FAULT, rpc_params![self.faults()]).await
    }

    /// Tells every server how much to log whenever that changes.
    pub async fn follow_logs(self: Arc<Self>) {
        let mut changes = self.logs.follow();
        while changes.changed().await.is_ok() {
            let shown = *changes.borrow_and_update();
            let told = self.controls().into_iter().map(|(id, _)| {
                let level = self.options.log.level_of(id, shown);
                timeout(LOGS_ANSWER, self.ask::<()>(id, CONTROL_LOGS, rpc_params![level]))
            });
            // One that cannot be told is paused or gone, and is told later or never.
            join_all(told).await;
        }
    }

    /// Ends a server, and returns when it is gone.
    pub async fn stop(&self, id: NodeId) {
        let (command, by_hand) = self.with(id, |slot| {
            let command = slot.host.as_ref().map(|host| host.command(Command::Stop));
            (command, slot.host.is_none() && slot.control.is_some())
        });
        if let Some(command) = command {
            command.await;
        } else if by_hand {
            let _ = self.ask::<()>(id, CONTROL_STOP, rpc_params![]).await;
        } else {
            return;
        }
        self.until(id, |state| matches!(state, State::Exited(_)), END).await;
    }

    /// Calls one of a server's methods of control.
    async fn ask<T: DeserializeOwned>(
        &self,
        id: NodeId,
        method: &str,
        params: jsonrpsee::core::params::ArrayParams,
    ) -> Result<T, NetError> {
        let control = self.with(id, |slot| slot.control.clone());
        let gone = || NetError::Refused(format!("server {} has ended", id.0));
        let control = control.ok_or_else(gone)?;
        control.request(method, params).await.map_err(|error| match error {
            Error::Call(error) => NetError::Refused(error.message().to_string()),
            Error::RequestTimeout => {
                let after = ANSWER + linking(self.options.servers as usize);
                let after_ms = after.as_millis() as u64;
                NetError::Silent { who: format!("server {}", id.0), after_ms }
            }
            _ => gone(),
        })
    }

    fn program(&self) -> Result<PathBuf, NetError> {
        match &self.options.executable {
            Some(program) => Ok(program.clone()),
            None => std::env::current_exe().map_err(|error| {
                NetError::Internal(format!("this program cannot find itself: {error}"))
            }),
        }
    }
}
