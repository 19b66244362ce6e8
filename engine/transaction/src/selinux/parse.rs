//! Files of a policy: which policy it is, its file contexts, and paths that count as others.

use super::pattern;

/// Type of file that a context is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind(u32);

impl Kind {
    /// Every type.
    pub(super) const ANY: Kind = Kind(0);

    /// Returns the type of a file with this mode; any when the mode has none.
    pub(super) fn of_mode(mode: u32) -> Kind {
        match mode & 0o170_000 {
            known @ (0o060_000 | 0o020_000 | 0o040_000 | 0o010_000 | 0o120_000 | 0o140_000 | 0o100_000) => Kind(known),
            _ => Kind::ANY,
        }
    }

    /// Tells whether a context for this type is one for a file of another one.
    pub(super) fn suits(self, file: Kind) -> bool {
        self == Kind::ANY || file == Kind::ANY || self == file
    }

    fn parse(word: &[u8]) -> Option<Kind> {
        Some(Kind(match word {
            b"-b" => 0o060_000,
            b"-c" => 0o020_000,
            b"-d" => 0o040_000,
            b"-p" => 0o010_000,
            b"-l" => 0o120_000,
            b"-s" => 0o140_000,
            b"--" => 0o100_000,
            _ => return None,
        }))
    }
}

/// One line of a file of contexts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line<'t> {
    /// Its number, from 1.
    pub(super) number: u32,
    pub(super) pattern: &'t [u8],
    pub(super) kind: Kind,
    /// The context; none for files that are to be left as they are.
    pub(super) context: Option<&'t [u8]>,
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let space = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b;
    line.split(space).filter(|word| !word.is_empty())
}

fn lines(text: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let numbered = (1_u32..).zip(text.split(|byte| *byte == b'\n'));
    numbered.filter(|(_, line)| words(line).next().is_some_and(|first| !first.starts_with(b"#")))
}

/// Reads the lines of a file of contexts; the error says which line makes no sense, and why.
pub(super) fn contexts(text: &[u8]) -> Result<Vec<Line<'_>>, String> {
    lines(text).map(|(number, line)| context(number, line)).collect()
}

fn context(number: u32, line: &[u8]) -> Result<Line<'_>, String> {
    if !line.iter().all(|byte| byte.is_ascii()) {
        return Err(format!("line {number} has characters that are not ASCII"));
    }
    let mut words = words(line);
    let (Some(pattern), Some(second)) = (words.next(), words.next()) else {
        return Err(format!("line {number} is missing fields"));
    };
    let (kind, context) = match words.next() {
        None => (Kind::ANY, second),
        Some(context) => {
            let word = String::from_utf8_lossy(second);
            (Kind::parse(second).ok_or_else(|| format!("line {number} has invalid file type {word}"))?, context)
        }
    };
    Ok(Line { number, pattern, kind, context: (context != b"<<none>>").then_some(context) })
}

/// A path below which everything counts as below another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Substitution {
    from: Vec<u8>,
    to: Vec<u8>,
}

/// Reads a file of substitutions; of several that fit, the last one counts.
pub(super) fn substitutions(text: &[u8]) -> Vec<Substitution> {
    let pair = |(_, line)| {
        let mut words = words(line);
        Some(Substitution { from: words.next()?.to_vec(), to: words.next()?.to_vec() })
    };
    let mut all: Vec<_> = lines(text).filter_map(pair).collect();
    all.reverse();
    all
}

/// Returns the path as which another one counts, if it does not count as itself.
pub(super) fn substituted(list: &[Substitution], path: &[u8]) -> Option<Vec<u8>> {
    list.iter().find_map(|Substitution { from, to }| {
        let rest = path.strip_prefix(&from[..]).filter(|rest| rest.is_empty() || rest[0] == b'/')?;
        // Two slashes would come of it otherwise.
        let rest = if to == b"/" { rest.strip_prefix(b"/").unwrap_or(rest) } else { rest };
        Some([&to[..], rest].concat())
    })
}

/// What `/etc/selinux/config` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Config {
    /// Name of the policy: a directory beside the file.
    pub(super) policy: String,
}

