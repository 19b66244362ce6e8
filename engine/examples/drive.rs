//! Drives a session from the command line: `drive [OPTION…] OPERATION SPEC…`, for trying the engine without a face.
#![expect(clippy::print_stdout, reason = "an example has nobody else to print for it")]

use std::time::Instant;

use oxidnf_core::event::{Event, Reporter};
use oxidnf_engine::settings::OptionSetting;
use oxidnf_engine::{CommitOptions, Load, Operation, Request, Session, Settings};

struct Show;

impl Reporter for Show {
    fn report(&self, event: Event<'_>) {
        if !matches!(event, Event::Advanced { .. } | Event::Total { .. }) {
            println!("  {event:?}");
        }
    }
}

fn operation(word: &str) -> Operation {
    match word {
        "remove" => Operation::Remove,
        "upgrade" => Operation::Upgrade,
        "downgrade" => Operation::Downgrade,
        "reinstall" => Operation::Reinstall,
        "distro-sync" => Operation::DistroSync,
        "autoremove" => Operation::Autoremove,
        "mark-user" => Operation::Mark { reason: oxidnf_core::Reason::User, group: None },
        "mark-dependency" => Operation::Mark { reason: oxidnf_core::Reason::Dependency, group: None },
        _ => Operation::Install,
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let start = Instant::now();
    let mut settings = Settings { arguments: std::env::args().collect(), ..Settings::default() };
    let mut dry = false;
    let mut request = Request::default();
    let mut words = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.split_once('=') {
            Some(("--installroot", root)) => settings.installroot = Some(root.into()),
            Some(("--config", file)) => settings.config_file = Some(file.into()),
            Some(("--setopt", text)) => settings.options.extend(OptionSetting::parse(text)),
            Some(("--repofrompath", text)) => {
                let (id, path) = text.split_once(',').ok_or("id,path expected")?;
                settings.repos_from_path.push((id.to_owned(), path.to_owned()));
            }
            _ if argument == "--use-host-config" => settings.use_host_config = true,
            _ if argument == "--assumeno" => dry = true,
            _ if argument == "--no-best" => request.options.best = Some(false),
            _ if argument == "--skip-broken" => request.options.skip_broken = Some(true),
            _ if argument == "--skip-unavailable" => request.options.skip_unavailable = Some(true),
            _ if argument == "--allowerasing" => request.options.allow_erasing = true,
            _ => words.push(argument),
        }
    }
    let specs: Vec<String> = words.iter().skip(1).cloned().collect();
    let word = words.first().cloned().unwrap_or_default();
    request.items = Request::new(operation(&word), specs.clone()).items;
    let mut session = Session::open(settings)?;
    println!("open {:?}; vars {:?}", start.elapsed(), session.vars().iter().collect::<Vec<_>>());
    let mut load = if word == "list" { Load::query() } else { Load::transaction() };
    load.command_line_packages =
        specs.iter().filter(|spec| oxidnf_engine::request::is_package_file(spec)).cloned().collect();
    if specs.iter().any(|spec| oxidnf_engine::request::needs_filelists(spec)) {
        load.metadata.push("filelists".to_owned());
    }
    session.load(&load, &mut oxidnf_engine::prompt::Accept, &Show)?;
    println!("load {:?}; {} packages", start.elapsed(), session.sack().len());
    if word == "list" {
        for id in oxidnf_engine::catalog::Query::new(session.sack()).installed().sorted() {
            println!("{} {:?}", session.nevra(id), session.origin(id));
        }
        for past in session.history()?.transactions()? {
            println!("{past:?}");
        }
        return Ok(());
    }
    let resolved = session.resolve(&request)?;
    println!("resolve {:?}", start.elapsed());
    for note in &resolved.notes {
        println!("note {note:?}");
    }
    for item in &resolved.plan.items {
        println!(
            "{:?} {} {:?} from {} {:?} replaces {:?}",
            item.action,
            item.package.nevra.with_epoch(),
            item.reason,
            item.package.repo_id,
            item.package.from_repo,
            item.replaces.iter().map(ToString::to_string).collect::<Vec<_>>()
        );
    }
    println!(
        "problems {:#?}\nstrict {:#?}\n{:?} {:?}",
        resolved.problems, resolved.strict_problems, resolved.sizes, resolved.hints
    );
    if dry || resolved.is_failed() || resolved.plan.is_empty() {
        return Ok(());
    }
    let downloaded = session.download(&resolved, &Show)?;
    let report =
        session.commit(&resolved, &downloaded, &CommitOptions::default(), &mut oxidnf_engine::prompt::Accept, &Show)?;
    println!("{report:#?}\ndone {:?}", start.elapsed());
    Ok(())
}
