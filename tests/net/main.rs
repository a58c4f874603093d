//! The live driver, from outside: real processes, real sockets, free ports, and waiting for events instead of time.

mod child;
mod helpers;
mod hostile;
mod levels;
mod lifecycle;
mod log;
mod logs;
mod orphans;
mod rpc;
mod sockets;
mod token;
