//! JSON-RPC as clients see it: methods, parameters, results, errors.
//!
//! One table, [`methods::OPERATIONS`], says of each method what it takes and gives; the handlers and the OpenRPC
//! document both come from it. A handler only checks its parameters, hands the request to the node and awaits the
//! answer, so a client that disconnects takes no work with it.

pub(super) mod batch;
pub(super) mod codes;
pub(super) mod edge;
mod methods;
mod openrpc;
pub(super) mod operations;
pub(super) mod params;
pub(super) mod results;
mod wrong;

pub(super) use edge::{Edge, client_methods};

use jsonrpsee::types::{ErrorObjectOwned, Params};

/// The error for parameters that could not be read as those of `method`, because of `cause`.
pub(super) fn wrong_params(
    method: &str,
    params: &Params<'_>,
    cause: &serde_json::Error,
) -> ErrorObjectOwned {
    match methods::OPERATIONS.iter().find(|operation| operation.name == method) {
        Some(operation) => wrong::told(operation, params, cause),
        None => codes::invalid_params(cause),
    }
}
