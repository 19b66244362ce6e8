//! Functions of the macro language that need nothing but their text.

use super::expand::{Expansion, Failed, QUOTE};

/// Where rpm has its own files.
const CONFIG_DIR: &str = "/usr/lib/rpm";
/// The version whose behaviour this is.
const RPM_VERSION: &str = "6.1.0";

/// A function that is always there.
#[allow(missing_docs, reason = "the names are rpm's")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Builtin {
    Basename,
    Define,
    Dirname,
    Dnl,
    Echo,
    Error,
    Expand,
    GetConfDir,
    Global,
    Len,
    Lower,
    MacroBody,
    Quote,
    Reverse,
    RpmVersion,
    ShEscape,
    Shrink,
    Suffix,
    Undefine,
    Upper,
    Url2Path,
    Verbose,
    Warn,
}

const NAMES: [(&str, Builtin); 24] = [
    ("basename", Builtin::Basename),
    ("define", Builtin::Define),
    ("dirname", Builtin::Dirname),
    ("dnl", Builtin::Dnl),
    ("echo", Builtin::Echo),
    ("error", Builtin::Error),
    ("expand", Builtin::Expand),
    ("getconfdir", Builtin::GetConfDir),
    ("global", Builtin::Global),
    ("len", Builtin::Len),
    ("lower", Builtin::Lower),
    ("macrobody", Builtin::MacroBody),
    ("quote", Builtin::Quote),
    ("reverse", Builtin::Reverse),
    ("rpmversion", Builtin::RpmVersion),
    ("shescape", Builtin::ShEscape),
    ("shrink", Builtin::Shrink),
    ("suffix", Builtin::Suffix),
    ("u2p", Builtin::Url2Path),
    ("undefine", Builtin::Undefine),
    ("upper", Builtin::Upper),
    ("url2path", Builtin::Url2Path),
    ("verbose", Builtin::Verbose),
    ("warn", Builtin::Warn),
];

impl Builtin {
    /// Returns the function of a name.
    pub(super) fn of(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, builtin)| *builtin)
    }

    /// Tells whether it takes what follows as it stands.
    pub(super) fn reads_on(self) -> bool {
        matches!(self, Builtin::Define | Builtin::Global | Builtin::Undefine | Builtin::Dnl)
    }

    /// Tells whether it is called with something.
    pub(super) fn takes_parameters(self) -> bool {
        !matches!(self, Builtin::GetConfDir | Builtin::RpmVersion | Builtin::Verbose)
    }

    fn name(self) -> &'static str {
        NAMES.iter().find(|(_, builtin)| *builtin == self).map_or("", |(name, _)| name)
    }
}

impl Expansion<'_> {
    /// Writes what a function makes of a word.
    pub(super) fn builtin(&mut self, builtin: Builtin, word: Option<&str>, out: &mut String) -> Result<(), Failed> {
        match builtin {
            Builtin::GetConfDir => return self.add(CONFIG_DIR, out),
            Builtin::RpmVersion => return self.add(RPM_VERSION, out),
            Builtin::Verbose => return self.add("0", out),
            _ => {}
        }
        let Some(word) = word else {
            return self.fail(format!("error: %{}: argument expected", builtin.name()));
        };
        let text = match builtin {
            Builtin::Basename => word.rsplit('/').next().unwrap_or(word).to_owned(),
            Builtin::Dirname => match word.rsplit_once('/') {
                Some(("", _)) => "/".to_owned(),
                Some((dir, _)) => dir.to_owned(),
                None => ".".to_owned(),
            },
            Builtin::Expand => self.apart(word)?,
            Builtin::Len => word.chars().filter(|c| *c != QUOTE).count().to_string(),
            Builtin::Lower => word.to_ascii_lowercase(),
            Builtin::Upper => word.to_ascii_uppercase(),
            Builtin::MacroBody => self.body_of(word).unwrap_or_default(),
            Builtin::Quote => format!("{QUOTE}{word}{QUOTE}"),
            Builtin::Reverse => word.chars().rev().collect(),
            Builtin::ShEscape => format!("'{}'", word.replace('\'', "'\\''")),
            Builtin::Shrink => word.split_ascii_whitespace().collect::<Vec<_>>().join(" "),
            Builtin::Suffix => word.rsplit_once('.').map_or("", |(_, suffix)| suffix).to_owned(),
            Builtin::Url2Path => path_of(word).to_owned(),
            Builtin::Echo | Builtin::Warn => {
                let before = if builtin == Builtin::Warn { "warning: " } else { "" };
                self.tell(format!("{before}{word}"));
                return Ok(());
            }
            Builtin::Error => return self.fail(format!("error: {word}")),
            // They read on, or are done above.
            Builtin::Define
            | Builtin::Global
            | Builtin::Undefine
            | Builtin::Dnl
            | Builtin::GetConfDir
            | Builtin::RpmVersion
            | Builtin::Verbose => return Ok(()),
        };
        self.add(&text, out)
    }
}

/// Returns the path of a URL; of a path, itself.
fn path_of(url: &str) -> &str {
    match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => url,
    }
}

/// Splits at blanks that are not quoted, by the function or by what rpm itself quotes with.
pub(super) fn split(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), None::<String>, false);
    for c in text.chars() {
        match c {
            QUOTE | '\u{1f}' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' | '\t' if !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}
