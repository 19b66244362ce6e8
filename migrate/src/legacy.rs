//! Older spellings on a plain command line, for programs that accept them.

use crate::finding::Verdict;
use crate::tool::Tool;
use crate::translate::{Context, Part, translate};
use crate::word::Word;

/// Returns the arguments that dnf5 has for those of yum, dnf 4 or microdnf, or nothing if they are dnf5's already or have
/// no form that means the same. The arguments are those behind the program's name.
pub fn arguments(tool: Tool, arguments: &[String]) -> Option<Vec<String>> {
    let mut words = vec![Word::new(tool.successor())];
    words.extend(arguments.iter().map(Word::new));
    let translation = translate(tool, &words, Context::default());
    if translation.verdict() != Verdict::Rewritten || translation.behind.is_some() {
        return None;
    }
    let text = |part: &Part| match part {
        Part::Kept(index) => Some(words[*index].text().to_owned()),
        Part::New(text) => Some(text.clone()),
        Part::Changed { index, cut, prefix, suffix } => {
            Some(format!("{prefix}{}{suffix}", words[*index].text().strip_prefix(&**cut)?))
        }
        Part::Spaced { index, operator } => Some(words[*index].text().replacen(operator, &format!(" {operator} "), 1)),
    };
    let line: Option<Vec<String>> = translation.parts.iter().skip(1).map(text).collect();
    line.filter(|line| line != arguments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Tool::Yum, "groupinstall -y x", Some("group install -y x"))]
    #[case(Tool::Dnf, "config-manager --set-enabled crb", Some("config-manager setopt crb.enabled=1"))]
    #[case(Tool::Dnf, "history", Some("history list"))]
    #[case(Tool::Dnf, "install -y x", None)]
    #[case(Tool::Dnf, "shell", None)]
    fn a_line(#[case] tool: Tool, #[case] line: &str, #[case] want: Option<&str>) {
        let line: Vec<String> = line.split(' ').map(str::to_owned).collect();
        assert_eq!(arguments(tool, &line).map(|words| words.join(" ")).as_deref(), want);
    }
}
