//! What dnf5 makes of tdnf's command lines; the rules are those of tdnf 3.5 and 3.6 as measured.

use super::call::{Call, OptionUse};
use super::draft::Draft;
use super::tdnf_options::{Means, means, read};
use super::{Context, Part, Translation, specs};
use crate::tool::Tool;
use crate::word::{EXPANSION, Word};

struct Tdnf<'w> {
    draft: Draft<'w>,
    call: Call,
    context: Context,
}

/// Translates a call of tdnf.
pub(super) fn translate(tool: Tool, words: &[Word], context: Context) -> Translation {
    let mut tdnf = Tdnf { draft: Draft::new(tool, words), call: read(words), context };
    if tool == Tool::Tdnfj {
        tdnf.draft.lost("dnf5 has other JSON, and none for most commands; called as tdnf, oxidnf prints tdnf's");
    }
    let does = tdnf.line();
    tdnf.draft.finish(does)
}

impl Tdnf<'_> {
    fn line(&mut self) -> &'static str {
        for (_, error) in std::mem::take(&mut self.call.errors) {
            self.draft.lost(error);
        }
        if self.call.has("version") {
            self.options();
            if self.context.output_is_read {
                self.draft.lost("dnf5 prints its version otherwise");
            }
            return "shows the version";
        }
        let Some(&command) = self.call.positionals.first() else {
            self.options();
            if self.call.has("help") || self.draft.words.len() == 1 {
                return "shows help";
            }
            self.draft.lost("no command is named");
            return "does nothing";
        };
        self.draft.command = Some(command);
        let arguments = self.call.positionals[1..].to_vec();
        let Some(name) = self.draft.words[command].literal() else {
            self.options();
            self.draft.lost("the command is in a variable");
            return "runs a command that a variable names";
        };
        if self.context.status_is_compared {
            self.draft.lost(
                "the exit status is compared with a number: tdnf's is its error modulo 256, dnf5's is 0, 1, 2 or 100",
            );
        }
        let name = name.to_owned();
        let does = self.command(command, &name, &arguments);
        self.options();
        does
    }

    fn command(&mut self, command: usize, name: &str, arguments: &[usize]) -> &'static str {
        match name {
            "install" => self.install(command, arguments),
            "reinstall" => {
                self.changing(arguments);
                "installs packages once more"
            }
            "erase" | "remove" => {
                self.renamed(command, name, "remove");
                self.draft.add("--no-autoremove");
                self.changing(arguments);
                "removes packages, keeps their dependencies"
            }
            "autoerase" | "autoremove" => {
                let has_specs = !arguments.is_empty();
                self.renamed(command, name, if has_specs { "remove" } else { "autoremove" });
                self.changing(arguments);
                if has_specs {
                    "removes packages and what only they needed"
                } else {
                    "removes packages that nothing needs"
                }
            }
            "update" | "upgrade" | "update-to" | "upgrade-to" => self.upgrade(command, name, arguments),
            "downgrade" => {
                if arguments.is_empty() {
                    self.draft.lost("without names tdnf goes back with all packages; dnf5 wants names");
                }
                self.changing(arguments);
                "installs older versions"
            }
            "distro-sync" => {
                if !arguments.is_empty() {
                    self.draft.lost("tdnf ignores the names here, dnf5 obeys them");
                }
                self.changing(&[]);
                "brings packages to the versions of the repositories"
            }
            "list" | "info" => self.list(command, name, arguments),
            "repolist" => self.repolist(command, arguments),
            "repoquery" => self.repoquery(arguments),
            "provides" | "whatprovides" => self.provides(command, name, arguments),
            "search" => self.search(arguments),
            "check-update" => self.check_update(command, arguments),
            "makecache" => {
                self.query_options();
                if self.call.take("refresh").is_empty() {
                    self.draft.add("--refresh");
                }
                "fetches metadata"
            }
            "clean" => self.clean(arguments),
            "history" => self.history(command, arguments),
            "mark" => self.mark(arguments),
            "updateinfo" => self.updateinfo(command, arguments),
            "reposync" => self.reposync(),
            "help" => {
                self.draft.renamed(command, "--help");
                "shows help"
            }
            "count" => {
                self.draft.lost("dnf5 does not count packages; `dnf5 repoquery` piped to `wc -l` comes near");
                "counts packages"
            }
            "check" | "check-local" => {
                self.draft.lost("dnf5's repoclosure (a plug-in) asks a similar question, `dnf5 check` another one");
                "checks whether every package could be installed"
            }
            _ => {
                self.draft.lost(format!("tdnf has no command {}", name.replace(EXPANSION, "…")));
                "is refused by tdnf"
            }
        }
    }

    fn renamed(&mut self, command: usize, name: &str, to: &str) {
        if name != to {
            self.draft.renamed(command, to);
        }
    }

    /// Options and arguments that all changing commands share.
    fn changing(&mut self, arguments: &[usize]) {
        for option in self.call.take("skip-broken") {
            self.draft.keep_for_command(&option);
            self.draft.add("--skip-unavailable");
        }
        for option in self.call.take("allowerasing") {
            self.draft.keep_for_command(&option);
        }
        for option in self.call.take("cacheonly") {
            self.draft.keep(&option);
            self.draft.lost("with -C tdnf still fetches packages, dnf5 fetches nothing");
        }
        for option in self.call.take("noautoremove") {
            self.draft.drop(&option);
        }
        if !self
            .call
            .take("downloadonly")
            .into_iter()
            .map(|option| self.draft.keep_for_command(&option))
            .collect::<Vec<()>>()
            .is_empty()
        {
            self.draft.differs("the packages are in dnf5's cache, not in /var/cache/tdnf");
        }
        self.shared_options();
        for &argument in arguments {
            specs::spaced(&mut self.draft, argument);
            if specs::is_file(self.draft.words[argument].text()) && self.context.status_is_tested {
                self.draft.differs("a package file that does not exist is passed over by tdnf, and an error for dnf5");
            }
        }
    }

    /// Options that mean something to every command.
    fn shared_options(&mut self) {
        for option in self.call.take("installroot") {
            self.draft.rename(&option, "--installroot");
            self.draft.add("--use-host-config");
            self.draft.differs(
                "tdnf takes configuration and repositories from the root where it has them; --use-host-config always takes the host's",
            );
        }
        for option in self.call.take("exclude") {
            self.exclude(&option);
        }
        for option in self.call.take("setopt") {
            self.setopt(&option);
        }
        for option in self.call.take("repofrompath") {
            self.draft.keep(&option);
            self.draft.differs("tdnf checks signatures of such a repository, dnf5 as [main] says");
        }
    }

    fn query_options(&mut self) {
        for option in self.call.take("cacheonly") {
            self.draft.keep(&option);
        }
        self.shared_options();
    }

    fn install(&mut self, command: usize, arguments: &[usize]) -> &'static str {
        for name in ["builddeps", "source"] {
            if self.call.has(name) {
                self.draft.lost(if name == "builddeps" {
                    "dnf5 installs build requirements by `dnf5 builddep` (a plug-in)"
                } else {
                    "dnf5 does not install source packages; `dnf5 download --srpm` fetches them"
                });
            }
        }
        if self.call.has("downloadonly")
            && (self.call.has("downloaddir") || self.call.has("alldeps") || self.call.has("nodeps"))
        {
            return self.download(command, arguments);
        }
        self.changing(arguments);
        "installs packages"
    }

    fn download(&mut self, command: usize, arguments: &[usize]) -> &'static str {
        self.draft.renamed(command, "download");
        for option in &self.call.take("downloadonly") {
            self.draft.drop(option);
        }
        let without = self.call.take("nodeps");
        let all = self.call.take("alldeps");
        without.iter().chain(&all).for_each(|option| self.draft.drop(option));
        if without.is_empty() {
            self.draft.add("--resolve");
            if !all.is_empty() {
                self.draft.add("--alldeps");
            }
        }
        let places = self.call.take("downloaddir");
        if places.is_empty() {
            self.draft
                .lost("tdnf keeps the packages in its cache, `dnf5 download` puts them into the current directory");
        }
        for option in &places {
            self.draft.rename_for_command(option, "--destdir");
        }
        for option in self.call.take("skip-broken") {
            self.draft.drop(&option);
            self.draft.add("--skip-unavailable");
        }
        for option in &self.call.take("allowerasing") {
            self.draft.drop(option);
        }
        self.changing(arguments);
        match (without.is_empty(), all.is_empty()) {
            (false, _) => "downloads packages alone",
            (true, false) => "downloads packages with all dependencies",
            (true, true) => "downloads packages with missing dependencies",
        }
    }

    fn upgrade(&mut self, command: usize, name: &str, arguments: &[usize]) -> &'static str {
        if name != "upgrade" {
            self.draft.renamed(command, "upgrade");
        }
        for option in self.call.take("security") {
            self.draft.keep_for_command(&option);
            for &argument in arguments {
                self.draft.goes(argument);
            }
            if !arguments.is_empty() {
                self.draft.differs("tdnf ignores names beside --security");
            }
        }
        for option in self.call.take("downloaddir") {
            self.draft.rename_for_command(&option, "--destdir");
        }
        self.changing(arguments);
        if arguments.is_empty() { "upgrades everything" } else { "upgrades packages" }
    }

    fn list(&mut self, command: usize, name: &str, arguments: &[usize]) -> &'static str {
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

    fn repolist(&mut self, command: usize, arguments: &[usize]) -> &'static str {
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

    fn repoquery(&mut self, arguments: &[usize]) -> &'static str {
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

    fn provides(&mut self, command: usize, name: &str, arguments: &[usize]) -> &'static str {
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

    fn search(&mut self, arguments: &[usize]) -> &'static str {
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

    fn check_update(&mut self, command: usize, arguments: &[usize]) -> &'static str {
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

    fn clean(&mut self, arguments: &[usize]) -> &'static str {
        self.query_options();
        match arguments.first().map(|word| self.draft.words[*word].literal().map(str::to_lowercase)) {
            None => self.draft.lost("tdnf wants to know what to clean, and fails"),
            Some(Some(kind)) => match &*kind {
                "all" | "packages" | "metadata" | "dbcache" | "expire-cache" => {
                    let word = arguments[0];
                    if self.draft.words[word].text() != kind {
                        self.draft.renamed(word, &kind);
                    }
                }
                "keys" => self.draft.lost("dnf5 keeps no fetched keys that could be cleaned"),
                _ => self.draft.lost("tdnf does not know what to clean here, and fails"),
            },
            Some(None) => {}
        }
        for &more in arguments.iter().skip(1) {
            self.draft.goes(more);
        }
        self.draft.differs("dnf5's cache is /var/cache/libdnf5");
        "removes cached files"
    }

    fn history(&mut self, command: usize, arguments: &[usize]) -> &'static str {
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

    fn mark(&mut self, arguments: &[usize]) -> &'static str {
        self.query_options();
        match arguments.first().map(|word| (*word, self.draft.words[*word].text().to_owned())) {
            Some((word, action)) if action == "install" => self.draft.renamed(word, "user"),
            Some((word, action)) if action == "remove" => self.draft.renamed(word, "dependency"),
            _ => self.draft.lost("tdnf wants `install` or `remove` here"),
        }
        "says why packages are installed"
    }

    fn updateinfo(&mut self, command: usize, arguments: &[usize]) -> &'static str {
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

    fn reposync(&mut self) -> &'static str {
        self.query_options();
        let same =
            ["arch", "delete", "download-metadata", "gpgcheck", "metadata-path", "newest-only", "norepopath", "urls"];
        for name in same {
            for option in self.call.take(name) {
                self.draft.keep_for_command(&option);
            }
        }
        for option in self.call.take("download-path") {
            self.draft.rename_for_command(&option, "--destdir");
        }
        for option in self.call.take("source") {
            self.draft.rename_for_command(&option, "--srpm");
        }
        self.draft.differs("reposync is a plug-in of dnf5 (package dnf5-plugins)");
        "copies a repository"
    }

    fn exclude(&mut self, option: &OptionUse) {
        self.draft.keep(option);
        let Some(value) = &option.value else { return };
        if !value.text.contains(':') {
            return;
        }
        if value.text.contains(EXPANSION) {
            self.draft.lost("dnf5 wants commas between the excluded packages");
        } else {
            let list = value.text.replace(':', ",");
            let word = value.word.unwrap_or(option.word);
            self.draft.becomes(word, vec![Part::New(format!("{}{list}", value.lead))]);
        }
    }

    fn setopt(&mut self, option: &OptionUse) {
        let Some(value) = option.value.clone() else { return };
        let Some((key, setting)) = value.text.split_once('=') else {
            self.draft.lost("--setopt wants KEY=VALUE");
            return;
        };
        match key {
            "reposdir" | "cachedir" | "keepcache" => self.draft.keep(option),
            "tsflags" if matches!(setting, "noscripts" | "nodocs") => self.draft.keep(option),
            "snapshottime" | "snapshotexcluderepos" => {
                self.draft.lost("dnf5 has no point in time; oxidnf knows --snapshottime under every name");
            }
            "exclude" => self.draft.lost("write --exclude for dnf5"),
            _ if key.contains('.') || dnf5_obeys(key) => {
                self.draft.lost(format!("tdnf ignores the setting {}, dnf5 obeys it", key.replace(EXPANSION, "…")));
            }
            _ => {
                self.draft.drop(option);
                self.draft.differs(format!("tdnf ignores the setting {}", key.replace(EXPANSION, "…")));
            }
        }
    }

    /// Deals with the options that no command took.
    fn options(&mut self) {
        for option in std::mem::take(&mut self.call.options) {
            match means(option.name) {
                Means::Global => self.draft.keep(&option),
                Means::Renamed(text) if option.value.is_some() => self.draft.rename(&option, text),
                Means::Renamed(text) => self.draft.replace(&option, text),
                Means::Nothing(why) => {
                    self.draft.drop(&option);
                    if why.starts_with("tdnf's plug-ins") {
                        self.draft.differs(why);
                    }
                }
                Means::Lost(why) => self.draft.lost(why),
                Means::Command => {
                    self.draft.drop(&option);
                    self.draft.differs(format!("tdnf ignores --{} here", option.name));
                }
            }
        }
    }
}

