//! Commands of tdnf that change or fetch something.

use super::super::specs;
use super::Tdnf;

impl Tdnf<'_> {
    /// Options and arguments that all changing commands share.
    pub(super) fn changing(&mut self, arguments: &[usize]) {
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

    pub(super) fn install(&mut self, command: usize, arguments: &[usize]) -> &'static str {
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

    pub(super) fn download(&mut self, command: usize, arguments: &[usize]) -> &'static str {
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

    pub(super) fn upgrade(&mut self, command: usize, name: &str, arguments: &[usize]) -> &'static str {
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

    pub(super) fn mark(&mut self, arguments: &[usize]) -> &'static str {
        self.query_options();
        match arguments.first().map(|word| (*word, self.draft.words[*word].text().to_owned())) {
            Some((word, action)) if action == "install" => self.draft.renamed(word, "user"),
            Some((word, action)) if action == "remove" => self.draft.renamed(word, "dependency"),
            _ => self.draft.lost("tdnf wants `install` or `remove` here"),
        }
        "says why packages are installed"
    }

    pub(super) fn reposync(&mut self) -> &'static str {
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
}
