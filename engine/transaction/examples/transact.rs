//! Runs a transaction on a root, with rpm's command line and messages: for comparison with the real one.
//!
//! `transact --root DIR -U|-i|-e|--reinstall [OPTIONS] PACKAGES…`; the options are rpm's, but for `--erase=NAME` beside
//! packages to install.
#![expect(clippy::print_stderr, clippy::print_stdout, clippy::exit, reason = "a program for the terminal")]

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::exit;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use oxidnf_core::event::{Outcome as TaskOutcome, ScriptletEnd};
use oxidnf_core::header::{DepKind, Header};
use oxidnf_core::package_file::PackageFile;
use oxidnf_core::reldep::{Sense, ranges_overlap};
use oxidnf_core::root::Root;
use oxidnf_core::{Action, Event, Nevra, Reporter, Trust, Verified};
use oxidnf_rpmdb::macros::standard_files;
use oxidnf_rpmdb::{Access, LockKind, Macros, RpmDb};
use oxidnf_transaction::{
    Clock, Element, Filter, Flags, Labelling, Plugins, Prepared, Refusal, Settings, VerifyLevel, replaced_by_upgrade,
};
use rustix::fs::{Mode as FileMode, OFlags};

/// Prints what rpm prints.
#[derive(Default)]
struct Terminal {
    /// The scriptlet that ended last did not run to its end, so that its reason is an error.
    broken: AtomicBool,
}

impl Reporter for Terminal {
    fn report(&self, event: Event<'_>) {
        match event {
            // Told with the end of the scriptlet.
            Event::RpmWarning(text) if text.contains(" scriptlet failed, ") => {}
            Event::RpmWarning(text) if self.broken.swap(false, Ordering::Relaxed) => eprintln!("error: {text}"),
            Event::RpmWarning(text) => eprintln!("warning: {text}"),
            Event::UnpackFailed { message, .. } => eprintln!("error: {message}"),
            Event::ScriptletFinished { output, nevra, kind, end, critical } => {
                eprint!("{}", String::from_utf8_lossy(output));
                let level = if critical { "error" } else { "warning" };
                let how = match end {
                    ScriptletEnd::Exit(status) => format!("exit status {status}"),
                    ScriptletEnd::Signal(signal) => format!("signal {signal}"),
                    ScriptletEnd::Failed => {
                        self.broken.store(true, Ordering::Relaxed);
                        return;
                    }
                    ScriptletEnd::Ok => return,
                };
                eprintln!("{level}: %{}({nevra}) scriptlet failed, {how}", kind.rpm_name());
            }
            Event::Finished { outcome: TaskOutcome::Failed(text), .. } => eprintln!("error: {text}"),
            _ => {}
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Upgrade,
    Install,
    Erase,
    Reinstall,
}

struct Options {
    root: PathBuf,
    mode: Mode,
    flags: Flags,
    filter: Filter,
    verify: VerifyLevel,
    all_matches: bool,
    exclude_paths: Vec<PathBuf>,
    defines: Vec<String>,
    erase: Vec<String>,
    order: bool,
    dependencies: bool,
    operands: Vec<String>,
}

fn options() -> Options {
    let mut options = Options {
        root: "/".into(),
        mode: Mode::Upgrade,
        flags: Flags::NONE,
        filter: Filter::NONE,
        verify: VerifyLevel::Digest,
        all_matches: false,
        exclude_paths: Vec::new(),
        defines: Vec::new(),
        erase: Vec::new(),
        order: false,
        dependencies: true,
        operands: Vec::new(),
    };
    let replace_files = Filter::REPLACEOLDFILES | Filter::REPLACENEWFILES;
    let mut force = false;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let (name, given) = match argument.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name.to_owned(), Some(value.to_owned())),
            _ => (argument, None),
        };
        let mut value = || given.clone().or_else(|| arguments.next()).unwrap_or_default();
        match name.as_str() {
            "--root" => options.root = value().into(),
            "--erase" => options.erase.push(value()),
            "--define" => options.defines.push(value()),
            "--excludepath" => options.exclude_paths.push(value().into()),
            "--nodeps" => options.dependencies = false,
            "--noverify" => options.verify = VerifyLevel::None,
            "--force" => force = true,
            "--replacefiles" => options.filter = options.filter | replace_files,
            "--replacepkgs" => options.filter = options.filter | Filter::REPLACEPKG,
            "--oldpackage" => options.filter = options.filter | Filter::OLDPACKAGE,
            "--ignorearch" => options.filter = options.filter | Filter::IGNOREARCH,
            "--allmatches" => options.all_matches = true,
            "--order" => options.order = true,
            "-U" => options.mode = Mode::Upgrade,
            "-i" => options.mode = Mode::Install,
            "-e" => options.mode = Mode::Erase,
            "--reinstall" => options.mode = Mode::Reinstall,
            name => match flag(name) {
                Some(flag) => options.flags |= flag,
                None if name.starts_with('-') => fail(format!("unknown option {name}")),
                None => options.operands.push(name.to_owned()),
            },
        }
    }
    if force {
        options.filter = options.filter | replace_files | Filter::REPLACEPKG | Filter::OLDPACKAGE;
    }
    if options.mode == Mode::Reinstall {
        options.filter = options.filter | Filter::REPLACEPKG;
    }
    options
}

