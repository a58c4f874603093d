//! Every counterexample is invalid when it is checked alone.
