//! The checkers, held against an exhaustive search over all orders, against the literature, and against themselves.

mod cases;
mod every_order;
#[path = "../../bench/check/generate.rs"]
mod generate;
mod literature;
mod long;
mod mutations;
mod sweeps;