fn flag(name: &str) -> Option<Flags> {
    Some(match name {
        "--test" => Flags::TEST,
        "--noscripts" => Flags::NOSCRIPTS,
        "--notriggers" => Flags::NOTRIGGERS,
        "--justdb" => Flags::JUSTDB,
        "--excludedocs" => Flags::NODOCS,
        "--excludeconfigs" => Flags::NOCONFIGS,
        "--excludeartifacts" => Flags::NOARTIFACTS,
        "--allfiles" => Flags::ALLFILES,
        "--nocaps" => Flags::NOCAPS,
        "--nocontexts" => Flags::NOCONTEXTS,
        "--nofiledigest" => Flags::NOFILEDIGEST,
        "--nodb" => Flags::NODB,
        "--nosysusers" => Flags::NOSYSUSERS,
        "--nopre" => Flags::NOPRE,
        "--nopost" => Flags::NOPOST,
        "--nopreun" => Flags::NOPREUN,
        "--nopostun" => Flags::NOPOSTUN,
        "--nopretrans" => Flags::NOPRETRANS,
        "--noposttrans" => Flags::NOPOSTTRANS,
        "--nopreuntrans" => Flags::NOPREUNTRANS,
        "--nopostuntrans" => Flags::NOPOSTUNTRANS,
        "--notriggerprein" => Flags::NOTRIGGERPREIN,
        "--notriggerin" => Flags::NOTRIGGERIN,
        "--notriggerun" => Flags::NOTRIGGERUN,
        "--notriggerpostun" => Flags::NOTRIGGERPOSTUN,
        _ => return None,
    })
}

fn fail(text: impl std::fmt::Display) -> ! {
    eprintln!("error: {text}");
    exit(1)
}

/// Tells whether a package obsoletes another one.
fn obsoletes(package: &Header, other: &Header) -> bool {
    let (Ok(own), Ok(nevra)) = (package.nevra(), other.nevra()) else { return false };
    let evr = format!("{}:{}-{}", nevra.epoch, nevra.version, nevra.release);
    let hides = |dep: oxidnf_core::header::HeaderDep<'_>| {
        dep.name == nevra.name.as_bytes() && ranges_overlap((Sense::EQUAL, &evr), (dep.sense, &dep.evr_str()))
    };
    own != nevra && package.deps(DepKind::Obsoletes).any(hides)
}

/// Returns the instances that have a name, with version, release and architecture or without.
fn matching(db: &RpmDb, operand: &str) -> Vec<(u32, Nevra)> {
    let packages = db.packages().unwrap_or_else(|error| fail(error)).filter_map(Result::ok);
    let named = packages.filter_map(|(hnum, header)| Some((hnum, header.nevra().ok()?)));
    named
        .filter(|(_, nevra)| {
            let Nevra { name, version, release, arch, .. } = nevra;
            [
                name.clone(),
                format!("{name}-{version}"),
                format!("{name}-{version}-{release}"),
                format!("{name}-{version}-{release}.{arch}"),
            ]
            .iter()
            .any(|form| form == operand)
        })
        .collect()
}

