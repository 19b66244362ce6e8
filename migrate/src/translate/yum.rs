//! What dnf5 makes of the command lines of yum, dnf 4 and microdnf. What dnf5 itself understands stays as it is.

use super::call::{Call, OptionUse};
use super::draft::Draft;
use super::yum_options::{Means, means, read};
use super::{Context, Part, Translation, yum_config};
use crate::tool::Tool;
use crate::word::Word;

/// Commands with another name and the same meaning: the old name, the new words, what it does.
const RENAMED: &[(&str, &str, &str)] = &[
    ("debuginfo-install", "debuginfo-install", "installs debug information"),
    ("distribution-synchronization", "distro-sync", "brings packages to the versions of the repositories"),
    ("distrosync", "distro-sync", "brings packages to the versions of the repositories"),
    ("downgrade", "downgrade", "installs older versions"),
    ("erase", "remove", "removes packages"),
    ("groupinfo", "group info", "describes groups"),
    ("groupinstall", "group install", "installs groups"),
    ("grouplist", "group list", "lists groups"),
    ("groupremove", "group remove", "removes groups"),
    ("grouperase", "group remove", "removes groups"),
    ("groupupdate", "group upgrade", "upgrades groups"),
    ("install", "install", "installs packages"),
    ("install-n", "install", "installs packages"),
    ("install-na", "install", "installs packages"),
    ("install-nevra", "install", "installs packages"),
    ("localinstall", "install", "installs package files"),
    ("localupdate", "upgrade", "upgrades from package files"),
    ("prov", "provides", "finds the packages that provide something"),
    ("provides", "provides", "finds the packages that provide something"),
    ("reinstall", "reinstall", "installs packages once more"),
    ("remove", "remove", "removes packages"),
    ("remove-n", "remove", "removes packages"),
    ("remove-na", "remove", "removes packages"),
    ("remove-nevra", "remove", "removes packages"),
    ("search", "search", "searches names and descriptions"),
    ("update", "upgrade", "upgrades packages"),
    ("update-minimal", "upgrade --minimal", "upgrades to the lowest versions that mend something"),
    ("upgrade", "upgrade", "upgrades packages"),
    ("upgrade-minimal", "upgrade --minimal", "upgrades to the lowest versions that mend something"),
    ("update-to", "upgrade", "upgrades packages"),
    ("upgrade-to", "upgrade", "upgrades packages"),
    ("whatprovides", "provides", "finds the packages that provide something"),
    ("check-update", "check-upgrade", "looks for upgrades"),
    ("check-upgrade", "check-upgrade", "looks for upgrades"),
];

/// Other names that dnf5 knows too; under the name dnf they stay.
const KNOWN_TO_DNF5: &[&str] = &[
    "check-update",
    "dg",
    "dsync",
    "grp",
    "if",
    "in",
    "ls",
    "mc",
    "rei",
    "repoinfo",
    "repolist",
    "rm",
    "rq",
    "se",
    "up",
    "update",
    "updateinfo",
    "upgrade-minimal",
    "build-dep",
];

/// Commands that dnf5 does not have.
const LOST: &[(&str, &str)] = &[
    ("alias", "dnf5 reads aliases from files in /etc/dnf/dnf5-aliases.d"),
    ("load-transaction", "dnf5 stores transactions by `--store` and runs them by `replay`"),
    ("repository-packages", "dnf5 has `--from-repo` and `--installed-from-repo` instead"),
    ("repo-pkgs", "dnf5 has `--from-repo` and `--installed-from-repo` instead"),
    ("repo-packages", "dnf5 has `--from-repo` and `--installed-from-repo` instead"),
    ("shell", "dnf5 has no shell; `dnf5 do` runs several actions in one transaction"),
    ("load-ts", "dnf5 stores transactions by `--store` and runs them by `replay`"),
    ("fs", "dnf5 has `--no-docs` and the setting tsflags instead"),
    ("resolvedep", "use `dnf5 provides`"),
    ("version", "dnf5 has no versions of the database"),
    ("history-rollback", "write `history rollback`"),
    ("updatevz", "no tool of this name is known to dnf5"),
];

