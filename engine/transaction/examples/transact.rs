//! Runs a transaction on a root, with the arguments and messages of rpm: for comparison with the real one.
//!
//! `transact --root DIR [--dbpath PATH] [--test] [--noscripts] … -U|-i|-e PACKAGES…`
#![expect(clippy::print_stderr, clippy::print_stdout, clippy::exit, reason = "a program for the terminal")]

use std::path::{Path, PathBuf};
use std::process::exit;
use std::time::{SystemTime, UNIX_EPOCH};

use oxidnf_core::event::{Outcome as TaskOutcome, ScriptletEnd};
use oxidnf_core::header::{DepKind, Header};
use oxidnf_core::package_file::PackageFile;
use oxidnf_core::reldep::ranges_overlap;
use oxidnf_core::root::Root;
use oxidnf_core::{Action, Event, Nevra, Reporter, Trust, Verified};
use oxidnf_rpmdb::{Access, Index, RpmDb};
use oxidnf_transaction::{Clock, Element, Filter, Flags, Prepared, Refusal, Settings, VerifyLevel};

struct Terminal {
    verbose: bool,
}

impl Reporter for Terminal {
    fn report(&self, event: Event<'_>) {
        match event {
            // Told with the end of the scriptlet.
            Event::RpmWarning(text) if text.contains(" scriptlet failed, ") => {}
            Event::RpmWarning(text) => eprintln!("warning: {text}"),
            Event::UnpackFailed { message, .. } => eprintln!("error: {message}"),
            Event::ScriptletFinished { output, nevra, kind, end, critical } => {
                eprint!("{}", String::from_utf8_lossy(output));
                let level = if critical { "error" } else { "warning" };
                let how = match end {
                    ScriptletEnd::Exit(status) => format!("exit status {status}"),
                    ScriptletEnd::Signal(signal) => format!("signal {signal}"),
                    ScriptletEnd::Ok | ScriptletEnd::Failed => return,
                };
                eprintln!("{level}: %{}({nevra}) scriptlet failed, {how}", kind.rpm_name());
            }
            Event::Finished { outcome: TaskOutcome::Failed(text), .. } => eprintln!("error: {text}"),
            Event::Started { task, .. } if self.verbose => eprintln!("started {task:?}"),
            _ => {}
        }
    }
}

struct Options {
    root: PathBuf,
    db_path: PathBuf,
    mode: char,
    flags: Flags,
    filter: Filter,
    verify: VerifyLevel,
    color: Option<u32>,
    sysusers: Option<String>,
    exclude_docs: bool,
    langs: Option<Vec<String>>,
    verbose: bool,
    operands: Vec<String>,
}