/// Returns the instances of the very same package.
fn same(db: &RpmDb, package: &PackageFile) -> Vec<u32> {
    let Nevra { name, version, release, arch, .. } = package.nevra().unwrap_or_else(|error| fail(error));
    matching(db, &format!("{name}-{version}-{release}.{arch}")).into_iter().map(|(hnum, _)| hnum).collect()
}

/// Returns the elements, or how many operands are none.
fn erasures(options: &Options, db: &RpmDb) -> Result<Vec<Element>, i32> {
    let mut elements = Vec::new();
    let mut failed = 0;
    for operand in &options.operands {
        let found = matching(db, operand);
        if found.is_empty() {
            eprintln!("error: package {operand} is not installed");
            failed += 1;
        } else if found.len() > 1 && !options.all_matches {
            eprintln!("error: \"{operand}\" specifies multiple packages:");
            for (_, nevra) in &found {
                let Nevra { name, version, release, arch, .. } = nevra;
                eprintln!("  {name}-{version}-{release}.{arch}");
            }
            failed += 1;
        } else {
            elements.extend(found.iter().map(|(hnum, _)| Element::Erase { hnum: *hnum }));
        }
    }
    if failed > 0 { Err(failed) } else { Ok(elements) }
}

fn installs(options: &Options, db: &RpmDb, transaction_color: u32) -> Vec<Element> {
    let mut elements = Vec::new();
    let open = |operand: &String| PackageFile::open(operand).unwrap_or_else(|error| fail(error));
    // Of two packages of the set of which one obsoletes the other, one does not come in, as solvers have it, too.
    let mut packages: Vec<(PackageFile, Vec<u32>)> = Vec::new();
    for package in options.operands.iter().map(open) {
        if packages.iter().any(|(earlier, _)| obsoletes(earlier.header(), package.header())) {
            continue;
        }
        let mut replaces = match options.mode {
            Mode::Upgrade => {
                replaced_by_upgrade(db, package.header(), transaction_color).unwrap_or_else(|error| fail(error))
            }
            Mode::Reinstall => same(db, &package),
            Mode::Install | Mode::Erase => Vec::new(),
        };
        match packages.iter().rposition(|(earlier, _)| obsoletes(package.header(), earlier.header())) {
            Some(place) => {
                // What the other one was to replace goes all the same.
                let mut former = std::mem::take(&mut packages[place].1);
                former.append(&mut replaces);
                packages[place] = (package, former);
            }
            None => packages.push((package, replaces)),
        }
    }
    for (package, replaces) in packages {
        let action = if replaces.is_empty() { Action::Install } else { Action::Upgrade };
        elements.push(Element::Install { package: Verified::new(package, Trust::Digest), action, replaces });
    }
    let erased = options.erase.iter().flat_map(|name| matching(db, name));
    elements.extend(erased.map(|(hnum, _)| Element::Erase { hnum }));
    elements
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

fn settings(options: &Options, macros: Macros) -> Settings {
    let epoch = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok());
    let mut settings = Settings::new(epoch.unwrap_or_else(now) as u32, epoch.map_or(Clock::System(now), Clock::Epoch));
    settings.flags = options.flags;
    settings.filter = options.filter;
    settings.verify = options.verify;
    // rpm looks at them by themselves.
    settings.check_dependencies = false;
    settings.arches = ["x86_64", "i686", "i386", "noarch"].map(str::to_owned).to_vec();
    let text = |name: &str| macros.value(name).filter(|value| !value.is_empty());
    settings.sysusers = text("__systemd_sysusers");
    let number = |name: &str| macros.number(name).and_then(|value| u32::try_from(value).ok());
    settings.color = number("_transaction_color").unwrap_or(settings.color);
    settings.prefer_color = number("_prefer_color").unwrap_or(settings.prefer_color);
    if let Some(path) = text("_install_script_path") {
        settings.script_path = OsString::from(path);
    }
    if let Some(path) = text("_tmppath") {
        settings.tmp_path = path.into();
    }
    let selection = &mut settings.selection;
    selection.exclude_docs =
        options.flags.any(Flags::NODOCS) || macros.number("_excludedocs").is_some_and(|value| value > 0);
    // rpm forgets about them when it reinstalls.
    if options.mode != Mode::Reinstall {
        selection.exclude_paths.clone_from(&options.exclude_paths);
    }
    if let Some(langs) = text("_install_langs") {
        selection.langs = langs.split(':').map(str::to_owned).collect();
    }
    if let Some(paths) = text("_netsharedpath") {
        selection.netshared = paths.split(':').filter(|path| path.starts_with('/')).map(PathBuf::from).collect();
    }
    settings.plugins = Plugins::read(&macros);
    if macros.value("_oxidnf_label_files").is_some() {
        settings.plugins.labelling = Labelling::Always;
    }
    settings.macros = Some(macros);
    settings
}

