//! `tdnf-config`: reads and edits tdnf.conf and repository files, one setting at a time (reference of tdnf, section 6).
//!
//! Lines that nobody asked about stay as they are, comments too.

use std::io;
use std::path::{Path, PathBuf};

use super::conf::ini;
use super::json::Json;
use crate::output::Output;

/// Where the configuration is when `-c` does not say.
const CONF: &str = "/etc/tdnf/tdnf.conf";
/// Where repositories are when the configuration does not say.
const REPOS: &str = "/etc/yum.repos.d";

/// Why it ends early: a status of its own and what stands on standard error.
#[derive(Debug, PartialEq, Eq)]
struct Refusal(u8, String);

impl Refusal {
    fn line(text: impl Into<String>) -> Self {
        Refusal(1, text.into())
    }

    fn system(verb: &str, path: &Path, error: &io::Error) -> Self {
        let code = error.raw_os_error().unwrap_or(0);
        let text = error.to_string();
        let text = text.split(" (os error ").next().unwrap_or(&text);
        Refusal(2, format!("failed to {verb} file '{}': {text} ({code})", path.display()))
    }

    fn no_repo(repo: &str) -> Self {
        Refusal(3, format!("repo '{repo}' not found"))
    }
}

type Told<T> = Result<T, Refusal>;

/// Runs it and returns the exit status.
pub fn run(arguments: &[String], output: &Output) -> u8 {
    let done = Line::parse(arguments.get(1..).unwrap_or_default()).and_then(|line| line.carry_out(output));
    output.flush();
    match done {
        Ok(()) => 0,
        Err(Refusal(status, text)) => {
            output.error(text);
            status
        }
    }
}

/// The command line.
#[derive(Debug, Default, PartialEq, Eq)]
struct Line {
    conf: Option<PathBuf>,
    file: Option<PathBuf>,
    json: bool,
    words: Vec<String>,
}

