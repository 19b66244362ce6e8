//! One line of an `*.actions` file.

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
    fn of_word(word: &str) -> Option<Self> {
        Some(match word {
            "pre_base_setup" => Callback::PreBaseSetup,
            "post_base_setup" => Callback::PostBaseSetup,
            "repos_configured" => Callback::ReposConfigured,
            "repos_loaded" => Callback::ReposLoaded,
            "pre_add_cmdline_packages" => Callback::PreAddCmdlinePackages,
            "post_add_cmdline_packages" => Callback::PostAddCmdlinePackages,
            "goal_resolved" => Callback::GoalResolved,
            "pre_transaction" => Callback::PreTransaction,
            "post_transaction" => Callback::PostTransaction,
            _ => return None,
        })
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

/// On which systems a rule applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Enabled {
    Always,
    HostOnly,
    InstallrootOnly,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) callback: Callback,
    /// Pattern for packages; empty runs the command once, without packages.
    pub(crate) filter: String,
    pub(crate) direction: Direction,
    pub(crate) enabled: Enabled,
    /// Whether a command that fails stops the run.
    pub(crate) raise_error: bool,
    /// Program and arguments, before substitution.
    pub(crate) words: Vec<String>,
}

/// Why a line is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub(crate) struct RuleError {
    pub(crate) line: usize,
    pub(crate) message: String,
}

/// Reads the rules of a file; comments and empty lines are left out.
pub(crate) fn parse(text: &str) -> Result<Vec<Rule>, RuleError> {
    let mut rules = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        rules.push(rule(line).map_err(|message| RuleError { line: index + 1, message })?);
    }
    Ok(rules)
}

fn rule(line: &str) -> Result<Rule, String> {
    let mut fields = line.splitn(5, ':');
    let mut next = || fields.next().map(str::trim).ok_or("a rule has five fields separated by colons");
    let (callback, filter, direction, options, command) = (next()?, next()?, next()?, next()?, next()?);
    let callback = Callback::of_word(callback).ok_or_else(|| format!("unknown callback {callback:?}"))?;
    let direction = match direction {
        "" => Direction::Both,
        "in" => Direction::In,
        "out" => Direction::Out,
        other => return Err(format!("unknown direction {other:?}")),
    };
    if !filter.is_empty() && !callback.has_packages() {
        return Err("this callback has no packages to filter".to_owned());
    }
    if filter.is_empty() && direction != Direction::Both {
        return Err("a direction needs a filter".to_owned());
    }
    if filter.contains('/') {
        return Err("filters by file are not supported".to_owned());
    }
    let mut rule = Rule {
        callback,
        filter: filter.to_owned(),
        direction,
        enabled: Enabled::Always,
        raise_error: false,
        words: split_words(command),
    };
    for option in options.split_whitespace() {
        match option.split_once('=') {
            Some(("enabled", "1")) => {}
            Some(("enabled", "host-only")) => rule.enabled = Enabled::HostOnly,
            Some(("enabled", "installroot-only")) => rule.enabled = Enabled::InstallrootOnly,
            Some(("mode", "plain")) => {}
            Some(("mode", "json")) => return Err("mode=json is not supported".to_owned()),
            Some(("raise_error", "0")) => rule.raise_error = false,
            Some(("raise_error", "1")) => rule.raise_error = true,
            _ => return Err(format!("unknown option {option:?}")),
        }
    }
    if rule.words.is_empty() {
        return Err("the command is missing".to_owned());
    }
    Ok(rule)
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

/// Replaces escapes and `${NAME}` in a word; `value` knows what a name stands for.
pub(crate) fn expand(word: &str, mut value: impl FnMut(&str) -> Option<String>) -> Result<String, String> {
    let mut text = String::new();
    let mut rest = word;
    while let Some(letter) = rest.chars().next() {
        if letter == '\\' {
            let Some(escaped) = rest.chars().nth(1) else { break };
            text.push(match escaped {
                'a' => '\u{7}',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'v' => '\u{b}',
                other => other,
            });
            rest = &rest[1 + escaped.len_utf8()..];
        } else if let Some(name) = rest.strip_prefix("${") {
            let (name, after) = name.split_once('}').ok_or("a variable is not closed")?;
            text.push_str(&value(name).ok_or_else(|| format!("unknown variable {name:?}"))?);
            rest = after;
        } else {
            text.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn reads_rules() {
        let text =
            "# comment\n\npost_transaction:bash*:in:enabled=host-only raise_error=1:/bin/echo a\\ b ${pkg.name}\n";
        let want = Rule {
            callback: Callback::PostTransaction,
            filter: "bash*".to_owned(),
            direction: Direction::In,
            enabled: Enabled::HostOnly,
            raise_error: true,
            words: vec!["/bin/echo".to_owned(), "a\\ b".to_owned(), "${pkg.name}".to_owned()],
        };
        assert_eq!(parse(text), Ok(vec![want]));
    }

    #[rstest]
    #[case("pre_transaction:*:in:/bin/true", "a rule has five fields separated by colons")]
    #[case("sometime::::/bin/true", "unknown callback \"sometime\"")]
    #[case("repos_loaded:*:::/bin/true", "this callback has no packages to filter")]
    #[case("pre_transaction::in::/bin/true", "a direction needs a filter")]
    #[case("pre_transaction::::", "the command is missing")]
    #[case("pre_transaction:::mode=json:/bin/true", "mode=json is not supported")]
    fn refuses(#[case] line: &str, #[case] want: &str) {
        assert_eq!(parse(line).map_err(|error| error.message), Err(want.to_owned()));
    }

    #[test]
    fn expands() {
        let value = |name: &str| (name == "pkg.name").then(|| "a b".to_owned());
        assert_eq!(expand("x\\ ${pkg.name}\\$\\n", value), Ok("x a b$\n".to_owned()));
        assert_eq!(expand("${other}", value), Err("unknown variable \"other\"".to_owned()));
        assert_eq!(expand("${open", value), Err("a variable is not closed".to_owned()));
    }
}
