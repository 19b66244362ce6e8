//! One line of an `*.actions` file.

use std::path::{Path, PathBuf};

/// When a rule applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Callback {
    PreBaseSetup,
    PostBaseSetup,
    ReposConfigured,
    ReposLoaded,
    PreAddCmdlinePackages,
    PostAddCmdlinePackages,
    GoalResolved,
    PreTransaction,
    PostTransaction,
}

impl Callback {
    const ALL: [Self; 9] = [
        Callback::PreBaseSetup,
        Callback::PostBaseSetup,
        Callback::ReposConfigured,
        Callback::ReposLoaded,
        Callback::PreAddCmdlinePackages,
        Callback::PostAddCmdlinePackages,
        Callback::GoalResolved,
        Callback::PreTransaction,
        Callback::PostTransaction,
    ];

    /// Returns dnf5's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Callback::PreBaseSetup => "pre_base_setup",
            Callback::PostBaseSetup => "post_base_setup",
            Callback::ReposConfigured => "repos_configured",
            Callback::ReposLoaded => "repos_loaded",
            Callback::PreAddCmdlinePackages => "pre_add_cmdline_packages",
            Callback::PostAddCmdlinePackages => "post_add_cmdline_packages",
            Callback::GoalResolved => "goal_resolved",
            Callback::PreTransaction => "pre_transaction",
            Callback::PostTransaction => "post_transaction",
        }
    }

    /// Tells whether there are packages that a filter can choose from.
    pub(crate) const fn has_packages(self) -> bool {
        matches!(self, Callback::GoalResolved | Callback::PreTransaction | Callback::PostTransaction)
    }
}

/// Which packages of a transaction a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    In,
    Out,
    Both,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    /// Where it is written.
    pub(crate) file: PathBuf,
    /// The line there, from 1.
    pub(crate) line: usize,
    pub(crate) callback: Callback,
    /// Pattern for packages; empty runs the command once, without packages.
    pub(crate) filter: String,
    pub(crate) direction: Direction,
    /// Whether a command that fails stops the run.
    pub(crate) raise_error: bool,
    /// Program and arguments, before substitution.
    pub(crate) words: Vec<String>,
}

impl Rule {
    /// Returns the place as messages name it.
    pub(crate) fn place(&self) -> String {
        place(&self.file, self.line)
    }
}

fn place(file: &Path, line: usize) -> String {
    format!("File \"{}\" on line {line}", file.display())
}

/// Reads the rules of a file that apply; comments and empty lines are left out, and so are rules for other roots.
///
/// An error is dnf5's message with the place.
pub(crate) fn parse(file: &Path, text: &str, in_root: bool) -> Result<Vec<Rule>, String> {
    let mut rules = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let read = rule(file, index + 1, line, in_root);
        rules.extend(read.map_err(|message| format!("{}: {message}", place(file, index + 1)))?);
    }
    Ok(rules)
}

fn rule(file: &Path, line: usize, text: &str, in_root: bool) -> Result<Option<Rule>, String> {
    let fields: Vec<&str> = text.splitn(5, ':').collect();
    let [callback, filter, direction, options, command] = fields[..] else {
        return Err("\"HOOK:PKG_FILTER:DIRECTION:OPTIONS:CMD\" format expected".to_owned());
    };
    let options = Options::read(options, in_root)?;
    // What dnf5 does not run it does not look at either.
    if !options.enabled {
        return Ok(None);
    }
    let known = Callback::ALL.into_iter().find(|known| known.name() == callback);
    let callback = known.ok_or_else(|| format!("Unknown hook \"{callback}\""))?;
    if !filter.is_empty() && !callback.has_packages() {
        return Err("Package filter can only be used in GOAL_RESOLVED, PRE_TRANS and POST_TRANS hooks".to_owned());
    }
    if filter.is_empty() && !direction.is_empty() {
        return Err("Cannot use direction without package filter".to_owned());
    }
    let direction = match direction {
        "" => Direction::Both,
        "in" => Direction::In,
        "out" => Direction::Out,
        other => return Err(format!("Unknown package direction \"{other}\"")),
    };
    let raise_error = options.check()?;
    let words = split_words(command);
    if words.is_empty() {
        return Err("Missing command".to_owned());
    }
    Ok(Some(Rule { file: file.to_owned(), line, callback, filter: filter.to_owned(), direction, raise_error, words }))
}

/// The options of a line; their names and `enabled` are checked before everything else of it.
struct Options {
    enabled: bool,
    mode: Option<String>,
    raise_error: Option<String>,
}