struct Yum<'w> {
    draft: Draft<'w>,
    call: Call,
    context: Context,
    tool: Tool,
}

/// Translates a call of yum, dnf 4 or microdnf.
pub(super) fn translate(tool: Tool, words: &[Word], context: Context) -> Translation {
    let mut yum = Yum { draft: Draft::new(tool, words), call: read(words), context, tool };
    let does = yum.line();
    yum.options();
    yum.draft.finish(does)
}

impl Yum<'_> {
    fn line(&mut self) -> &'static str {
        let Some(&command) = self.call.positionals.first() else { return "shows help or its version" };
        self.draft.command = Some(command);
        let arguments = self.call.positionals[1..].to_vec();
        let Some(name) = self.draft.words[command].literal() else {
            if self.tool != Tool::Dnf {
                self.draft.lost("the command is in a variable");
            }
            return "runs a command that a variable names";
        };
        let name = name.to_owned();
        self.installroot();
        self.command(command, &name, &arguments)
    }

    fn command(&mut self, command: usize, name: &str, arguments: &[usize]) -> &'static str {
        if let Some((_, why)) = LOST.iter().find(|(known, _)| *known == name) {
            self.draft.lost(*why);
            return "does something that dnf5 does otherwise";
        }
        self.downloads(command, name);
        match name {
            "list" | "ls" | "info" | "if" => self.list(arguments),
            "repolist" => self.repolist(command, arguments),
            "history" => self.history(command, arguments),
            "autoremove" if !arguments.is_empty() => {
                self.renamed(command, name, "remove");
                "removes packages and what only they needed"
            }
            "group" | "groups" | "grp" => self.group(command, name, arguments),
            "config-manager" => {
                yum_config::command(&mut self.draft, &mut self.call, command, arguments);
                "changes the configuration of repositories"
            }
            "mark" => self.mark(arguments),
            "makecache" => self.makecache(arguments),
            "updateinfo" | "advisory" => self.updateinfo(command, arguments),
            "deplist" => {
                self.renamed(command, name, "repoquery --providers-of=requires");
                self.draft.differs("dnf5 lists the providers, not the requirement beside each");
                "shows what provides the requirements"
            }
            "module" => self.module(command, arguments),
            "clean" => self.clean(arguments),
            _ => self.plain(command, name),
        }
    }

    fn plain(&mut self, command: usize, name: &str) -> &'static str {
        let Some((_, new, does)) = RENAMED.iter().find(|(known, _, _)| *known == name) else {
            return "does what dnf5's command of this name does";
        };
        self.renamed(command, name, new);
        if name.contains("-n") && !name.starts_with("upgrade") && !name.starts_with("update") {
            self.draft.differs("dnf5 reads every form of a name here");
        }
        does
    }

    /// Gives the command its new words, unless dnf5 knows the old one under this program's name.
    fn renamed(&mut self, command: usize, name: &str, to: &str) {
        let may_stay = self.tool == Tool::Dnf && KNOWN_TO_DNF5.contains(&name);
        if name != to && !may_stay {
            self.draft.renamed(command, to);
        }
    }

    fn installroot(&mut self) {
        if self.call.has("installroot") && !self.draft.words.iter().any(|word| word.text() == "--use-host-config") {
            if self.tool == Tool::Dnf {
                self.draft.differs(
                    "dnf 4 takes the host's repositories if the root has none; dnf5 only with --use-host-config",
                );
                return;
            }
            self.draft.add("--use-host-config");
            self.draft.differs(
                "yum takes configuration and repositories from the root where it has them; --use-host-config always takes the host's",
            );
        }
    }

    /// `--downloadonly --downloaddir` of a changing command.
    fn downloads(&mut self, command: usize, name: &str) {
        let places: Vec<OptionUse> =
            self.call.take("downloaddir").into_iter().chain(self.call.take("destdir")).collect();
        let only = self.call.take("downloadonly");
        if name == "download" {
            for option in &places {
                self.draft.rename_for_command(option, "--destdir");
            }
            return;
        }
        if places.is_empty() {
            for option in &only {
                self.draft.keep_for_command(option);
            }
            return;
        }
        for option in &only {
            self.draft.drop(option);
        }
        for option in &places {
            self.draft.rename_for_command(option, "--destdir");
        }
        match name {
            "install" | "localinstall" => {
                self.draft.renamed(command, "download");
                self.draft.add("--resolve");
            }
            "update" | "upgrade" | "up" => {}
            _ => self.draft.lost("dnf5 downloads into a directory by `download` and `upgrade` only"),
        }
    }

    fn list(&mut self, arguments: &[usize]) -> &'static str {
        const SCOPES: &[(&str, &str)] = &[
            ("all", ""),
            ("available", "--available"),
            ("installed", "--installed"),
            ("extras", "--extras"),
            ("distro-extras", "--extras"),
            ("updates", "--upgrades"),
            ("upgrades", "--upgrades"),
            ("obsoletes", "--obsoletes"),
            ("recent", "--recent"),
            ("autoremove", "--autoremove"),
        ];
        let first = arguments.first().and_then(|word| self.draft.words[*word].literal().map(|text| (*word, text)));
        let scope =
            first.and_then(|(word, text)| SCOPES.iter().find(|(name, _)| *name == text).map(|(_, new)| (word, *new)));
        if let Some((word, new)) = scope {
            self.draft.goes(word);
            if !new.is_empty() {
                self.draft.add(new);
            }
            if self.context.output_is_read {
                self.draft.differs("dnf5's headings end in small letters: `Installed packages`");
            }
        }
        "lists packages"
    }

    fn repolist(&mut self, command: usize, arguments: &[usize]) -> &'static str {
        let is_verbose = self.call.has("verbose");
        self.renamed(command, "repolist", if is_verbose { "repo info" } else { "repo list" });
        if is_verbose && self.tool == Tool::Dnf {
            self.draft.renamed(command, "repo info");
        }
        let first = arguments.first().and_then(|word| self.draft.words[*word].literal().map(|text| (*word, text)));
        if let Some((word, scope @ ("all" | "enabled" | "disabled"))) = first {
            let option = format!("--{scope}");
            self.draft.goes(word);
            self.draft.add(&option);
        }
        "lists repositories"
    }

    fn history(&mut self, command: usize, arguments: &[usize]) -> &'static str {
        match arguments.first().map(|word| self.draft.words[*word].text().to_owned()).as_deref() {
            None => self.draft.add("list"),
            Some("list" | "info" | "undo" | "redo" | "rollback" | "store") => {}
            Some("replay") => {
                self.draft.renamed(command, "replay");
                self.draft.goes(arguments[0]);
                self.draft.lost("dnf5 replays a directory, not a file");
            }
            Some("userinstalled") => {
                self.draft.renamed(command, "repoquery");
                self.draft.goes(arguments[0]);
                self.draft.add("--userinstalled");
            }
            Some(text) if text.starts_with(|c: char| c.is_ascii_digit()) => self.draft.add("list"),
            Some(_) => self.draft.lost("dnf5's history has list, info, undo, redo, rollback and store"),
        }
        "shows or changes the history"
    }

    fn group(&mut self, command: usize, name: &str, arguments: &[usize]) -> &'static str {
        if name == "groups" || (name == "grp" && self.tool != Tool::Dnf) {
            self.draft.renamed(command, "group");
        }
        match arguments.first().map(|word| (*word, self.draft.words[*word].text().to_owned())) {
            None => self.draft.add("list"),
            Some((word, action)) => match &*action {
                "update" => self.draft.renamed(word, "upgrade"),
                "erase" => self.draft.renamed(word, "remove"),
                "mark" => {
                    self.draft
                        .lost("dnf5 marks a group by `group install --no-packages` or `group remove --no-packages`");
                }
                "summary" => self.draft.lost("dnf5 has no summary of groups; use `group list`"),
                _ => {}
            },
        }
        "works on groups"
    }

    fn mark(&mut self, arguments: &[usize]) -> &'static str {
        if let Some((word, action)) = arguments.first().map(|word| (*word, self.draft.words[*word].text().to_owned())) {
            match &*action {
                "install" => self.draft.renamed(word, "user"),
                "remove" => self.draft.renamed(word, "dependency"),
                "group" => self.draft.lost("dnf5 wants the group: `mark group GROUP PACKAGES`"),
                _ => {}
            }
        }
        "says why packages are installed"
    }

    fn makecache(&mut self, arguments: &[usize]) -> &'static str {
        for &word in arguments {
            if matches!(self.draft.words[word].text(), "fast" | "timer") {
                self.draft.goes(word);
            }
        }
        let timers: Vec<usize> =
            (1..self.draft.words.len()).filter(|word| self.draft.words[*word].text() == "--timer").collect();
        for word in timers {
            self.draft.goes(word);
        }
        "fetches metadata"
    }

    fn updateinfo(&mut self, command: usize, arguments: &[usize]) -> &'static str {
        self.renamed(command, "updateinfo", "advisory");
        match arguments.first().map(|word| self.draft.words[*word].text().to_owned()).as_deref() {
            None => self.draft.add("summary"),
            Some("list" | "info" | "summary") => {}
            Some(_) => {
                self.draft.lost("dnf5 wants list, info or summary, and the types as options: --security, --bugfix, …");
            }
        }
        "shows advisories"
    }

    fn module(&mut self, command: usize, arguments: &[usize]) -> &'static str {
        let Some((word, action)) = arguments.first().map(|word| (*word, self.draft.words[*word].text().to_owned()))
        else {
            return "works on modules";
        };
        match &*action {
            "install" | "remove" => {
                self.draft.renamed(command, &action);
                self.draft.goes(word);
                for &module in &arguments[1..] {
                    let part =
                        Part::Changed { index: module, cut: String::new(), prefix: "@".into(), suffix: String::new() };
                    self.draft.becomes(module, vec![part]);
                }
            }
            "provides" | "repoquery" | "update" | "switch-to" => {
                self.draft.lost("dnf5's module has list, info, enable, disable and reset");
            }
            _ => {}
        }
        "works on modules"
    }

    fn clean(&mut self, arguments: &[usize]) -> &'static str {
        for &word in arguments {
            match self.draft.words[word].text() {
                "rpmdb" | "plugins" | "headers" => {
                    self.draft.renamed(word, "all");
                    self.draft.differs("dnf5 has no such part of the cache; `all` cleans it with the rest");
                }
                _ => {}
            }
        }
        "removes cached files"
    }

    fn options(&mut self) {
        for option in std::mem::take(&mut self.call.options) {
            match means(option.name) {
                Means::Same if option.name == "best" => self.draft.keep(&option),
                Means::Same if option.in_cluster => self.draft.keep(&option),
                Means::Same => {}
                Means::OfCommand => self.draft.behind_command(&option),
                Means::Renamed(_) if self.is_known_alias(&option) => {}
                Means::Renamed(text) => self.draft.rename(&option, text),
                Means::Nothing => self.draft.drop(&option),
                Means::Lost(why) => self.draft.lost(why),
                Means::Command => self.draft.behind_command(&option),
            }
        }
    }

    /// Under the name dnf, other names that dnf5 knows stay as they are.
    fn is_known_alias(&self, option: &OptionUse) -> bool {
        self.tool == Tool::Dnf && matches!(option.name, "nobest" | "nogpgcheck" | "noplugins" | "repoid")
    }
}

