//! The arguments of `oxidnf rpm`: letters run together, as rpm takes them.

use std::path::PathBuf;

/// Everything on the command line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Arguments {
    pub(super) root: Option<PathBuf>,
    pub(super) defines: Vec<(String, String)>,
    pub(super) action: Action,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Action {
    Query(Query),
    Verify(Verify),
    Import { files: Vec<String>, test: bool },
    ListKeys(Vec<String>),
    ExportKeys(Vec<String>),
    DeleteKeys(Vec<String>),
    Checksig { files: Vec<String>, verbose: bool },
    RebuildKeys { from: Option<String> },
    Database(Upkeep),
}

/// What is done with the database as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Upkeep {
    Init,
    Rebuild,
    Verify,
    Export,
    Import,
}

/// What becomes of the lines of a query before they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pipe {
    /// By the time of installation, the last first.
    Last,
    /// Lines that come more than once.
    Duplicates,
}

/// Which packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    All,
    Name,
    File,
    Package,
}

/// `-q`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) which: Which,
    pub(super) arguments: Vec<String>,
    pub(super) shows: Vec<Show>,
    pub(super) formats: Vec<String>,
    pub(super) list: Option<List>,
    pub(super) pipe: Option<Pipe>,
    pub(super) verbose: bool,
}

/// What is shown of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Show {
    Info,
    Requires,
    Provides,
    Conflicts,
    Obsoletes,
    Recommends,
    Suggests,
    Supplements,
    Enhances,
    Scripts,
    Changelog,
    Changes,
    Xml,
    Json,
    Triggers,
    FileTriggers,
    FilesByPackage,
    FileClass,
    FileMime,
    FileColor,
    FileProvide,
    FileRequire,
    FileCaps,
    Last,
    Duplicates,
}

/// Which files are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct List {
    pub(super) config: bool,
    pub(super) doc: bool,
}

/// `-V`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verify {
    pub(super) which: Which,
    pub(super) arguments: Vec<String>,
    pub(super) files: bool,
    pub(super) deps: bool,
    pub(super) scripts: bool,
    pub(super) verbose: bool,
}

const SUPPORTED: &str = "oxidnf rpm has these forms of rpm: -q and -V with -a, -f, -p or names; -i, -l, -c, -d, -R, \
    --requires, --provides, --conflicts, --obsoletes, --recommends, --suggests, --supplements, --enhances, --scripts, \
    --triggers, --filetriggers, --changelog, --changes, --xml, --json, --filesbypkg, --fileclass, --filemime, --filecolor, \
    --fileprovide, --filerequire, --filecaps, --last, --dupes, --queryformat; --import, --list, --export, --delete and --rebuild for \
    keys; --checksig; --initdb, --rebuilddb, --salvagedb, --verifydb, --exportdb and --importdb; and the options --root, \
    --dbpath, --define, --from, --test, --nodeps, --nofiles, --noscripts, --verbose";

/// Letters and options as they were found.
#[derive(Default)]
struct Seen {
    query: bool,
    verify: bool,
    import: bool,
    export: bool,
    delete: bool,
    checksig: bool,
    rebuild_keys: bool,
    from: Option<String>,
    test: bool,
    upkeep: Vec<Upkeep>,
    pipes: Vec<Pipe>,
    all: bool,
    file: bool,
    package: bool,
    verbose: bool,
    no_files: bool,
    no_deps: bool,
    no_scripts: bool,
    shows: Vec<Show>,
    formats: Vec<String>,
    list: Option<List>,
    root: Option<PathBuf>,
    defines: Vec<(String, String)>,
    rest: Vec<String>,
}

/// Reads the arguments; the error is a sentence.
pub(super) fn parse(arguments: &[String]) -> Result<Arguments, String> {
    let mut seen = Seen::default();
    let mut words = arguments.iter();
    let mut only_names = false;
    while let Some(word) = words.next() {
        if only_names || !word.starts_with('-') || word == "-" {
            seen.rest.push(word.clone());
        } else if word == "--" {
            only_names = true;
        } else if let Some(long) = word.strip_prefix("--") {
            let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            let mut value = || match value {
                Some(value) => Ok(value.to_owned()),
                None => words.next().cloned().ok_or_else(|| format!("--{name}: missing argument")),
            };
            seen.long(name, &mut value)?;
        } else {
            for letter in word[1..].chars() {
                seen.letter(letter)?;
            }
        }
    }
    seen.finish()
}

