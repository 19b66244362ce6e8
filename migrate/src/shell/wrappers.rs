//! Programs that run other programs: where the command begins that they run.

use crate::tool::Tool;
use crate::word::Word;

/// What the words of a command are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Runs {
    /// A call of a tool that begins at this word.
    Call(usize, Tool),
    /// A question whether a tool is there; it is named by this word.
    Lookup(usize, Tool),
    /// Something else.
    Other,
}

/// A program that runs what its further words say.
struct Wrapper {
    program: &'static str,
    /// Letters of options that take the next word.
    values: &'static str,
    /// Words before the command that are no options.
    words: usize,
}

const fn wrapper(program: &'static str, values: &'static str, words: usize) -> Wrapper {
    Wrapper { program, values, words }
}

const WRAPPERS: &[Wrapper] = &[
    wrapper("sudo", "ughpCDRTUrt", 0),
    wrapper("doas", "uC", 0),
    wrapper("env", "uCS", 0),
    wrapper("nice", "n", 0),
    wrapper("ionice", "cnp", 0),
    wrapper("timeout", "ks", 1),
    wrapper("time", "fo", 0),
    wrapper("nohup", "", 0),
    wrapper("exec", "a", 0),
    wrapper("command", "", 0),
    wrapper("builtin", "", 0),
    wrapper("xargs", "nIPdLEsa", 0),
    wrapper("chroot", "", 1),
    wrapper("stdbuf", "ioe", 0),
    wrapper("setarch", "", 1),
    wrapper("eatmydata", "", 0),
];

/// Options of find(1) behind which a command stands.
const EXECUTES: &[&str] = &["-exec", "-execdir", "-ok", "-okdir"];

/// Programs whose words are text.
const TEXT: &[&str] = &[
    "echo",
    "printf",
    "grep",
    "egrep",
    "fgrep",
    "sed",
    "awk",
    "cat",
    "logger",
    "rpm",
    "apt-get",
    "apt",
    "pip",
    "test",
    "[",
    "rm",
    "cp",
    "mv",
    "ln",
    "ls",
    "touch",
    "chmod",
    "die",
    "warn",
    "info",
    "log",
    "error",
    "fail",
    "alias",
    "export",
    "unset",
    "case",
    "systemctl",
    "dpkg",
    "basename",
    "dirname",
    "tee",
    "sort",
    "read",
    "man",
    "help",
    "git",
    "curl",
    "wget",
];

/// Commands of the tools, by which a call is told from a mention.
const COMMANDS: &[&str] = &[
    "advisory",
    "autoerase",
    "automatic",
    "autoremove",
    "build-dep",
    "builddep",
    "changelog",
    "check",
    "check-local",
    "check-update",
    "check-upgrade",
    "clean",
    "config-manager",
    "copr",
    "count",
    "debuginfo-install",
    "deplist",
    "distribution-synchronization",
    "distro-sync",
    "downgrade",
    "download",
    "dsync",
    "environment",
    "erase",
    "group",
    "groupinfo",
    "groupinstall",
    "grouplist",
    "groupremove",
    "groups",
    "groupupdate",
    "history",
    "info",
    "install",
    "leaves",
    "list",
    "localinstall",
    "makecache",
    "mark",
    "module",
    "needs-restarting",
    "offline",
    "offline-distrosync",
    "offline-upgrade",
    "provides",
    "reinstall",
    "remove",
    "replay",
    "repo",
    "repoclosure",
    "repolist",
    "repomanage",
    "repoquery",
    "reposync",
    "search",
    "shell",
    "swap",
    "system-upgrade",
    "update",
    "update-minimal",
    "updateinfo",
    "upgrade",
    "upgrade-minimal",
    "versionlock",
    "whatprovides",
];

/// Commands whose names are also words of other kinds: they count only right behind the tool that a call is of.
const SHORT_COMMANDS: &[&str] = &["dg", "do", "grp", "if", "in", "ls", "mc", "rei", "rm", "rq", "se", "status", "up"];

/// Tells whether the words of this program are text to it.
pub(super) fn is_text_program(program: &str) -> bool {
    TEXT.contains(&program.rsplit('/').next().unwrap_or(program))
}

/// Tells whether a program reads shell text from its words or its input.
pub(super) fn is_shell(program: &str) -> bool {
    matches!(program.rsplit('/').next().unwrap_or(program), "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh")
}

/// Finds what the words of a command run.
pub(super) fn runs(words: &[Word]) -> Runs {
    let mut at = 0;
    loop {
        while words.get(at).is_some_and(is_assignment) {
            at += 1;
        }
        let Some(program) = words.get(at).and_then(Word::literal) else { return Runs::Other };
        if let Some(tool) = Tool::of_program(program) {
            return Runs::Call(at, tool);
        }
        let name = program.rsplit('/').next().unwrap_or(program);
        if let Some(lookup) = lookup(name, &words[at..]) {
            return match lookup {
                (offset, tool) if offset > 0 => Runs::Lookup(at + offset, tool),
                _ => Runs::Other,
            };
        }
        if name == "find" {
            match words[at..].iter().position(|word| EXECUTES.contains(&word.text())) {
                Some(offset) => at += offset + 1,
                None => return Runs::Other,
            }
            continue;
        }
        match WRAPPERS.iter().find(|wrapper| wrapper.program == name) {
            Some(wrapper) => at = wrapper.command(words, at),
            None if is_text_program(name) => return Runs::Other,
            None => return mentioned(words, at + 1),
        }
    }
}

