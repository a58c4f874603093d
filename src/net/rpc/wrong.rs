//! What is wrong with a call's parameters, in the method's own words: `set takes key, value and optionally session;
//! value is missing`. It looks at them only once they could not be read.

use super::codes::invalid_params;
use super::methods::{Operation, Param, Shape};
use crate::process::{Concern, Short};
use jsonrpsee::types::{ErrorObjectOwned, Params};
use serde_json::Value;

/// The error for parameters that could not be read as those of `operation`, because of `cause`.
pub(super) fn told(
    operation: &Operation,
    params: &Params<'_>,
    cause: &serde_json::Error,
) -> ErrorObjectOwned {
    let Operation { name, params: takes, .. } = operation;
    let given = serde_json::from_str(params.as_str().unwrap_or("[]"));
    // What is not found here, a name given twice, say, serde tells well enough.
    let wrong = given.ok().and_then(|given| wrong(takes, &given));
    let wrong = wrong.unwrap_or_else(|| cause.to_string());
    invalid_params(format!("{name} takes {}; {wrong}", list(takes)))
}

/// `key, value and optionally session`
fn list(takes: &[Param]) -> String {
    let names = |optional: bool| {
        let those = takes.iter().filter(|param| param.optional == optional);
        those.map(|param| param.name).collect::<Vec<_>>().join(", ")
    };
    match (names(false), names(true)) {
        (needed, optional) if needed.is_empty() => format!("optionally {optional}"),
        (needed, optional) => format!("{needed} and optionally {optional}"),
    }
}

/// The first thing that is wrong.
fn wrong(takes: &[Param], given: &Value) -> Option<String> {
    match given {
        Value::Object(named) => {
            let unknown = |name: &&String| takes.iter().all(|param| param.name != *name);
            if let Some(name) = named.keys().find(unknown) {
                return Some(format!("{} is none of them", Short(name)));
            }
            takes.iter().find_map(|param| misfit(param, named.get(param.name)))
        }
        Value::Array(list) if list.len() > takes.len() => {
            Some(format!("{} are too many", list.len()))
        }
        Value::Array(list) => {
            takes.iter().enumerate().find_map(|(place, param)| misfit(param, list.get(place)))
        }
        other => Some(format!("give them by name or as a list, not as {}", kind(other))),
    }
}

/// Why `given` cannot stand for this parameter.
fn misfit(param: &Param, given: Option<&Value>) -> Option<String> {
    let name = param.name;
    match (given, param.shape) {
        (None | Some(Value::Null), _) if param.optional => None,
        (None, _) => Some(format!("{name} is missing")),
        (Some(given), Shape::Session) => misfit_session(name, given),
        (Some(given), Shape::Number) if given.is_u64() => None,
        (Some(given), Shape::Number) => Some(format!("{name}: {given} is not a whole number")),
        (Some(given), Shape::Concern) => serde_json::from_value::<Concern>(given.clone())
            .err()
            .map(|error| format!("{name}: {error}")),
        (Some(Value::String(_)), _) => None,
        (Some(given @ (Value::Number(_) | Value::Bool(_))), _) => {
            Some(format!("{name}: {given} is not a string; quote it: \"{given}\""))
        }
        (Some(given), _) => Some(format!("{name} is {}, not a string", kind(given))),
    }
}

/// Why `given` is no session; says the shape of one.
fn misfit_session(name: &str, given: &Value) -> Option<String> {
    const SHAPE: &str = r#"{"cluster": NAME, "versions": {KEY: VERSION}, "floor": VERSION}"#;
    let whole = |version: &Value| version.is_u64();
    let clocks = |versions: &Value| versions.as_object().is_some_and(|v| v.values().all(whole));
    let fits = |field: &str, fit: &dyn Fn(&Value) -> bool| given.get(field).is_none_or(fit);
    let unknown = |field: &&String| !["cluster", "versions", "floor"].contains(&field.as_str());
    let odd = given.as_object().and_then(|fields| fields.keys().find(unknown));
    let misfit = if !given.is_object() {
        format!("{name} is {}", kind(given))
    } else if let Some(odd) = odd {
        format!("{name} has no {}", Short(odd))
    } else if !fits("cluster", &Value::is_string) {
        format!("the cluster of {name} is not a string")
    } else if !fits("versions", &clocks) {
        format!("the versions of {name} are not a whole number for each key")
    } else if !fits("floor", &whole) {
        format!("the floor of {name} is not a whole number")
    } else {
        return None;
    };
    Some(format!("{misfit}; pass on what the last answer gave: {SHAPE}"))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::super::methods::OPERATIONS;
    use super::*;

    /// What a call of `method` with these parameters is told.
    fn told_of(method: &str, params: &str) -> String {
        let operation = OPERATIONS.iter().find(|operation| operation.name == method);
        let operation = operation.expect("it is a method");
        let params = Params::new(Some(params));
        let cause = (operation.read)(&params).expect_err("they are wrong");
        told(operation, &params, &cause).message().to_string()
    }

    #[test]
    fn what_is_wrong_is_told_in_the_words_of_the_method() {
        for (params, wrong) in [
            (r#"["x"]"#, "value is missing"),
            (r#"{"value":"7"}"#, "key is missing"),
            (r#"{"key":"x","value":"7","ttl":1}"#, "ttl is none of them"),
            (r#"["x","7",null,1]"#, "4 are too many"),
            (r#"{"key":"x","value":7}"#, r#"value: 7 is not a string; quote it: "7""#),
            (r#"[true,"7"]"#, r#"key: true is not a string; quote it: "true""#),
            (r#"{"key":"x","value":null}"#, "value is null, not a string"),
            (r#"{"key":"x","value":["7"]}"#, "value is a list, not a string"),
            (r#""x""#, "give them by name or as a list, not as a string"),
        ] {
            let whole =
                format!("invalid params: set takes key, value and optionally session; {wrong}");
            assert_eq!(told_of("set", params), whole);
        }
        let twice = told_of("get", r#"{"key":"x","key":"y"}"#);
        assert!(twice.contains("get takes key and optionally session; duplicate"), "{twice}");
    }

    #[test]
    fn a_session_of_another_shape_is_told_the_right_one() {
        for (session, wrong) in [
            (r#""s""#, "session is a string"),
            ("[]", "session is a list"),
            (r#"{"cluster":7}"#, "the cluster of session is not a string"),
            (r#"{"cluster":"c","versions":{"x":-1}}"#, "the versions of session are not"),
            (r#"{"cluster":"c","versions":7}"#, "the versions of session are not"),
            (r#"{"version":{"x":3}}"#, "session has no version;"),
            (r#"{"cluster":"c","floor":"3"}"#, "the floor of session is not a whole number"),
        ] {
            let told = told_of("all", &format!("[{session}]"));
            assert!(told.contains(&format!("all takes optionally session; {wrong}")), "{told}");
            assert!(
                told.contains(r#"pass on what the last answer gave: {"cluster": NAME"#),
                "{told}"
            );
        }
    }
}
