//! `-q`.

use oxidnf_engine::Error;
use oxidnf_engine::rpm::{FileFlags, Found, Header, Listing, Miss, QueryFormat, Source};

use super::args::{List, Pipe, Query, Show, Which};
use super::{Shell, status};

/// What is shown of a package when nothing is asked for.
const LABEL: &str = "%{NVR}%{ARCHSUFFIX}\\n";

/// Lines of `-i`: label, value, and whether the line is left out when the package does not have the tag.
const INFO: [(&str, &str, bool); 13] = [
    ("Name", "NAME", false),
    ("Epoch", "EPOCH", true),
    ("Version", "VERSION", false),
    ("Release", "RELEASE", false),
    ("DistTag", "DISTTAG", true),
    ("Architecture", "ARCH", false),
    ("Install Date", "INSTALLTIME:date", false),
    ("Group", "GROUP", false),
    ("Size", "LONGSIZE", false),
    ("License", "LICENSE", true),
    ("Signature", "OPENPGP:pgpsig", false),
    ("Source RPM", "SOURCERPM", false),
    ("Build Date", "BUILDTIME:date", false),
];
const MORE_INFO: [(&str, &str, bool); 7] = [
    ("Build Host", "BUILDHOST", false),
    ("Packager", "PACKAGER", true),
    ("Vendor", "VENDOR", true),
    ("VCS", "VCS", true),
    ("URL", "URL", true),
    ("Bug URL", "BUGURL", true),
    ("Summary", "SUMMARY", false),
];
/// Scriptlets in the order of `--scripts`: title, tag of the body, tag of the program.
const SCRIPTS: [(&str, &str, &str); 9] = [
    ("pretrans", "PRETRANS", "PRETRANSPROG"),
    ("preinstall", "PREIN", "PREINPROG"),
    ("postinstall", "POSTIN", "POSTINPROG"),
    ("preuninstall", "PREUN", "PREUNPROG"),
    ("postuninstall", "POSTUN", "POSTUNPROG"),
    ("posttrans", "POSTTRANS", "POSTTRANSPROG"),
    ("preuntrans", "PREUNTRANS", "PREUNTRANSPROG"),
    ("postuntrans", "POSTUNTRANS", "POSTUNTRANSPROG"),
    ("verify", "VERIFYSCRIPT", "VERIFYSCRIPTPROG"),
];

pub(super) fn run(shell: &Shell<'_>, query: &Query) -> Result<u8, Error> {
    let mut text: String = query.shows.iter().map(|show| format_of(*show)).collect();
    text.extend(query.formats.iter().map(String::as_str));
    if text.is_empty() && query.list.is_none() {
        text.push_str(LABEL);
    }
    // A mistake in a format shows only when there is a package to be shown, and does not change the exit status.
    let format = QueryFormat::parse(text.as_bytes());
    let mut lines = Lines { shell, pipe: query.pipe, held: Vec::new() };
    let mut failures = 0;
    for found in select(shell, query.which, &query.arguments)? {
        match found {
            Ok(found) => {
                tell(shell, &found);
                for (hnum, header) in &found.headers {
                    let mut out = Vec::new();
                    let rendered = match &format {
                        Ok(format) => shell.rpm.fill_in(format, header, *hnum, query.verbose, &mut out),
                        Err(error) => Err(error.clone()),
                    };
                    match rendered {
                        Ok(()) => lines.bytes(&out),
                        Err(error) => shell.output.error(format!("error: incorrect format: {error}")),
                    }
                    if let Some(list) = query.list {
                        list_files(&mut lines, header, list, query.verbose);
                    }
                }
            }
            Err(miss) => {
                report(shell, &miss, |line| lines.bytes(&[line.as_bytes(), b"\n"].concat()));
                failures += 1;
            }
        }
    }
    lines.end();
    Ok(status(failures))
}

/// Where the lines of a query go.
struct Lines<'a> {
    shell: &'a Shell<'a>,
    pipe: Option<Pipe>,
    held: Vec<u8>,
}