/// Returns the word behind the last one of a call that begins at `from`: find(1) has an end of its own for it.
pub(super) fn end(words: &[Word], from: usize) -> usize {
    let is_executed = words[..from].iter().any(|word| EXECUTES.contains(&word.text()));
    let is_end = |word: &Word| matches!(word.text(), ";" | "\\;" | "+");
    let length = is_executed.then(|| words[from..].iter().position(is_end)).flatten();
    length.map_or(words.len(), |length| from + length)
}

/// A call further on in the words of a program that is not known: the name of a tool, and behind it one of its commands.
fn mentioned(words: &[Word], from: usize) -> Runs {
    for at in from..words.len() {
        let Some(tool) = words[at].literal().and_then(Tool::of_program) else { continue };
        let command = words[at + 1..].iter().map(Word::text).find(|text| !text.starts_with('-'));
        if command.is_some_and(|command| COMMANDS.contains(&command)) {
            return Runs::Call(at, tool);
        }
    }
    Runs::Other
}

/// Tells whether one of the tools has a command of this name.
pub fn is_command(name: &str) -> bool {
    COMMANDS.contains(&name) || SHORT_COMMANDS.contains(&name)
}

/// Tells whether the words of a call name a command of the tools, or may do so.
pub(super) fn is_plausible(words: &[Word]) -> bool {
    let command = words[1..].iter().find(|word| !word.text().starts_with('-'));
    command.is_some_and(|word| word.literal().is_none_or(is_command))
}

fn is_assignment(word: &Word) -> bool {
    word.text().split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !name.as_bytes()[0].is_ascii_digit()
    })
}

/// The word by which a program asks for a tool: offset 0 if it asks for something else.
fn lookup(program: &str, words: &[Word]) -> Option<(usize, Tool)> {
    let asks = match program {
        "which" | "type" | "hash" => true,
        "command" => words.get(1).is_some_and(|word| matches!(word.text(), "-v" | "-V")),
        _ => false,
    };
    if !asks {
        return None;
    }
    let found = words.iter().enumerate().skip(1).find_map(|(at, word)| Some((at, Tool::of_program(word.literal()?)?)));
    Some(found.unwrap_or((0, Tool::Dnf)))
}

impl Wrapper {
    /// The word at which the command begins that a wrapper at `at` runs.
    fn command(&self, words: &[Word], at: usize) -> usize {
        let mut next = at + 1;
        let mut words_left = self.words;
        while let Some(word) = words.get(next) {
            let text = word.text();
            if text == "--" {
                return next + 1;
            }
            if let Some(letters) = text.strip_prefix('-').filter(|letters| !letters.is_empty()) {
                let takes_next = !letters.starts_with('-')
                    && letters.chars().last().is_some_and(|letter| self.values.contains(letter))
                    && letters.chars().next().is_some_and(|first| letters.len() == 1 || !self.values.contains(first));
                next += 1 + usize::from(takes_next);
            } else if is_assignment(word) {
                next += 1;
            } else if words_left > 0 {
                words_left -= 1;
                next += 1;
            } else {
                break;
            }
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::word::words;
    use rstest::rstest;

    #[rstest]
    #[case("tdnf install x", Runs::Call(0, Tool::Tdnf))]
    #[case("sudo -E -u root tdnf install x", Runs::Call(4, Tool::Tdnf))]
    #[case("LANG=C sudo A=b yum -y update", Runs::Call(3, Tool::Yum))]
    #[case("timeout -k 5 30 dnf list", Runs::Call(4, Tool::Dnf))]
    #[case("xargs -n 10 tdnf install -y", Runs::Call(3, Tool::Tdnf))]
    #[case("docker exec -it $ tdnf install -y sudo", Runs::Call(4, Tool::Tdnf))]
    #[case("retry 5 yum -q install x", Runs::Call(2, Tool::Yum))]
    #[case("buildah run $ -- dnf -y install x", Runs::Call(4, Tool::Dnf))]
    #[case("find . -name x -exec sudo tdnf install -y {} +", Runs::Call(6, Tool::Tdnf))]
    #[case("find / -name tdnf -delete", Runs::Other)]
    #[case("command -v tdnf", Runs::Lookup(2, Tool::Tdnf))]
    #[case("which ls", Runs::Other)]
    #[case("rpm -q tdnf", Runs::Other)]
    #[case("apt-get install yum", Runs::Other)]
    #[case("frobnicate tdnf", Runs::Other)]
    #[case("echo tdnf install x", Runs::Other)]
    fn what_is_run(#[case] line: &str, #[case] want: Runs) {
        assert_eq!(runs(&words(line)), want);
    }
}
