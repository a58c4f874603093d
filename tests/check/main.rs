//! The checkers, held against an exhaustive search over all orders, against the literature, and against themselves.

mod cases;
mod every_order;
mod literature;
mod mutations;
mod sweeps;
