//! The methods of the controller's port: `cluster` for everyone, `join` for holders of the token.

use super::roster::Roster;
use crate::net::client::Fate;
use crate::net::guard::{Admitted, no_token};
use crate::net::rpc::codes::told;
use crate::net::rpc::params::read;
use crate::net::wire::Join;
use crate::net::{NetError, NetErrorKind};
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::types::ErrorObjectOwned;
use jsonrpsee::types::error::INVALID_PARAMS_CODE;
use jsonrpsee::{Methods, RpcModule};
use std::sync::Arc;

/// Takes in a server that was started by hand: `join{id, pid, address, peer_address}` → its start order.
pub(in crate::net) const JOIN: &str = "join";
/// Says what the cluster is and where its servers are.
const CLUSTER: &str = "cluster";
/// What was asked of the controller does not fit the cluster's state.
const NOT_NOW: i32 = 4009;

/// The methods of the controller's port.
pub(super) fn controller_methods(roster: Arc<Roster>) -> Result<Methods, NetError> {
    register(roster)
        .map_err(|error| NetError::Internal(format!("the table of methods is wrong: {error}")))
}

fn register(roster: Arc<Roster>) -> Result<Methods, RegisterMethodError> {
    let mut module = RpcModule::from_arc(roster);
    module.register_method(CLUSTER, |_, roster, _| Ok::<_, ErrorObjectOwned>(roster.info()))?;
    module.register_async_method(JOIN, |params, roster, extensions| async move {
        if extensions.get::<Admitted>().is_none() {
            return Err(no_token());
        }
        roster.join(read::<Join>(&params)?).map_err(|error| refused(&error))
    })?;
    Ok(module.into())
}

fn refused(error: &NetError) -> ErrorObjectOwned {
    let code = if error.kind() == NetErrorKind::Usage { INVALID_PARAMS_CODE } else { NOT_NOW };
    told(Fate::Refused, code, error.to_string(), error.hint().unwrap_or_default())
}
