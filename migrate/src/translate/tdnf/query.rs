//! Commands of tdnf that show something.

use super::super::{Part, specs};
use super::Tdnf;

impl Tdnf<'_> {
    pub(super) fn query_options(&mut self) {
        for option in self.call.take("cacheonly") {
            self.draft.keep(&option);
        }
        self.shared_options();
    }

    pub(super) fn list(&mut self, command: usize, name: &str, arguments: &[usize]) -> &'static str {
        self.query_options();
        let mut scope = None;
        for (option, _) in [
            ("all", ""),
            ("installed", ""),
            ("available", ""),
            ("upgrades", ""),
            ("updates", ""),
            ("downgrades", ""),
            ("extras", ""),
            ("obsoletes", ""),
            ("recent", ""),
        ] {
            for used in self.call.take(option) {
                self.draft.drop(&used);
                scope = Some(option.to_owned());
            }
        }
        let mut specs = arguments;
        if let Some((&first, rest)) = arguments.split_first()
            && let Some(word) = self.draft.words[first].literal().map(str::to_lowercase)
            && ["all", "installed", "available", "upgrades", "updates", "downgrades", "extras", "obsoletes", "recent"]
                .contains(&&*word)
        {
            self.draft.goes(first);
            scope = Some(word);
            specs = rest;
        }
        match scope.as_deref() {
            None | Some("all" | "extras" | "obsoletes" | "recent") => self.draft.add("--showduplicates"),
            Some("installed") => self.draft.add("--installed"),
            Some("available") => {
                self.draft.add("--available");
                self.draft.add("--showduplicates");
            }
            Some("upgrades" | "updates") => self.draft.add("--upgrades"),
            _ => self.draft.lost("dnf5 has no list of downgrades"),
        }
        for &spec in specs {
            specs::spaced(&mut self.draft, spec);
        }
        if self.context.output_is_read {
            self.draft.lost(if name == "list" {
                "the output is read: dnf5 puts headings into the list and names another repository for what is installed"
            } else {
                "the output is read: dnf5 prints other fields"
            });
        }
        let _ = command;
        if name == "list" { "lists packages" } else { "describes packages" }
    }

    pub(super) fn repolist(&mut self, command: usize, arguments: &[usize]) -> &'static str {
        self.query_options();
        self.draft.renamed(command, "repo list");
        if let Some(&first) = arguments.first() {
            self.draft.goes(first);
            match self.draft.words[first].literal().map(str::to_lowercase).as_deref() {
                Some("all") => self.draft.add_at_end("--all"),
                Some("enabled") => self.draft.add_at_end("--enabled"),
                Some("disabled") => self.draft.add_at_end("--disabled"),
                _ => self.draft.lost("tdnf knows all, enabled and disabled"),
            }
        }
        if self.context.output_is_read {
            self.draft.lost("the output is read: dnf5 prints a status only with --all");
        }
        "lists repositories"
    }

    pub(super) fn repoquery(&mut self, arguments: &[usize]) -> &'static str {
        self.query_options();
        let kept = [
            "arch",
            "available",
            "installed",
            "extras",
            "duplicates",
            "userinstalled",
            "file",
            "whatprovides",
            "whatobsoletes",
            "whatconflicts",
            "whatrequires",
            "whatrecommends",
            "whatsuggests",
            "whatsupplements",
            "whatenhances",
            "whatdepends",
        ];
        for name in kept {
            for option in self.call.take(name) {
                self.draft.keep_for_command(&option);
            }
        }
        let shows = [
            ("provides", "--provides"),
            ("obsoletes", "--obsoletes"),
            ("conflicts", "--conflicts"),
            ("requires", "--requires"),
            ("recommends", "--recommends"),
            ("suggests", "--suggests"),
            ("supplements", "--supplements"),
            ("enhances", "--enhances"),
            ("depends", "--depends"),
            ("requires-pre", "--requires-pre"),
            ("list", "--files"),
            ("changelogs", "--changelogs"),
            ("source", "--sourcerpm"),
        ];
        let mut shows_names = true;
        for (name, new) in shows {
            for option in self.call.take(name) {
                self.draft.rename_for_command(&option, new);
                shows_names = false;
                if self.context.output_is_read && matches!(name, "changelogs" | "depends") {
                    self.draft.lost("the output is read: dnf5 prints it otherwise");
                }
            }
        }
        for option in self.call.take("qf") {
            self.draft.rename_for_command(&option, "--qf");
            self.draft.lost("dnf5 ends no line by itself (write \\n) and has other names and units for some tags");
            shows_names = false;
        }
        for option in self.call.take("upgrades") {
            self.draft.drop(&option);
            self.draft.differs("tdnf's --upgrades shows all available packages here");
        }
        if shows_names && self.context.output_is_read {
            self.draft.add("--qf=%{name}-%{version}-%{release}.%{arch}\\n");
        }
        for &spec in arguments {
            specs::spaced(&mut self.draft, spec);
        }
        "asks for packages"
    }

    pub(super) fn provides(&mut self, command: usize, name: &str, arguments: &[usize]) -> &'static str {
        self.query_options();
        self.renamed(command, name, "provides");
        for &more in arguments.iter().skip(1) {
            self.draft.goes(more);
            self.draft.differs("tdnf looks for the first name only");
        }
        if self.context.output_is_read {
            self.draft.lost("the output is read: dnf5 prints a `Matched From` block");
        }
        if self.context.status_is_tested {
            self.draft.lost("finding nothing is success for tdnf and a failure for dnf5");
        } else if self.context.failure_ends {
            self.draft.follow_with("|| true");
        }
        "finds the packages that provide something"
    }

    pub(super) fn search(&mut self, arguments: &[usize]) -> &'static str {
        self.query_options();
        if arguments.len() > 1 || arguments.iter().any(|word| self.draft.words[*word].is_unknown()) {
            self.draft.lost("tdnf wants one of the words, dnf5 all of them");
        }
        if self.context.output_is_read {
            self.draft.lost("the output is read: dnf5 prints headings and other columns");
        }
        if self.context.status_is_tested {
            self.draft.lost("finding nothing is status 63 for tdnf and success for dnf5");
        }
        "searches names and descriptions"
    }

    pub(super) fn check_update(&mut self, command: usize, arguments: &[usize]) -> &'static str {
        self.query_options();
        self.draft.renamed(command, "check-upgrade");
        for &spec in arguments {
            specs::spaced(&mut self.draft, spec);
        }
        if self.context.output_is_read {
            self.draft.lost("the output is read: dnf5 prints name, version and repository in columns");
        }
        if self.context.status_is_tested {
            self.draft.lost("with updates at hand the status is 0 for tdnf and 100 for dnf5");
        } else if self.context.failure_ends {
            self.draft.follow_with("|| [ $? -eq 100 ]");
        } else {
            self.draft.differs("with updates at hand the exit status is 100");
        }
        "looks for upgrades"
    }

    pub(super) fn history(&mut self, command: usize, arguments: &[usize]) -> &'static str {
        self.query_options();
        let action = arguments.first().map(|word| self.draft.words[*word].text().to_owned());
        match action.as_deref() {
            Some("undo" | "redo" | "rollback") => {
                self.draft.lost("dnf5 counts its own transactions; the number means another one there");
                return "goes back to an earlier state";
            }
            Some("init" | "update") => {
                self.draft.lost("dnf5 needs no such step; take the line out");
                return "prepares tdnf's history";
            }
            None => self.draft.add_part(Part::New("list".to_owned())),
            Some("list") => {}
            Some(_) => self.draft.lost("tdnf takes any other word for `list`"),
        }
        let _ = command;
        for name in ["info", "from", "to", "reverse"] {
            if self.call.has(name) {
                self.draft.lost("dnf5's list has other options");
            }
        }
        if self.context.output_is_read {
            self.draft.lost("the output is read: dnf5 prints other columns");
        }
        "shows earlier transactions"
    }

    pub(super) fn updateinfo(&mut self, command: usize, arguments: &[usize]) -> &'static str {
        self.query_options();
        self.draft.renamed(command, "advisory");
        let mut action = None;
        for name in ["summary", "list", "info"] {
            for option in self.call.take(name) {
                self.draft.drop(&option);
                action = Some(name);
            }
        }
        let first = arguments.first().map(|word| self.draft.words[*word].text().to_owned());
        let is_named = matches!(first.as_deref(), Some("summary" | "list" | "info"));
        if !is_named {
            self.draft.add(action.unwrap_or("summary"));
        }
        if arguments.len() > usize::from(is_named) {
            self.draft.lost("tdnf reads the names as packages, dnf5 as advisories; use --contains-pkgs");
        }
        for option in self.call.take("security") {
            self.draft.keep_for_command(&option);
        }
        if self.context.output_is_read {
            self.draft.lost("the output is read: dnf5 prints advisories otherwise");
        }
        "shows advisories"
    }
}