/// Settings of `dnf.conf` that people give on the command line.
fn dnf5_obeys(key: &str) -> bool {
    const KEYS: &[&str] = &[
        "allow_vendor_change",
        "assumeno",
        "assumeyes",
        "best",
        "check_config_file_age",
        "clean_requirements_on_remove",
        "defaultyes",
        "excludepkgs",
        "exclude_from_weak",
        "fastestmirror",
        "gpgcheck",
        "pkg_gpgcheck",
        "includepkgs",
        "install_weak_deps",
        "installonly_limit",
        "installonlypkgs",
        "ip_resolve",
        "localpkg_gpgcheck",
        "log_size",
        "max_parallel_downloads",
        "metadata_expire",
        "minrate",
        "module_platform_id",
        "multilib_policy",
        "obsoletes",
        "optional_metadata_types",
        "plugins",
        "protected_packages",
        "proxy",
        "proxy_password",
        "proxy_username",
        "repo_gpgcheck",
        "retries",
        "skip_broken",
        "skip_if_unavailable",
        "skip_unavailable",
        "sslcacert",
        "sslverify",
        "strict",
        "throttle",
        "timeout",
        "tsflags",
        "user_agent",
        "varsdir",
        "zchunk",
    ];
    KEYS.contains(&key)
}

#[cfg(test)]
mod tests {
    use super::super::shown;
    use super::*;
    use rstest::rstest;