impl Lines<'_> {
    fn bytes(&mut self, bytes: &[u8]) {
        match self.pipe {
            Some(_) => self.held.extend_from_slice(bytes),
            None => self.shell.output.bytes(bytes),
        }
    }

    /// Does what rpm lets `sort` and its like do.
    fn end(self) {
        let mut lines: Vec<&[u8]> = self.held.split(|byte| *byte == b'\n').collect();
        // What is behind the last end of a line.
        lines.pop_if(|line| line.is_empty());
        let print = |line: &[u8]| self.shell.output.bytes(&[line, b"\n"].concat());
        match self.pipe {
            None => {}
            Some(Pipe::Last) => {
                let time = |line: &&[u8]| {
                    let digits = line.iter().take_while(|byte| byte.is_ascii_digit());
                    digits.fold(0_u64, |all, digit| all.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
                };
                lines.sort_by(|one, two| time(two).cmp(&time(one)).then_with(|| two.cmp(one)));
                for line in lines {
                    let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
                    let rest = line[digits..].strip_prefix(b" ").filter(|_| digits > 0);
                    print(rest.unwrap_or(line));
                }
            }
            Some(Pipe::Duplicates) => {
                lines.sort_unstable();
                lines.chunk_by(|one, two| one == two).filter(|same| same.len() > 1).for_each(|same| print(same[0]));
            }
        }
    }
}

/// Finds what the arguments stand for, one result for each of them, or one for all packages.
pub(super) fn select(shell: &Shell<'_>, which: Which, arguments: &[String]) -> Result<Vec<Result<Found, Miss>>, Error> {
    let source = match which {
        Which::All => return Ok(vec![Ok(shell.rpm.all(arguments)?)]),
        Which::Name => Source::Name,
        Which::File => Source::File,
        Which::Package => Source::Package,
    };
    arguments.iter().map(|argument| shell.rpm.find(source, argument, shell.current_dir)).collect()
}

pub(super) fn tell(shell: &Shell<'_>, found: &Found) {
    for complaint in &found.complaints {
        shell.output.error(complaint);
    }
}

/// Tells what is not there; `print` gets what belongs to the output.
pub(super) fn report(shell: &Shell<'_>, miss: &Miss, mut print: impl FnMut(String)) {
    match miss {
        Miss::NotInstalled { name, complaints } => {
            for complaint in complaints {
                shell.output.error(complaint);
            }
            print(format!("package {name} is not installed"));
        }
        Miss::NotOwned { path } => print(format!("file {path} is not owned by any package")),
        Miss::NoFile { path, source } => {
            let text = source.to_string();
            let text = text.split(" (os error").next().unwrap_or(&text);
            shell.output.error(format!("error: file {path}: {text}"));
        }
        Miss::BadPackage { complaints } => {
            for complaint in complaints {
                shell.output.error(complaint);
            }
        }
    }
}