impl Line {
    /// Options may stand anywhere; `--` ends them.
    fn parse(arguments: &[String]) -> Told<Self> {
        let mut line = Line::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let (name, own) = match argument.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, Some(value)),
                _ => (argument.as_str(), None),
            };
            let mut value = || {
                let value = own.map(str::to_owned).or_else(|| rest.next().cloned());
                value.map(PathBuf::from).ok_or_else(|| Refusal::line(format!("option '{name}' requires an argument")))
            };
            match name {
                "-c" | "--config" => line.conf = Some(value()?),
                "-f" | "--file" => line.file = Some(value()?),
                "-j" | "--json" => line.json = true,
                "--" => {
                    line.words.extend(rest.by_ref().cloned());
                }
                _ if argument.starts_with('-') && argument.len() > 1 => {
                    return Err(Refusal::line(format!("unrecognized option '{argument}'")));
                }
                _ => line.words.push(argument.clone()),
            }
        }
        Ok(line)
    }

    fn carry_out(&self, output: &Output) -> Told<()> {
        let Some((action, words)) = self.words.split_first() else { return Ok(()) };
        if !["create", "edit", "get", "remove", "removerepo", "dump"].contains(&action.as_str()) {
            return Err(Refusal::line(format!("Unknown command '{action}'")));
        }
        let (repo, settings) = words.split_first().ok_or_else(|| Refusal::line("expected main or repo name"))?;
        let some = |text: &str| if settings.is_empty() { Err(Refusal::line(text)) } else { Ok(()) };
        match action.as_str() {
            "create" => {
                some("Expected at least one setting.")?;
                self.create(repo, settings)
            }
            "edit" => {
                some("Expected at least one setting.")?;
                let mut file = self.find(repo)?;
                file.set_all(repo, settings)?;
                file.write()
            }
            "get" => {
                some("expected one setting")?;
                let file = self.find(repo)?;
                let key = &settings[0];
                let value = file.section(repo).and_then(|section| section.get(key).map(str::to_owned));
                output.line(value.ok_or_else(|| Refusal(4, format!("'{key}' not found in '{repo}'")))?);
                Ok(())
            }
            "remove" => {
                some("expected one setting")?;
                let mut file = self.find(repo)?;
                for key in settings {
                    file.remove(repo, key)?;
                }
                file.write()
            }
            "removerepo" => {
                let mut file = self.find(repo)?;
                file.remove_section(repo);
                if ini::sections(&file.text()).is_empty() { file.unlink() } else { file.write() }
            }
            _ => self.dump(repo, output),
        }
    }

    fn conf(&self) -> &Path {
        self.conf.as_deref().unwrap_or(Path::new(CONF))
    }

    /// Returns the repository files in the order of their names.
    fn repo_files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.repos_dir()).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "repo"));
        files.sort();
        files
    }

    fn repos_dir(&self) -> PathBuf {
        let text = std::fs::read_to_string(self.conf()).unwrap_or_default();
        let main = ini::sections(&text).into_iter().next().unwrap_or_default();
        let dir = main.get("repodir").or_else(|| main.get("reposdir")).unwrap_or(REPOS);
        PathBuf::from(dir)
    }

    /// Finds the file that has a section; `main` is tdnf.conf.
    fn find(&self, repo: &str) -> Told<IniFile> {
        if repo == "main" {
            let file = IniFile::read(self.conf())
                .map_err(|_| Refusal(2, format!("could not parse config file {}", self.conf().display())))?;
            return if file.section(repo).is_some() { Ok(file) } else { Err(Refusal::no_repo(repo)) };
        }
        let mut files = self.repo_files().into_iter().filter_map(|path| IniFile::read(&path).ok());
        files.find(|file| file.section(repo).is_some()).ok_or_else(|| Refusal::no_repo(repo))
    }

    fn create(&self, repo: &str, settings: &[String]) -> Told<()> {
        if repo == "main" {
            return Err(Refusal::line("invalid repo name 'main'"));
        }
        if self.find(repo).is_ok() {
            return Err(Refusal(5, format!("repo '{repo}' already exists")));
        }
        let path = self.file.clone().unwrap_or_else(|| self.repos_dir().join(format!("{repo}.repo")));
        let mut file = match IniFile::read(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => IniFile { path, lines: Vec::new() },
            Err(_) => return Err(Refusal(2, format!("could not parse config file {}", path.display()))),
        };
        file.lines.push(format!("[{repo}]"));
        file.set_all(repo, settings)?;
        file.write()
    }

    fn dump(&self, repo: &str, output: &Output) -> Told<()> {
        let file = self.find(repo)?;
        if !self.json {
            output.text(file.text());
            return Ok(());
        }
        let section = file.section(repo).unwrap_or_default();
        let text = |text: &str| Json::text(text).render();
        let pairs: Vec<String> =
            section.entries.iter().map(|(key, value)| format!("{}:{}", text(key), text(value))).collect();
        output.text(format!("{{{}:{{{}}}}}", text(repo), pairs.join(",")));
        Ok(())
    }
}

/// A file by lines.
#[derive(Debug)]
struct IniFile {
    path: PathBuf,
    lines: Vec<String>,
}

impl IniFile {
    fn read(path: &Path) -> io::Result<Self> {
        let text = std::fs::read_to_string(path)?;
        Ok(IniFile { path: path.to_owned(), lines: text.lines().map(str::to_owned).collect() })
    }

    fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }

    fn section(&self, name: &str) -> Option<ini::Section> {
        ini::sections(&self.text()).into_iter().find(|section| section.name == name)
    }

    /// Returns the line of a section's header and the line behind its last one.
    fn range(&self, name: &str) -> Option<(usize, usize)> {
        let header = |line: &String| line.trim_start().starts_with('[');
        let own =
            |line: &String| header(line) && ini::sections(line).first().is_some_and(|section| section.name == name);
        let start = self.lines.iter().position(own)?;
        let behind = self.lines[start + 1..].iter().position(header);
        Some((start, behind.map_or(self.lines.len(), |at| start + 1 + at)))
    }

    fn position(&self, name: &str, key: &str) -> Option<usize> {
        let (start, end) = self.range(name)?;
        // The last line of a key is the one that counts.
        (start + 1..end).rev().find(|at| {
            let line = self.lines[*at].trim_start();
            !line.starts_with('#') && line.split_once('=').is_some_and(|(own, _)| own.trim() == key)
        })
    }

    fn set_all(&mut self, name: &str, settings: &[String]) -> Told<()> {
        for setting in settings {
            let key: String = setting.chars().take_while(|c| !c.is_whitespace() && *c != '=').collect();
            let rest = setting[key.len()..].trim_start();
            let value = rest.strip_prefix('=').map(str::trim_start);
            let value = value.ok_or_else(|| Refusal::line(format!("expected '=' after key {key}")))?;
            if value.contains('\n') || key.is_empty() {
                return Err(Refusal::line(format!("'{key}' cannot be set to '{}'", value.escape_debug())));
            }
            let line = format!("{key}={value}");
            match self.position(name, &key) {
                Some(at) => self.lines[at] = line,
                None => {
                    let (start, end) = self.range(name).ok_or_else(|| Refusal::no_repo(name))?;
                    // Empty lines before the next header stay before it.
                    let last = (start..end).rev().find(|at| !self.lines[*at].trim().is_empty()).unwrap_or(start);
                    self.lines.insert(last + 1, line);
                }
            }
        }
        Ok(())
    }

    fn remove(&mut self, name: &str, key: &str) -> Told<()> {
        let mut found = false;
        while let Some(at) = self.position(name, key) {
            self.lines.remove(at);
            found = true;
        }
        if found { Ok(()) } else { Err(Refusal(4, format!("key '{key}' not found"))) }
    }

    fn remove_section(&mut self, name: &str) {
        if let Some((start, end)) = self.range(name) {
            self.lines.drain(start..end);
        }
    }

    /// Replaces the file in one step.
    fn write(&self) -> Told<()> {
        let failed = |error: io::Error| Refusal::system("write", &self.path, &error);
        let root = oxidnf_core::Root::open("/").map_err(failed)?;
        let path = std::path::absolute(&self.path).map_err(failed)?;
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&path).map_or(0o644, |metadata| metadata.permissions().mode() & 0o777);
        root.write_atomic(&path, self.text().as_bytes(), mode).map_err(failed)
    }

    fn unlink(&self) -> Told<()> {
        std::fs::remove_file(&self.path).map_err(|error| Refusal::system("remove", &self.path, &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn file(text: &str) -> IniFile {
        IniFile { path: PathBuf::new(), lines: text.lines().map(str::to_owned).collect() }
    }

    const TEXT: &str = "# top\n[a]\nname = A\n#enabled=0\n\n[b]\nname=B\nenabled=1\n";

    #[rstest]
    #[case::replaced("a", "name=X", "# top\n[a]\nname=X\n#enabled=0\n\n[b]\nname=B\nenabled=1\n")]
    #[case::added("a", "enabled = 1", "# top\n[a]\nname = A\n#enabled=0\nenabled=1\n\n[b]\nname=B\nenabled=1\n")]
    #[case::at_the_end("b", "gpgkey=x y", "# top\n[a]\nname = A\n#enabled=0\n\n[b]\nname=B\nenabled=1\ngpgkey=x y\n")]
    fn settings(#[case] section: &str, #[case] setting: &str, #[case] want: &str) {
        let mut file = file(TEXT);
        file.set_all(section, &[setting.to_owned()]).expect("a good setting");
        assert_eq!(file.text(), want);
    }

    #[test]
    fn what_is_removed() {
        let mut file = file(TEXT);
        file.remove("b", "enabled").expect("is there");
        assert_eq!(file.remove("b", "enabled"), Err(Refusal(4, "key 'enabled' not found".to_owned())));
        file.remove_section("a");
        assert_eq!(file.text(), "# top\n[b]\nname=B\n");
    }
}
