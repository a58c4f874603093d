//! What somebody may have meant who wrote a name that nobody knows.

/// Names closer than this are taken for a slip of the fingers (0 is unlike, 1 is equal).
const ALIKE: f64 = 0.75;

/// The name that is most like `word`, if one is like it.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |name: &str| strsim::jaro_winkler(name, word);
    let nearest = names.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    nearest.filter(|name| likeness(name) > ALIKE)
}

/// That there is no such `what`, and what there is: `unknown system "causl"; did you mean causal? one of …`.
pub fn unknown(what: &str, word: &str, names: &[&str]) -> String {
    format!("unknown {what} {word:?}; {}one of {}", meant(word, names), names.join(", "))
}

/// `did you mean causal? `, or nothing where no name is like `word`.
pub fn meant(word: &str, names: &[&str]) -> String {
    let name = nearest(word, names.iter().copied());
    name.map_or(String::new(), |name| format!("did you mean {name}? "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_understood_and_a_strange_word_is_not() {
        let text = |word| unknown("system", word, &["causal", "eventual"]);
        assert_eq!(
            text("casual"),
            "unknown system \"casual\"; did you mean causal? one of causal, eventual"
        );
        assert_eq!(text("strong"), "unknown system \"strong\"; one of causal, eventual");
    }
}
