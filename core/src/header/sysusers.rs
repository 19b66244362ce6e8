//! Users and groups that a package asks for in its provides.

use super::{DepKind, Header};
use crate::reldep::Sense;

impl Header {
    /// Returns the lines in the form of sysusers.d that the provides `user(…)`, `group(…)` and `groupmember(…)` carry
    /// as their versions, each with the position of its provide; one that is no base64 is left out.
    pub fn sysusers(&self) -> Vec<(usize, Vec<u8>)> {
        let asks = self.deps(DepKind::Provides).filter(|dep| dep.sense.any(Sense::EQUAL) && is_account(dep.name));
        asks.filter_map(|dep| Some((dep.index, line(dep.evr)?))).collect()
    }
}

fn is_account(name: &[u8]) -> bool {
    [&b"user("[..], b"group(", b"groupmember("].iter().any(|prefix| name.starts_with(prefix))
}

/// Decodes base64 and cuts at the first NUL, with which lines are filled up so that no `=` is needed.
fn line(text: &[u8]) -> Option<Vec<u8>> {
    let mut line = super::base64_bytes(text)?;
    let end = memchr::memchr(0, &line).unwrap_or(line.len());
    line.truncate(end);
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_decoded() {
        assert_eq!(line(b"dSBmb28gLQAA"), Some(b"u foo -".to_vec()));
        assert_eq!(line(b"%%"), None);
    }
}