/// Reads `/etc/selinux/config`; none when it names no policy.
pub(super) fn config(text: &[u8]) -> Option<Config> {
    let mut policy = None;
    for (_, line) in lines(text) {
        let line = line.trim_ascii_start();
        let name = line.get(..b"SELINUXTYPE=".len());
        if name.is_some_and(|name| name.eq_ignore_ascii_case(b"SELINUXTYPE=")) {
            let value = words(&line[b"SELINUXTYPE=".len()..]).next().unwrap_or_default();
            policy = Some(String::from_utf8_lossy(value).into_owned());
        }
    }
    // A name is one component, so that it leads nowhere else.
    let policy = policy.unwrap_or_else(|| "targeted".to_owned());
    (!policy.is_empty() && !policy.contains('/') && policy != "..").then_some(Config { policy })
}

/// Returns a path without doubled slashes and without one at its end.
pub(super) fn clean(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len());
    for byte in path {
        if *byte != b'/' || out.last() != Some(&b'/') {
            out.push(*byte);
        }
    }
    if out.len() > 1 && out.last() == Some(&b'/') {
        out.pop();
    }
    out
}

/// Components with which a path or a pattern begins and which other ones can share: all but the last one, as long as
/// they are plain text, at most `depth`.
pub(super) fn stems(text: &[u8], depth: usize) -> Vec<Vec<u8>> {
    let mut stems = Vec::new();
    let mut rest = text;
    while stems.len() < depth
        && let Some(end) = rest.get(1..).and_then(|rest| rest.iter().position(|byte| *byte == b'/'))
    {
        if end > 0 {
            match pattern::plain(&rest[1..=end]) {
                Some(stem) => stems.push(stem),
                None => break,
            }
        }
        rest = &rest[1 + end..];
    }
    stems
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn never_panics(text in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = (contexts(&text), substitutions(&text), config(&text), clean(&text), stems(&text, 3));
        }
    }

    #[test]
    fn lines_are_read_as_libselinux_reads_them() {
        let text = b"# comment\n\n  /etc(/.*)?\tsystem_u:object_r:etc_t:s0\n/dev/x -c  ctx\n/tmp/x <<none>>\n";
        let read = contexts(text).expect("all of it makes sense");
        let all: Vec<_> = read.iter().map(|line| (line.number, line.pattern, line.context)).collect();
        assert_eq!(
            all,
            [
                (3, &b"/etc(/.*)?"[..], Some(&b"system_u:object_r:etc_t:s0"[..])),
                (4, b"/dev/x", Some(b"ctx")),
                (5, b"/tmp/x", None),
            ]
        );
        assert!(read[1].kind.suits(Kind::of_mode(0o020_600)) && !read[1].kind.suits(Kind::of_mode(0o100_600)));
        assert_eq!(contexts(b"\n/etc\n").unwrap_err(), "line 2 is missing fields");
        assert_eq!(contexts(b"/etc -x ctx").unwrap_err(), "line 1 has invalid file type -x");
        assert_eq!(contexts("/é ctx".as_bytes()).unwrap_err(), "line 1 has characters that are not ASCII");
    }

    #[test]
    fn the_last_substitution_counts() {
        let list = substitutions(b"/run/x /never\n/run /var/run\n/srv/root /\n# no\n/half\n");
        let of =
            |path: &str| substituted(&list, path.as_bytes()).map(|path| String::from_utf8_lossy(&path).into_owned());
        assert_eq!(of("/run/x").as_deref(), Some("/var/run/x"));
        assert_eq!(of("/run").as_deref(), Some("/var/run"));
        assert_eq!(of("/running"), None);
        assert_eq!(of("/srv/root/etc").as_deref(), Some("/etc"));
        assert_eq!(of("/srv/root").as_deref(), Some("/"));
    }

    #[test]
    fn a_configuration_names_one_policy() {
        let named = |text: &[u8]| config(text).map(|config| config.policy);
        assert_eq!(named(b"SELINUX=enforcing\nSELINUXTYPE=mls \n#SELINUXTYPE=x\n").as_deref(), Some("mls"));
        assert_eq!(named(b"").as_deref(), Some("targeted"));
        assert_eq!(named(b"SELINUXTYPE=../../tmp"), None);
    }

    #[test]
    fn stems_are_plain_and_shared() {
        let of = |text: &str| stems(text.as_bytes(), 3).join(&b' ');
        assert_eq!(of("/usr/lib/a/b/c"), b"usr lib a");
        assert_eq!(of("/usr/lib(/.*)?"), b"usr");
        assert_eq!(of(r"/usr/\.x/y"), b"usr .x");
        assert_eq!(of("//usr//x"), b"usr");
        assert_eq!(of("/usr"), b"");
    }
}
