//! The OpenRPC document that `rpc.discover` gives, made from the table of methods.
//!
//! See <https://spec.open-rpc.org>, version 1.3.2.

use super::codes::CODES;
use super::methods::{Field, OPERATIONS, Operation, Param, STATUS, Shape};
use crate::process::{MAX_KEY, MAX_VALUE};
use serde_json::{Map, Value, json};

/// The document, for a server that clients reach at `address`.
pub(super) fn document(address: &str) -> Value {
    let mut methods: Vec<Value> = OPERATIONS.iter().map(operation).collect();
    methods.push(status());
    methods.push(discover());
    json!({
        "openrpc": "1.3.2",
        "info": {
            "title": "conlab server",
            "description": "one server of a replicated store of variables, or of a replicated log",
            "version": env!("CARGO_PKG_VERSION"),
        },
        "servers": [
            {"name": "http", "url": format!("http://{address}")},
            {"name": "websocket", "url": format!("ws://{address}")},
        ],
        "methods": methods,
        "components": {"schemas": schemas(), "errors": errors()},
    })
}

fn operation(operation: &Operation) -> Value {
    json!({
        "name": operation.name,
        "summary": operation.summary,
        "paramStructure": "either",
        "params": operation.params.iter().map(param).collect::<Vec<_>>(),
        "result": {"name": format!("{}_result", operation.name), "schema": object(operation.result)},
        "errors": operation.errors.iter().map(|code| reference("errors", &code_name(*code))).collect::<Vec<_>>(),
    })
}

fn status() -> Value {
    json!({
        "name": "status",
        "summary": "how this server is",
        "params": [],
        "result": {"name": "status_result", "schema": object(&STATUS)},
    })
}

fn discover() -> Value {
    json!({
        "name": "rpc.discover",
        "summary": "this document",
        "params": [],
        "result": {"name": "document", "schema": {"type": "object"}},
    })
}

fn param(param: &Param) -> Value {
    json!({
        "name": param.name,
        "summary": param.summary,
        "required": !param.optional,
        "schema": shape(param.shape, param.optional),
    })
}

fn object(fields: &[Field]) -> Value {
    let properties: Map<String, Value> = fields.iter().map(property).collect();
    let present = fields.iter().filter(|field| field.shape != Shape::Health);
    let required: Vec<&str> = present.map(|field| field.name).collect();
    json!({"type": "object", "properties": properties, "required": required})
}

fn property(field: &Field) -> (String, Value) {
    let mut schema = shape(field.shape, field.nullable);
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("description".to_string(), field.summary.into());
    }
    (field.name.to_string(), schema)
}

fn shape(shape: Shape, nullable: bool) -> Value {
    let schema = match shape {
        Shape::Key => reference("schemas", "Key"),
        Shape::Value => reference("schemas", "Value"),
        Shape::Session => reference("schemas", "Session"),
        Shape::Version => reference("schemas", "Version"),
        Shape::Values => reference("schemas", "Values"),
        Shape::Truth => json!({"type": "boolean"}),
        Shape::Number => json!({"type": "integer", "minimum": 0}),
        Shape::Text => json!({"type": "string"}),
        Shape::Concern => {
            json!({"oneOf": [{"type": "integer", "minimum": 1}, {"enum": ["majority", "all"]}]})
        }
        Shape::Messages => json!({"type": "array", "items": reference("schemas", "Message")}),
        Shape::Health => json!({
            "type": "object",
            "additionalProperties": {"enum": ["healthy", "suspected", "down"]},
        }),
        Shape::Numbers => json!({"type": "array", "items": {"type": "integer", "minimum": 1}}),
    };
    if nullable { json!({"oneOf": [schema, {"type": "null"}]}) } else { schema }
}

fn schemas() -> Value {
    json!({
        "Key": {"type": "string", "minLength": 1, "maxLength": MAX_KEY},
        "Value": {"type": "string", "maxLength": MAX_VALUE},
        "Version": {"type": "integer", "minimum": 0},
        "Session": {
            "type": "object",
            "properties": {
                "cluster": {"type": "string"},
                "versions": {"type": "object", "additionalProperties": reference("schemas", "Version")},
                "floor": reference("schemas", "Version"),
            },
            "additionalProperties": false,
        },
        "Message": {
            "type": "object",
            "properties": {
                "seq": {"type": "integer", "minimum": 1},
                "id": {"type": "string"},
                "message": reference("schemas", "Value"),
            },
            "required": ["seq", "id", "message"],
        },
        "Values": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"value": reference("schemas", "Value"), "version": reference("schemas", "Version")},
                "required": ["value", "version"],
            },
        },
    })
}

fn errors() -> Value {
    let outcome = json!({
        "type": "object",
        "properties": {"outcome": {"enum": ["refused", "unknown"]}, "hint": {"type": "string"}},
    });
    let errors = CODES.map(|(code, message)| {
        (code_name(code), json!({"code": code, "message": message, "data": outcome}))
    });
    Value::Object(errors.into_iter().collect())
}

/// Names of components may not begin with a sign: `error_4001`, `error_32602`.
fn code_name(code: i32) -> String {
    format!("error_{}", code.unsigned_abs())
}

fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str).map(String::from));
                fields.values().for_each(|field| references(field, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_names_are_unique() {
        let document = document("127.0.0.1:6485");
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(!found.is_empty());
        for reference in found {
            let pointer = reference.strip_prefix('#').expect("it is local");
            assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
        let methods = document["methods"].as_array().expect("it is a list");
        let names: std::collections::BTreeSet<_> =
            methods.iter().filter_map(|method| method["name"].as_str()).collect();
        assert_eq!(names.len(), methods.len());
        assert!(names.contains("set") && names.contains("rpc.discover"));
    }
}
