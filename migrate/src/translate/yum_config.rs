//! `config-manager` of dnf 4 and yum-config-manager: options there, subcommands in dnf5.

use super::call::Call;
use super::draft::Draft;
use super::yum_options::read;
use super::{Part, Translation};
use crate::tool::Tool;
use crate::word::Word;

/// Translates a call of the program yum-config-manager.
pub(super) fn program(words: &[Word]) -> Translation {
    let mut draft = Draft::new(Tool::YumConfigManager, words);
    draft.becomes(0, vec![Part::New("dnf5".to_owned()), Part::New("config-manager".to_owned())]);
    draft.command = Some(0);
    let mut call = read(words);
    let arguments = call.positionals.clone();
    command_line(&mut draft, &mut call, &arguments);
    draft.finish("changes the configuration of repositories")
}

/// Translates the options of `dnf config-manager`; subcommands are dnf5's and stay.
pub(super) fn command(draft: &mut Draft<'_>, call: &mut Call, _command: usize, arguments: &[usize]) {
    let is_new = arguments.first().is_some_and(|word| {
        matches!(draft.words[*word].text(), "addrepo" | "setopt" | "unsetopt" | "setvar" | "unsetvar")
    });
    if !is_new {
        command_line(draft, call, arguments);
    }
}

fn command_line(draft: &mut Draft<'_>, call: &mut Call, arguments: &[usize]) {
    let added = call.take("add-repo");
    let on = [call.take("set-enabled"), call.take("enable")].concat();
    let off = [call.take("set-disabled"), call.take("disable")].concat();
    let saved = call.take("save");
    let settings = call.take("setopt");
    let kinds = usize::from(!added.is_empty()) + usize::from(!on.is_empty()) + usize::from(!off.is_empty());
    for option in &saved {
        draft.drop(option);
    }
    if kinds > 1 || (kinds == 1 && !settings.is_empty()) {
        draft.lost("dnf5 wants one command for each: addrepo, setopt");
        return;
    }
    if !added.is_empty() {
        draft.add("addrepo");
        for option in &added {
            let Some(value) = &option.value else { continue };
            let to = if std::path::Path::new(&value.text).extension().is_some_and(|extension| extension == "repo") {
                "--from-repofile"
            } else if value.text.contains(crate::word::EXPANSION) {
                draft.lost("dnf5 takes a .repo file by --from-repofile and a place of packages by --set=baseurl; which one is it?");
                return;
            } else {
                draft.differs("dnf5 names the repository otherwise; --id sets the name");
                "--set=baseurl"
            };
            draft.rename(option, to);
            if let (Some(word), "--set=baseurl") = (value.word, to) {
                draft.goes(word);
                draft.becomes(option.word, vec![Part::New(format!("--set=baseurl={}", value.text))]);
            } else if let Some(word) = value.word {
                let part =
                    Part::Changed { index: word, cut: String::new(), prefix: format!("{to}="), suffix: String::new() };
                draft.goes(option.word);
                draft.becomes(word, vec![part]);
            }
        }
        return;
    }
    if !on.is_empty() || !off.is_empty() {
        draft.add("setopt");
        let suffix = if on.is_empty() { ".enabled=0" } else { ".enabled=1" };
        on.iter().chain(&off).for_each(|option| draft.drop(option));
        if arguments.is_empty() {
            draft.lost("no repository is named");
        }
        for &word in arguments {
            if draft.words[word].text().contains(',') {
                draft.lost("dnf5 wants one setting for each repository");
            }
            let part =
                Part::Changed { index: word, cut: String::new(), prefix: String::new(), suffix: suffix.to_owned() };
            draft.becomes(word, vec![part]);
        }
        return;
    }
    if settings.is_empty() || saved.is_empty() {
        draft.lost(
            "without --save nothing is changed, only shown; dnf5 shows by --dump-main-config and --dump-repo-config",
        );
        return;
    }
    draft.add("setopt");
    for option in &settings {
        let Some(value) = &option.value else { continue };
        match value.word {
            Some(_) => draft.goes(option.word),
            None => {
                let cut = value.lead.clone();
                let part = Part::Changed { index: option.word, cut, prefix: String::new(), suffix: String::new() };
                draft.becomes(option.word, vec![part]);
            }
        }
    }
    for &word in arguments {
        draft.goes(word);
        draft.differs("the names of repositories beside --setopt are left out: the settings name them");
    }
}
