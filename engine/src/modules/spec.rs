//! Specs of modules: `name:stream:version:context:arch/profile` and shorter ones.

use oxidnf_catalog::Glob;
use oxidnf_repo::metadata::modules::ModuleStream;

/// One way to read a spec; a part that is not given matches anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModuleSpec {
    /// Name of the module.
    pub name: String,
    /// Stream, or empty.
    pub stream: String,
    /// Version, or empty.
    pub version: String,
    /// Context, or empty.
    pub context: String,
    /// Architecture, or empty.
    pub arch: String,
    /// Profile, or empty.
    pub profile: String,
}

impl ModuleSpec {
    /// Returns all ways to read a spec, the one that counts first where several match.
    pub fn readings(spec: &str) -> Vec<Self> {
        let (rest, profile) = match spec.split_once('/') {
            Some((rest, profile)) if profile.is_empty() || is_word(profile) => (rest, profile),
            Some(_) => return Vec::new(),
            None => (spec, ""),
        };
        let parts: Vec<&str> = rest.split(':').collect();
        let read = |name: &str, stream: &str, version: &str, context: &str, arch: &str| {
            let words = [name, stream, context, arch].iter().all(|part| part.is_empty() || is_word(part));
            let valid = !name.is_empty() && words && (version.is_empty() || is_version(version));
            let own = |part: &str| part.to_owned();
            valid.then(|| ModuleSpec {
                name: own(name),
                stream: own(stream),
                version: own(version),
                context: own(context),
                arch: own(arch),
                profile: own(profile),
            })
        };
        // An architecture that does not follow a context stands behind two colons.
        let readings = match parts[..] {
            [name] => vec![read(name, "", "", "", "")],
            [name, stream] if !stream.is_empty() => vec![read(name, stream, "", "", "")],
            [name, "", arch] if !arch.is_empty() => vec![read(name, "", "", "", arch)],
            [name, stream, third] if !stream.is_empty() && !third.is_empty() => {
                vec![read(name, stream, "", third, ""), read(name, stream, third, "", "")]
            }
            [name, stream, "", arch] if !stream.is_empty() && !arch.is_empty() => {
                vec![read(name, stream, "", "", arch)]
            }
            [name, stream, version, context] if ![stream, version, context].contains(&"") => {
                vec![read(name, stream, version, context, "")]
            }
            [name, stream, version, "", arch] if ![stream, version, arch].contains(&"") => {
                vec![read(name, stream, version, "", arch)]
            }
            [name, stream, version, context, arch] | [name, stream, version, context, "", arch]
                if ![stream, version, context, arch].contains(&"") =>
            {
                vec![read(name, stream, version, context, arch)]
            }
            _ => Vec::new(),
        };
        readings.into_iter().flatten().collect()
    }

    /// Tells whether a build is meant; all parts are patterns.
    pub fn matches(&self, build: &ModuleStream) -> bool {
        let part = |pattern: &str, text: &str| pattern.is_empty() || Glob::new(pattern, false).matches(text);
        part(&self.name, &build.name)
            && part(&self.stream, &build.stream)
            && part(&self.version, &build.version.to_string())
            && part(&self.context, &build.context)
            && part(&self.arch, &build.arch)
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "][*?!+._-".contains(c))
}

fn is_version(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || "][*?!-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let shown = |spec: &str| -> Vec<String> {
            let line = |spec: ModuleSpec| {
                let ModuleSpec { name, stream, version, context, arch, profile } = spec;
                [name, stream, version, context, arch, profile].join(",")
            };
            ModuleSpec::readings(spec).into_iter().map(line).collect()
        };
        assert_eq!(shown("n"), ["n,,,,,"]);
        assert_eq!(shown("n/"), ["n,,,,,"]);
        assert_eq!(shown("n/p"), ["n,,,,,p"]);
        assert_eq!(shown("n:s/p"), ["n,s,,,,p"]);
        assert_eq!(shown("n:s:1"), ["n,s,,1,,", "n,s,1,,,"]);
        assert_eq!(shown("n:s:c"), ["n,s,,c,,"]);
        assert_eq!(shown("n::a"), ["n,,,,a,"]);
        assert_eq!(shown("n:s::a"), ["n,s,,,a,"]);
        assert_eq!(shown("n:s:1::a"), ["n,s,1,,a,"]);
        assert_eq!(shown("n:s:1:c:a"), ["n,s,1,c,a,"]);
        assert_eq!(shown("n:s:1:c::a/p*"), ["n,s,1,c,a,p*"]);
        for none in ["", ":1", "n:", "n:s:", "n:s:x:c", "n/p/q", "n s", "n:s:1:c:a:b"] {
            assert!(ModuleSpec::readings(none).is_empty(), "{none}");
        }
    }
}
