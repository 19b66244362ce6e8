//! The platform that modules require: what distribution and release this is.

/// Returns name and stream of `PLATFORM_ID="name:stream"` in an `os-release` file; the quotes must be there.
pub(crate) fn of_os_release(text: &str) -> Option<(String, String)> {
    let line = text.lines().find(|line| line.contains("PLATFORM_ID"))?;
    let (_, value) = line.split_once('=')?;
    let (_, quoted) = value.split_once('"')?;
    let (name, rest) = quoted.split_once(':')?;
    let (stream, _) = rest.split_once('"')?;
    valid(name, stream)
}

/// Takes `name:stream` apart.
pub(crate) fn of_text(text: &str) -> Option<(String, String)> {
    let (name, stream) = text.split_once(':')?;
    valid(name, stream)
}

fn valid(name: &str, stream: &str) -> Option<(String, String)> {
    (!name.is_empty() && !stream.is_empty()).then(|| (name.to_owned(), stream.to_owned()))
}

/// Returns `platform:f38` of the provide `base-module(platform:f38)`.
pub(crate) fn of_provide(provide: &str) -> Option<&str> {
    provide.strip_prefix("base-module(")?.strip_suffix(')')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn os_release() {
        let found = |text: &str| of_os_release(text).map(|(name, stream)| format!("{name} {stream}"));
        assert_eq!(found("NAME=x\nPLATFORM_ID=\"platform:f38\"\n").as_deref(), Some("platform f38"));
        assert_eq!(found("PLATFORM_ID=platform:f38\n"), None);
        assert_eq!(found("PLATFORM_ID=\"platform\"\n"), None);
        assert_eq!(found("PLATFORM_ID=\":f38\"\n"), None);
        assert_eq!(found("NAME=x\n"), None);
        assert_eq!(of_provide("base-module(platform:f38)"), Some("platform:f38"));
        assert_eq!(of_provide("base-module"), None);
    }
}