fn format_of(show: Show) -> String {
    let dependencies = |tag: &str| format!("[%|VERBOSE?{{%{{{tag}FLAGS:deptype}}: }}:{{}}|%{{{tag}NEVRS}}\\n]");
    let of_files = |what: &str| format!("[%{{FILENAMES}}\\t{what}\\n]");
    let triggers = |family: &str| {
        format!(
            "[{}trigger%{{{family}TRIGGERTYPE}} scriptlet (using %{{{family}TRIGGERSCRIPTPROG}}) -- \
             %{{{family}TRIGGERCONDS}}\\n%{{{family}TRIGGERSCRIPTS}}\\n]",
            family.to_ascii_lowercase()
        )
    };
    match show {
        Show::Info => info(),
        Show::Requires => dependencies("REQUIRE"),
        Show::Provides => dependencies("PROVIDE"),
        Show::Conflicts => dependencies("CONFLICT"),
        Show::Obsoletes => dependencies("OBSOLETE"),
        Show::Recommends => dependencies("RECOMMEND"),
        Show::Suggests => dependencies("SUGGEST"),
        Show::Supplements => dependencies("SUPPLEMENT"),
        Show::Enhances => dependencies("ENHANCE"),
        Show::Scripts => SCRIPTS.iter().map(|(title, body, program)| script(title, body, program)).collect(),
        Show::Changes => "[* %{CHANGELOGTIME:date} %{CHANGELOGNAME}\\n%{CHANGELOGTEXT}\\n\\n]".to_owned(),
        Show::Xml => "[%{*:xml}\\n]".to_owned(),
        Show::Json => "[%{*:json}]".to_owned(),
        Show::Triggers => triggers(""),
        Show::FileTriggers => triggers("FILE") + &triggers("TRANSFILE"),
        Show::FilesByPackage => "[%-25{=NAME} %{FILENAMES}\\n]".to_owned(),
        Show::FileClass => of_files("%{FILECLASS}"),
        Show::FileMime => of_files("%{FILEMIMES}"),
        Show::FileColor => of_files("%{FILECOLORS}"),
        Show::FileProvide => of_files("%{FILEPROVIDE}"),
        Show::FileRequire => of_files("%{FILEREQUIRE}"),
        Show::FileCaps => of_files("%|FILECAPS?{%{FILECAPS}}|"),
        Show::Last => "%|INSTALLTIME?{%{INSTALLTIME}}:{000000000}| %-45{NVRA} \
            %|INSTALLTIME?{%{INSTALLTIME:date}}:{(not installed)}|\\n"
            .to_owned(),
        Show::Duplicates => "%|SOURCERPM?{%{name}.%{arch}}:{%|ARCH?{%{name}}:{%{name}-%{version}}|}|\\n".to_owned(),
        Show::Changelog => "[* %{CHANGELOGTIME:day} %{CHANGELOGNAME}\\n%{CHANGELOGTEXT}\\n\\n]".to_owned(),
    }
}

fn info() -> String {
    let mut text = String::new();
    for (label, value, optional) in INFO.iter().chain(&MORE_INFO) {
        let tag = value.split(':').next().unwrap_or(value);
        match *label {
            "Install Date" => {
                text += &format!("{label:<13}: %|{tag}?{{%{{{value}}}}}:{{(not installed)}}|\\n");
            }
            // One line for each signature, below the label.
            "Signature" => {
                text += &format!("{label:<13}:%|{tag}?{{[\\n{:15}%{{{value}}}]}}:{{ (none)}}|\\n", "");
            }
            _ if *optional => text += &format!("%|{tag}?{{{label:<13}: %{{{value}}}\\n}}|"),
            _ => text += &format!("{label:<13}: %{{{value}}}\\n"),
        }
        if *label == "Build Host" {
            text += &format!("%|PREFIXES?{{{:<13}:[ %{{PREFIXES}}]\\n}}|", "Relocations");
        }
    }
    text + &format!("{:<13}:\\n%{{DESCRIPTION}}\\n", "Description")
}

fn script(title: &str, body: &str, program: &str) -> String {
    format!(
        "%|{body}?{{{title} scriptlet%|{program}?{{ (using[ %{{{program}}}])}}|:\\n%{{{body}}}\\n}}:\
         {{%|{program}?{{{title} program:[ %{{{program}}}]\\n}}|}}|"
    )
}

/// Lists the files of a package, each on its line.
fn list_files(lines: &mut Lines<'_>, header: &Header, list: List, long: bool) {
    let shell = lines.shell;
    let Listing { files, complaint } = header.listing();
    if let Some(complaint) = complaint {
        shell.output.error(format!("error: {complaint}"));
    }
    if files.is_empty() {
        return lines.bytes(b"(contains no files)\n");
    }
    let mut wanted = FileFlags(0);
    if list.config {
        wanted = FileFlags(wanted.0 | FileFlags::CONFIG.0);
    }
    if list.doc {
        wanted = FileFlags(wanted.0 | FileFlags::DOC.0);
    }
    for (path, flags) in if long { shell.rpm.long_listing(header) } else { files } {
        if wanted.0 == 0 || flags.any(wanted) {
            lines.bytes(&[&path[..], b"\n"].concat());
        }
    }
}
