//! The live driver, from outside: real processes, real sockets, free ports, and waiting for events instead of time.

mod helpers;
mod hostile;
mod levels;
mod lifecycle;
mod orphans;
mod rpc;
mod token;
