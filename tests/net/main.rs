//! The live driver, from outside: real processes, real sockets, port 0, no sleeping for luck.

mod helpers;
mod lifecycle;