    // Rows of the table of idioms in Azure Linux's own sources, and rules of tdnf's grammar.
    #[rstest]
    #[case("tdnf install -y P", "dnf5 install -y P")]
    #[case("tdnf -y install P", "dnf5 -y install P")]
    #[case("tdnf update -y", "dnf5 upgrade -y")]
    #[case("tdnf -y clean all", "dnf5 -y clean all")]
    #[case("tdnf makecache", "dnf5 makecache --refresh")]
    #[case("tdnf makecache --refresh", "dnf5 makecache --refresh")]
    #[case(
        "tdnf install -y --releasever=V --installroot /staging P",
        "dnf5 install --use-host-config -y --releasever=V --installroot /staging P"
    )]
    #[case(
        "tdnf -v install P --installroot R --nogpgcheck --assumeyes --setopt reposdir=/etc/yum.repos.d/ --releasever=$",
        "dnf5 install --use-host-config P --installroot R --no-gpgchecks --assumeyes --setopt reposdir=/etc/yum.repos.d/ --releasever=$"
    )]
    #[case("tdnf install -y --nodeps --downloadonly --downloaddir D P", "dnf5 download -y --destdir D P")]
    #[case("tdnf -y --downloadonly --downloaddir=$ install P", "dnf5 -y download --resolve --destdir=$ P")]
    #[case(
        "tdnf install --downloadonly -y --disablerepo=* --enablerepo=A --alldeps --downloaddir $ P",
        "dnf5 download --resolve --alldeps -y --disablerepo=* --enablerepo=A --destdir $ P"
    )]
    #[case("tdnf install -y P=V", "dnf5 install -y 'P = V'")]
    #[case("tdnf install -y P>=$", "dnf5 install -y \"P >= $\"")]
    #[case("tdnf remove -y P", "dnf5 remove --no-autoremove -y P")]
    #[case("tdnf -v remove --assumeyes --disablerepo $ P", "dnf5 remove --no-autoremove --assumeyes --disablerepo $ P")]
    #[case("tdnf erase -y A B", "dnf5 remove --no-autoremove -y A B")]
    #[case("tdnf autoremove -y createrepo", "dnf5 remove -y createrepo")]
    #[case("tdnf autoremove -y", "dnf5 autoremove -y")]
    #[case("tdnf repolist", "dnf5 repo list")]
    #[case("tdnf repolist all", "dnf5 repo list --all")]
    #[case("tdnf list ALL --disablerepo=x", "dnf5 list --showduplicates --disablerepo=x")]
    #[case("tdnf -q list available P", "dnf5 -q list --available --showduplicates P")]
    #[case("tdnf -qy install P", "dnf5 -qy install P")]
    #[case("tdnf -qvy install P", "dnf5 -qy install P")]
    #[case("tdnf -refresh -releasever=3.0 list --installed", "dnf5 --refresh --releasever=3.0 list --installed")]
    #[case("tdnf -d 1 -e0 install P", "dnf5 install P")]
    #[case("tdnf install -b --refr P", "dnf5 install --best --refresh P")]
    #[case("tdnf install -i /r P", "dnf5 install --use-host-config --installroot /r P")]
    #[case("tdnf install --skip-broken A B", "dnf5 install --skip-unavailable --skip-broken A B")]
    #[case("tdnf install --exclude a:b P", "dnf5 install --exclude a,b P")]
    #[case("tdnf mark install P", "dnf5 mark user P")]
    #[case("tdnf history", "dnf5 history list")]
    #[case("tdnf --refresh updateinfo", "dnf5 --refresh advisory summary")]
    #[case("tdnf install -x foo", "dnf5 install foo")]
    #[case("tdnf install --setopt=foo=1 P", "dnf5 install P")]
    #[case("tdnf repoquery --installed C", "dnf5 repoquery --installed C")]
    fn rewritten(#[case] line: &str, #[case] want: &str) {
        let shown = shown(Tool::Tdnf, line, Context::default());
        assert_eq!(shown.lines().next(), Some(&*format!("Rewritten: {want}")), "{shown}");
    }

    #[rstest]
    #[case("tdnf install --setopt=install_weak_deps=0 P", "tdnf ignores the setting install_weak_deps")]
    #[case("tdnf repoquery --file F --json", "other JSON")]
    #[case("tdnf count", "does not count")]
    #[case("tdnf install --snapshottime=$ P", "point in time")]
    #[case("tdnf $ P", "in a variable")]
    #[case("tdnf install --forcearch=x P", "no option --forcearch=x")]
    #[case("tdnf update --nogpgcheck --cacheonly P", "still fetches packages")]
    #[case("tdnf history undo 3", "counts its own")]
    #[case("tdnf search a b", "one of the words")]
    #[case("tdnf install --releasever", "has no value")]
    #[case("tdnf downgrade", "wants names")]
    fn for_a_person(#[case] line: &str, #[case] why: &str) {
        let shown = shown(Tool::Tdnf, line, Context::default());
        assert!(shown.starts_with("Person") && shown.contains(why), "{shown}");
    }

    #[rstest]
    #[case("tdnf list installed", "headings")]
    #[case("tdnf provides x", "Matched From")]
    #[case("tdnf check-update", "columns")]
    fn whose_output_is_read(#[case] line: &str, #[case] why: &str) {
        let context = Context { output_is_read: true, ..Context::default() };
        let shown = shown(Tool::Tdnf, line, context);
        assert!(shown.starts_with("Person") && shown.contains(why), "{shown}");
    }

    #[test]
    fn names_are_printed_as_tdnf_prints_them_where_somebody_reads_them() {
        let context = Context { output_is_read: true, ..Context::default() };
        let shown = shown(Tool::Tdnf, "tdnf repoquery --installed C", context);
        assert_eq!(shown, "Rewritten: dnf5 repoquery --qf=%{name}-%{version}-%{release}.%{arch}\\n --installed C");
    }

    #[test]
    fn a_status_that_is_no_failure_for_tdnf_does_not_end_the_script() {
        let context = Context { failure_ends: true, ..Context::default() };
        assert_eq!(shown(Tool::Tdnf, "tdnf check-update", context), "Rewritten: dnf5 check-upgrade || [ $? -eq 100 ]");
    }
}