impl Seen {
    fn long(&mut self, name: &str, value: &mut dyn FnMut() -> Result<String, String>) -> Result<(), String> {
        match name {
            "query" => self.query = true,
            "verify" => self.verify = true,
            "import" => self.import = true,
            "export" => self.export = true,
            "delete" => self.delete = true,
            "checksig" => self.checksig = true,
            "rebuild" => self.rebuild_keys = true,
            "from" => self.from = Some(value()?),
            "test" => self.test = true,
            "initdb" => self.upkeep.push(Upkeep::Init),
            // What can be read is taken in any case.
            "rebuilddb" | "salvagedb" => self.upkeep.push(Upkeep::Rebuild),
            "verifydb" => self.upkeep.push(Upkeep::Verify),
            "exportdb" => self.upkeep.push(Upkeep::Export),
            "importdb" => self.upkeep.push(Upkeep::Import),
            "all" => self.all = true,
            "file" => self.file = true,
            "package" => self.package = true,
            "verbose" => self.verbose = true,
            "nofiles" => self.no_files = true,
            "nodeps" => self.no_deps = true,
            "noscripts" => self.no_scripts = true,
            "info" => self.shows.push(Show::Info),
            "requires" => self.shows.push(Show::Requires),
            "provides" => self.shows.push(Show::Provides),
            "conflicts" => self.shows.push(Show::Conflicts),
            "obsoletes" => self.shows.push(Show::Obsoletes),
            "recommends" => self.shows.push(Show::Recommends),
            "suggests" => self.shows.push(Show::Suggests),
            "supplements" => self.shows.push(Show::Supplements),
            "enhances" => self.shows.push(Show::Enhances),
            "scripts" => self.shows.push(Show::Scripts),
            "changelog" => self.shows.push(Show::Changelog),
            "changes" => self.shows.push(Show::Changes),
            "xml" => self.shows.push(Show::Xml),
            "json" => self.shows.push(Show::Json),
            "triggers" | "triggerscripts" => self.shows.push(Show::Triggers),
            "filetriggers" | "filetriggerscripts" => self.shows.push(Show::FileTriggers),
            "filesbypkg" => self.shows.push(Show::FilesByPackage),
            "fileclass" => self.shows.push(Show::FileClass),
            "filemime" => self.shows.push(Show::FileMime),
            "filecolor" => self.shows.push(Show::FileColor),
            "fileprovide" => self.shows.push(Show::FileProvide),
            "filerequire" => self.shows.push(Show::FileRequire),
            "filecaps" => self.shows.push(Show::FileCaps),
            "last" => {
                self.shows.push(Show::Last);
                self.pipes.push(Pipe::Last);
            }
            "dupes" => {
                self.shows.push(Show::Duplicates);
                self.pipes.push(Pipe::Duplicates);
            }
            "list" => drop(self.list.get_or_insert_default()),
            "configfiles" => self.list.get_or_insert_default().config = true,
            "docfiles" => self.list.get_or_insert_default().doc = true,
            "qf" | "queryformat" => self.formats.push(value()?),
            "root" => self.root = Some(PathBuf::from(value()?)),
            "dbpath" => self.defines.push(("_dbpath".to_owned(), value()?)),
            "define" => {
                let text = value()?;
                let (name, body) = text.trim_start().split_once(char::is_whitespace).unwrap_or((&text, ""));
                self.defines.push((name.to_owned(), body.trim_start().to_owned()));
            }
            other => return Err(format!("--{other}: unknown option. {SUPPORTED}.")),
        }
        Ok(())
    }

