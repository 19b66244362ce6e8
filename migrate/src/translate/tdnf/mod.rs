//! What dnf5 makes of tdnf's command lines; the rules are those of tdnf 3.5 and 3.6 as measured.

mod change;
mod options;
mod query;
#[cfg(test)]
mod tests;

use super::call::Call;
use super::draft::Draft;
use super::tdnf_options::read;
use super::{Context, Translation};
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
}
