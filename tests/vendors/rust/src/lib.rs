//! An action for each line, as `node/lines.cjs` has it.

use std::fmt::Display;
use std::io::{Write, stdin, stdout};

use serde_json::{Value, json};

/// The name of the next action and what is given to it; nothing when the input ends.
pub fn asked() -> Option<(String, Value)> {
    let mut line = String::new();
    let read = stdin().read_line(&mut line).expect("a line");
    (read > 0).then(|| serde_json::from_str(&line).expect("a name and arguments"))
}

/// Answers with what an action gave, or with what the client says of an error.
pub fn say(result: Result<Value, impl Display>) {
    let said = match result {
        Ok(gave) => json!({ "gave": gave }),
        Err(error) => json!({ "failed": error.to_string() }),
    };
    println!("> {said}");
    stdout().flush().expect("an output");
}

/// An argument that is a text.
pub fn text<'a>(given: &'a Value, name: &str) -> &'a str {
    given[name].as_str().expect(name)
}
