//! jsonrpsee's table of methods as a service: what is called on a connection and is no operation.

use crate::net::rpc::codes::no_method;
use jsonrpsee::core::middleware::{Batch, Notification};
use jsonrpsee::core::server::MethodCallback;
use jsonrpsee::server::middleware::rpc::RpcServiceT;
use jsonrpsee::types::{Params, Request};
use jsonrpsee::{MethodResponse, Methods};
use std::future::{Future, ready};

/// The methods of a client port beside the operations. They answer at once.
#[derive(Clone)]
pub(super) struct Table {
    methods: Methods,
}

impl Table {
    /// Of these methods.
    pub fn of(methods: Methods) -> Self {
        Table { methods }
    }
}

impl RpcServiceT for Table {
    type MethodResponse = MethodResponse;
    type NotificationResponse = MethodResponse;
    type BatchResponse = MethodResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let Request { id, method, params, extensions, .. } = request;
        let params = Params::new(params.as_ref().map(|params| params.get()));
        ready(match self.methods.method(&method) {
            Some(MethodCallback::Sync(answer)) => answer(id, params, usize::MAX, extensions),
            _ => MethodResponse::error(id, no_method(&method)),
        })
    }

    /// The client port knows no notifications: they have no effect and no answer.
    fn notification<'a>(
        &self,
        _: Notification<'a>,
    ) -> impl Future<Output = MethodResponse> + Send + 'a {
        ready(MethodResponse::notification())
    }

    /// Batches are taken apart in front of the table.
    fn batch<'a>(&self, _: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        ready(MethodResponse::notification())
    }
}