impl Options {
    fn read(text: &str, in_root: bool) -> Result<Self, String> {
        let mut options = Options { enabled: true, mode: None, raise_error: None };
        for option in split_words(text) {
            match option.split_once('=') {
                Some(("enabled", "1")) => {}
                Some(("enabled", "host-only")) => options.enabled &= !in_root,
                Some(("enabled", "installroot-only")) => options.enabled &= in_root,
                Some(("enabled", other)) => return Err(format!("Unknown \"enabled\" option value \"{other}\"")),
                Some(("mode", mode)) => options.mode = Some(mode.to_owned()),
                Some(("raise_error", value)) => options.raise_error = Some(value.to_owned()),
                _ => return Err(format!("Unknown option \"{option}\"")),
            }
        }
        Ok(options)
    }

    /// Tells whether errors end the run.
    fn check(self) -> Result<bool, String> {
        match self.mode.as_deref() {
            None | Some("plain") => {}
            Some("json") => return Err("mode=json is not supported: let the action write plain lines".to_owned()),
            Some(other) => return Err(format!("Unknown mode \"{other}\"")),
        }
        match self.raise_error.as_deref() {
            None | Some("0") => Ok(false),
            Some("1") => Ok(true),
            Some(other) => Err(format!("Unsupported value of the \"raise_error\" option: {other}")),
        }
    }
}

/// Splits at blanks that no backslash stands before; backslashes stay.
fn split_words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let last = words.len() - 1;
        match letter {
            ' ' => words.push(String::new()),
            '\\' => {
                words[last].push('\\');
                words[last].extend(letters.next());
            }
            other => words[last].push(other),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Replaces `${NAME}` in a word and then what backslashes stand before; `value` knows what a name stands for.
pub(crate) fn expand(word: &str, mut value: impl FnMut(&str) -> Option<String>) -> Result<String, String> {
    let mut text = String::new();
    let mut rest = word;
    while let Some(start) = rest.find("${") {
        text.push_str(&rest[..start]);
        let name = &rest[start + 2..];
        let (name, after) = name
            .split_once('}')
            .ok_or_else(|| format!("Syntax error: Incomplete variable name \"{}\"", &rest[start..]))?;
        text.push_str(&value(name).ok_or_else(|| format!("Unknown variable \"{name}\""))?);
        rest = after;
    }
    text.push_str(rest);
    Ok(unescape(&text))
}

fn unescape(text: &str) -> String {
    let mut plain = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            plain.push(letter);
            continue;
        }
        plain.extend(letters.next().map(|escaped| match escaped {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            other => other,
        }));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn rules(text: &str) -> Result<Vec<Rule>, String> {
        parse(Path::new("f"), text, true)
    }

    #[test]
    fn reads_rules() {
        let text = "# comment\n\npost_transaction:bash*:in:enabled=installroot-only raise_error=1:/bin/echo a\\ b ${x}\n\
                    junk:::enabled=host-only:\n";
        let want = Rule {
            file: PathBuf::from("f"),
            line: 3,
            callback: Callback::PostTransaction,
            filter: "bash*".to_owned(),
            direction: Direction::In,
            raise_error: true,
            words: vec!["/bin/echo".to_owned(), "a\\ b".to_owned(), "${x}".to_owned()],
        };
        assert_eq!(rules(text), Ok(vec![want]));
    }

    // witness: compat-tests/tests/actions.rs::mistakes
    #[rstest]
    #[case("junk:::foo=1:", "Unknown option \"foo=1\"")]
    #[case("junk:::mode=x:", "Unknown hook \"junk\"")]
    #[case("pre_base_setup:::raise_error=3 mode=x:", "Unknown mode \"x\"")]
    #[case("pre_transaction::::", "Missing command")]
    fn in_this_order(#[case] line: &str, #[case] want: &str) {
        assert_eq!(rules(line), Err(format!("File \"f\" on line 1: {want}")));
    }

    #[test]
    fn expands() {
        let value = |name: &str| (name == "pkg.name").then(|| "a\\tb".to_owned());
        assert_eq!(expand("x\\ ${pkg.name}$\\{x}\\n", value), Ok("x a\tb${x}\n".to_owned()));
        assert_eq!(expand("${other}", value), Err("Unknown variable \"other\"".to_owned()));
        assert_eq!(expand("a${open", value), Err("Syntax error: Incomplete variable name \"${open\"".to_owned()));
    }
}