#[cfg(test)]
mod tests {
    use super::super::shown;
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Tool::Yum, "yum install -y P", "dnf5 install -y P")]
    #[case(Tool::Yum, "yum -y update", "dnf5 -y upgrade")]
    #[case(Tool::Yum, "yum -d1 -e 0 -y install P", "dnf5 -y install P")]
    #[case(Tool::Yum, "yum groupinstall -y Development", "dnf5 group install -y Development")]
    #[case(Tool::Yum, "yum list installed", "dnf5 list --installed")]
    #[case(Tool::Yum, "yum history", "dnf5 history list")]
    #[case(Tool::Dnf, "dnf list all", "dnf list")]
    #[case(Tool::Yum, "yum erase P", "dnf5 remove P")]
    #[case(Tool::Yum, "yum makecache fast", "dnf5 makecache")]
    #[case(Tool::Yum, "yum install --downloadonly --downloaddir=$ P", "dnf5 download --resolve --destdir=$ P")]
    #[case(Tool::Yum, "yum clean all", "dnf5 clean all")]
    #[case(Tool::Yum, "yum -v repolist all", "dnf5 repo info --all")]
    #[case(Tool::Yum, "yum --skip-broken install P", "dnf5 install --skip-broken P")]
    #[case(
        Tool::Dnf,
        "dnf config-manager --add-repo https://x/y.repo",
        "dnf config-manager addrepo --from-repofile=https://x/y.repo"
    )]
    #[case(Tool::Dnf, "dnf config-manager --set-enabled crb", "dnf config-manager setopt crb.enabled=1")]
    #[case(Tool::Dnf, "dnf config-manager --enable $", "dnf config-manager setopt $.enabled=1")]
    #[case(Tool::Dnf, "dnf config-manager --save --setopt=$.enabled=0", "dnf config-manager setopt $.enabled=0")]
    #[case(Tool::Dnf, "dnf list installed P", "dnf list --installed P")]
    #[case(Tool::Dnf, "dnf autoremove P", "dnf remove P")]
    #[case(Tool::Dnf, "dnf mark install P", "dnf mark user P")]
    #[case(Tool::Dnf, "dnf module install nodejs:20", "dnf install @nodejs:20")]
    #[case(Tool::Dnf, "dnf -v install P", "dnf install P")]
    #[case(Tool::Dnf, "dnf updateinfo", "dnf updateinfo summary")]
    #[case(Tool::Microdnf, "microdnf install -y --nodocs P", "dnf5 install -y --nodocs P")]
    #[case(
        Tool::YumConfigManager,
        "yum-config-manager --enable a b",
        "dnf5 config-manager setopt a.enabled=1 b.enabled=1"
    )]
    #[case(
        Tool::YumConfigManager,
        "yum-config-manager --add-repo http://h/p/",
        "dnf5 config-manager addrepo --set=baseurl=http://h/p/"
    )]
    #[case(Tool::Yumdownloader, "yumdownloader --resolve --destdir=D P", "dnf5 download --resolve --destdir=D P")]
    #[case(Tool::YumBuilddep, "yum-builddep -y x.spec", "dnf5 builddep -y x.spec")]
    fn rewritten(#[case] tool: Tool, #[case] line: &str, #[case] want: &str) {
        let shown = shown(tool, line, Context::default());
        assert_eq!(shown.lines().next(), Some(&*format!("Rewritten: {want}")), "{shown}");
    }

    #[rstest]
    #[case("dnf install -y P")]
    #[case("dnf -y upgrade --refresh")]
    #[case("dnf update --nogpgcheck")]
    #[case("dnf check-update")]
    #[case("dnf repolist --enabled")]
    #[case("dnf history undo last")]
    #[case("dnf config-manager setopt crb.enabled=1")]
    #[case("dnf config-manager addrepo --from-repofile=https://x/y.repo")]
    #[case("dnf $ P")]
    #[case("dnf group install x")]
    #[case("dnf clean all")]
    fn what_dnf5_understands_stays(#[case] line: &str) {
        let shown = shown(Tool::Dnf, line, Context::default());
        assert_eq!(shown.lines().next(), Some(&*format!("Same: {line}")));
    }

    #[rstest]
    #[case("yum shell x")]
    #[case("dnf repository-packages x install")]
    #[case("dnf updateinfo list-security-x")]
    #[case("yum $ P")]
    fn for_a_person(#[case] line: &str) {
        let tool = if line.starts_with("yum") { Tool::Yum } else { Tool::Dnf };
        let shown = shown(tool, line, Context::default());
        assert!(shown.starts_with("Person"), "{shown}");
    }
}