    fn letter(&mut self, letter: char) -> Result<(), String> {
        match letter {
            'q' => self.query = true,
            'V' => self.verify = true,
            'K' => self.checksig = true,
            'a' => self.all = true,
            'f' => self.file = true,
            'p' => self.package = true,
            'v' => self.verbose = true,
            'i' if !self.query => {
                return Err(format!("-i: packages are installed by `oxidnf install`. {SUPPORTED}."));
            }
            'i' => self.shows.push(Show::Info),
            'R' => self.shows.push(Show::Requires),
            'P' => self.shows.push(Show::Provides),
            'l' => drop(self.list.get_or_insert_default()),
            'c' => self.list.get_or_insert_default().config = true,
            'd' => self.list.get_or_insert_default().doc = true,
            other => return Err(format!("-{other}: unknown option. {SUPPORTED}.")),
        }
        Ok(())
    }

    fn finish(self) -> Result<Arguments, String> {
        // `--list` is about files in a query, and else about keys.
        let list_keys = self.list.is_some() && !self.query && !self.verify;
        let keys = [self.import, self.export, self.delete, self.checksig, list_keys, self.rebuild_keys];
        let modes = [self.query, self.verify].into_iter().chain(keys);
        if modes.filter(|mode| *mode).count() + self.upkeep.len() != 1 {
            return Err(format!("exactly one of the forms has to be chosen. {SUPPORTED}."));
        }
        let which = match (self.all, self.file, self.package) {
            (false, false, false) => Which::Name,
            (true, false, false) => Which::All,
            (false, true, false) => Which::File,
            (false, false, true) => Which::Package,
            _ => return Err("rpm: one type of query/verify may be performed at a time".to_owned()),
        };
        let arguments = self.rest;
        let needs = |what: &str| Err(format!("rpm: no arguments given for {what}"));
        let action = if self.query {
            if self.pipes.len() > 1 {
                return Err("rpm: error: more than one --pipe specified (incompatible popt aliases?)".to_owned());
            }
            if arguments.is_empty() && which != Which::All {
                return needs("query");
            }
            Action::Query(Query {
                which,
                arguments,
                shows: self.shows,
                formats: self.formats,
                list: self.list,
                pipe: self.pipes.first().copied(),
                verbose: self.verbose,
            })
        } else if self.verify {
            if arguments.is_empty() && which != Which::All {
                return needs("verify");
            }
            let (files, deps, scripts) = (!self.no_files, !self.no_deps, !self.no_scripts);
            Action::Verify(Verify { which, arguments, files, deps, scripts, verbose: self.verbose })
        } else if self.import {
            if arguments.is_empty() {
                return Err("rpmkeys: no arguments given".to_owned());
            }
            Action::Import { files: arguments, test: self.test }
        } else if list_keys {
            Action::ListKeys(arguments)
        } else if self.export {
            Action::ExportKeys(arguments)
        } else if self.delete {
            if arguments.is_empty() {
                return Err("rpmkeys: no arguments given".to_owned());
            }
            Action::DeleteKeys(arguments)
        } else if self.checksig {
            if arguments.is_empty() {
                return Err("rpmkeys: no arguments given".to_owned());
            }
            Action::Checksig { files: arguments, verbose: self.verbose }
        } else if let Some(upkeep) = self.upkeep.first() {
            Action::Database(*upkeep)
        } else {
            Action::RebuildKeys { from: self.from }
        };
        Ok(Arguments { root: self.root, defines: self.defines, action })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Action, String> {
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        parse(&words).map(|arguments| arguments.action)
    }

    #[test]
    fn letters_run_together() {
        let Ok(Action::Query(query)) = parsed("-qlp a.rpm") else { panic!("is a query") };
        assert_eq!((query.which, query.list), (Which::Package, Some(List::default())));
        let Ok(Action::Query(query)) = parsed("-q -i bash") else { panic!("is a query") };
        assert_eq!((query.which, query.shows), (Which::Name, vec![Show::Info]));
    }

    #[test]
    fn what_is_missing_is_said() {
        assert!(parsed("-i a.rpm").is_err_and(|text| text.contains("oxidnf install")));
        assert!(parsed("-q --nosuch a").is_err_and(|text| text.contains("--nosuch: unknown option")));
        assert_eq!(parsed("-q"), Err("rpm: no arguments given for query".to_owned()));
        assert!(parsed("-q -V a").is_err());
    }
}
