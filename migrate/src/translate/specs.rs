//! Package specs that dnf5 reads otherwise.

use super::Part;
use super::draft::Draft;

/// `name=version` and its kin, without blanks, are one name to dnf5; with blanks they are a requirement.
pub(super) fn spaced(draft: &mut Draft<'_>, word: usize) {
    const OPERATORS: [&str; 5] = [">=", "<=", "=", ">", "<"];
    let text = draft.words[word].text();
    if text.contains(' ') || text.contains('/') || text.contains('*') || text.contains('(') {
        return;
    }
    let Some((at, operator)) = OPERATORS
        .iter()
        .filter_map(|operator| text.find(operator).map(|at| (at, *operator)))
        .min_by_key(|(at, operator)| (*at, std::cmp::Reverse(operator.len())))
    else {
        return;
    };
    if at == 0 || at + operator.len() == text.len() {
        return;
    }
    match draft.words[word].literal() {
        Some(text) => {
            let (name, version) = (&text[..at], &text[at + operator.len()..]);
            draft.becomes(word, vec![Part::New(format!("{name} {operator} {version}"))]);
        }
        None => draft.becomes(word, vec![Part::Spaced { index: word, operator }]),
    }
}

/// Tells whether an argument names a package file.
pub(super) fn is_file(text: &str) -> bool {
    std::path::Path::new(text).extension().is_some_and(|extension| extension == "rpm")
}