fn options() -> Options {
    let mut options = Options {
        root: "/".into(),
        db_path: "/usr/lib/sysimage/rpm".into(),
        mode: 'U',
        flags: Flags::NONE,
        filter: Filter::NONE,
        verify: VerifyLevel::Digest,
        color: None,
        sysusers: None,
        exclude_docs: false,
        langs: None,
        verbose: false,
        operands: Vec::new(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_default();
        match argument.as_str() {
            "--root" => options.root = value().into(),
            "--dbpath" => options.db_path = value().into(),
            "--color" => options.color = value().parse().ok(),
            "--sysusers" => options.sysusers = Some(value()),
            "--langs" => options.langs = Some(value().split(':').map(str::to_owned).collect()),
            "--test" => options.flags |= Flags::TEST,
            "--noscripts" => options.flags |= Flags::NOSCRIPTS,
            "--notriggers" => options.flags |= Flags::NOTRIGGERS,
            "--justdb" => options.flags |= Flags::JUSTDB,
            "--excludedocs" => options.exclude_docs = true,
            "--noverify" => options.verify = VerifyLevel::None,
            "--replacefiles" => {
                options.filter = options.filter | Filter::REPLACEOLDFILES | Filter::REPLACENEWFILES;
            }
            "--replacepkgs" => options.filter = options.filter | Filter::REPLACEPKG,
            "--oldpackage" => options.filter = options.filter | Filter::OLDPACKAGE,
            "-v" => options.verbose = true,
            "-U" | "-i" | "-e" => options.mode = argument.as_bytes()[1] as char,
            _ => options.operands.push(argument),
        }
    }
    options
}

fn fail(text: impl std::fmt::Display) -> ! {
    eprintln!("error: {text}");
    exit(1)
}

/// Returns what rpm would erase for an upgrade: every instance of the name, and what is obsoleted.
fn replaced(db: &RpmDb, package: &Header) -> Vec<u32> {
    let name = package.nevra().map(|nevra| nevra.name).unwrap_or_default();
    let find = |name: &[u8]| db.find(Index::Name, name).unwrap_or_default();
    let mut hnums: Vec<u32> = find(name.as_bytes()).into_iter().map(|hit| hit.hnum).collect();
    for dep in package.deps(DepKind::Obsoletes) {
        for hit in find(dep.name) {
            let Ok(other) = db.header(hit.hnum) else { continue };
            let Ok(nevra) = other.nevra() else { continue };
            let evr = format!("{}:{}-{}", nevra.epoch, nevra.version, nevra.release);
            let equal = oxidnf_core::reldep::Sense::EQUAL;
            if !hnums.contains(&hit.hnum) && ranges_overlap((equal, &evr), (dep.sense, &dep.evr_str())) {
                hnums.push(hit.hnum);
            }
        }
    }
    hnums
}

fn elements(options: &Options, db: &RpmDb) -> Vec<Element> {
    let mut elements = Vec::new();
    for operand in &options.operands {
        if options.mode == 'e' {
            let packages = db.packages().unwrap_or_else(|error| fail(error));
            let matches = |nevra: &Nevra| {
                let short = format!("{}-{}-{}", nevra.name, nevra.version, nevra.release);
                [nevra.name.clone(), nevra.to_string(), short].contains(operand)
            };
            let found: Vec<(u32, Header)> = packages
                .filter_map(Result::ok)
                .filter(|(_, header)| header.nevra().is_ok_and(|nevra| matches(&nevra)))
                .collect();
            match &found[..] {
                [] => fail(format!("package {operand} is not installed")),
                [(hnum, _)] => elements.push(Element::Erase { hnum: *hnum }),
                several => {
                    eprintln!("error: \"{operand}\" specifies multiple packages:");
                    for (_, header) in several {
                        eprintln!("  {}", header.nevra().map(|nevra| nevra.to_string()).unwrap_or_default());
                    }
                    exit(1);
                }
            }
        } else {
            let package = PackageFile::open(operand).unwrap_or_else(|error| fail(error));
            let upgrade = options.mode == 'U';
            let replaces = if upgrade { replaced(db, package.header()) } else { Vec::new() };
            let action = if replaces.is_empty() { Action::Install } else { Action::Upgrade };
            elements.push(Element::Install { package: Verified::new(package, Trust::Digest), action, replaces });
        }
    }
    elements
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

fn main() {
    let options = options();
    let root = Root::open(&options.root).unwrap_or_else(|error| fail(error));
    let db = RpmDb::open(&root, Path::new(&options.db_path), Access::Write).unwrap_or_else(|error| fail(error));
    let epoch = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok());
    let mut settings = Settings::new(epoch.unwrap_or_else(now) as u32, epoch.map_or(Clock::System(now), Clock::Epoch));
    settings.flags = options.flags;
    settings.filter = options.filter;
    settings.verify = options.verify;
    settings.arches = ["x86_64", "i686", "i386", "noarch"].map(str::to_owned).to_vec();
    settings.sysusers.clone_from(&options.sysusers);
    settings.selection.exclude_docs = options.exclude_docs;
    if let Some(langs) = &options.langs {
        settings.selection.langs.clone_from(langs);
    }
    if let Some(color) = options.color {
        settings.color = color;
    }
    let elements = elements(&options, &db);
    let reporter = Terminal { verbose: options.verbose };
    let prepared = Prepared::new(elements, &db, &root, settings).unwrap_or_else(|error| fail(error));
    let count = prepared.order().count();
    if options.verbose {
        for (nevra, install) in prepared.order() {
            println!("{} {nevra}", if install { '+' } else { '-' });
        }
    }
    let problems = match prepared.test(&reporter) {
        Ok(tested) => {
            let outcome = tested.run(&reporter).unwrap_or_else(|error| fail(error));
            if outcome.problems.is_empty() {
                db.close().unwrap_or_else(|error| fail(error));
                exit(i32::from(!outcome.is_ok()));
            }
            outcome.problems
        }
        Err(Refusal::Problems(problems)) => problems,
        Err(Refusal::Error(error)) => fail(error),
    };
    for problem in problems {
        eprintln!("\t{problem}");
    }
    exit(i32::try_from(count).unwrap_or(254).min(254));
}