fn main() {
    let options = options();
    let host = Root::open("/").unwrap_or_else(|error| fail(error));
    let mut macros = Macros::load(&host, &standard_files("x86_64-linux")).unwrap_or_else(|error| fail(error));
    for define in &options.defines {
        let (name, body) = define.split_once(' ').unwrap_or((define, ""));
        macros.define(name, body);
    }
    let db_path = macros.value("_dbpath").unwrap_or_else(|| "/usr/lib/sysimage/rpm".to_owned());
    let root = Root::open(&options.root).unwrap_or_else(|error| fail(error));
    let db = RpmDb::open(&root, Path::new(&db_path), Access::Write).unwrap_or_else(|error| fail(error));
    let path = Path::new(&db_path).join(".keyring.lock");
    root.open_file(path, OFlags::RDWR | OFlags::CREATE, FileMode::from_raw_mode(0o644))
        .unwrap_or_else(|error| fail(error));
    let settings = settings(&options, macros);
    let elements = match options.mode {
        Mode::Erase => match erasures(&options, &db) {
            Ok(elements) => elements,
            Err(failed) => {
                db.close().unwrap_or_else(|error| fail(error));
                exit(failed)
            }
        },
        _ => installs(&options, &db, settings.color),
    };
    // An operand may name several installed packages.
    let asked = if options.mode == Mode::Erase { elements.len() } else { options.operands.len() };
    let reporter = Terminal::default();
    // rpm locks before it looks for problems, a test without changes locks nothing.
    let test = settings.flags.any(Flags::TEST);
    let changes = !test && !elements.is_empty();
    let prepared = Prepared::new(elements, &db, &root, settings).unwrap_or_else(|error| fail(error));
    let count = prepared.order().count();
    let unmet = if options.dependencies { prepared.dependencies() } else { Ok(Vec::new()) };
    let unmet = unmet.unwrap_or_else(|error| fail(error));
    if !unmet.is_empty() {
        drop(prepared);
        db.close().unwrap_or_else(|error| fail(error));
        eprintln!("error: Failed dependencies:");
        for problem in unmet {
            eprintln!("\t{problem}");
        }
        exit(if options.mode == Mode::Erase { count } else { options.operands.len() } as i32);
    }
    if options.order {
        for (nevra, install) in prepared.order() {
            println!("{} {nevra}", if install { '+' } else { '-' });
        }
    }
    let lock = changes.then(|| db.lock(LockKind::Exclusive).unwrap_or_else(|error| fail(error)));
    let tested = if test { prepared.test(&reporter) } else { prepared.check(&reporter) };
    let problems = match tested {
        Ok(tested) => {
            let outcome = tested.run(&reporter).unwrap_or_else(|error| fail(error));
            if outcome.problems.is_empty() {
                drop(lock);
                db.close().unwrap_or_else(|error| fail(error));
                exit(if outcome.is_ok() { 0 } else { asked as i32 });
            }
            outcome.problems
        }
        Err(Refusal::Problems(problems)) => problems,
        Err(Refusal::Error(error)) => fail(error),
    };
    drop(lock);
    db.close().unwrap_or_else(|error| fail(error));
    for problem in problems {
        eprintln!("\t{problem}");
    }
    exit(i32::try_from(count).unwrap_or(254).min(254));
}
