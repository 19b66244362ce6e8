//! Problems that can be seen without looking at files.

use std::cmp::Ordering;

use oxidnf_core::Action;
use oxidnf_core::header::{HeaderError, Tag};
use oxidnf_rpmdb::{Index, RpmDb};

use crate::element::Member;
use crate::error::TransactionError;
use crate::problem::Problem;
use crate::settings::{Filter, Settings};

/// The only system that packages are installed on.
const OS: &str = "linux";

/// Checks platforms, versions and payload formats.
pub(crate) fn check(members: &[Member], db: &RpmDb, settings: &Settings) -> Result<Vec<Problem>, TransactionError> {
    let mut problems = Vec::new();
    for member in members.iter().filter(|member| member.is_install()) {
        usable(member, &mut problems);
        platform(member, settings, &mut problems);
        payload(member, &mut problems);
        installed(member, db, settings, &mut problems)?;
    }
    Ok(problems)
}

/// Looks for what rpm refuses at once: keys are no packages, and a package says what it runs on.
// witness: compat-tests/tests/damage.rs::installed_from_a_file
fn usable(member: &Member, problems: &mut Vec<Problem>) {
    // Once files are in place it would be too late to find that there can be no record of them.
    if let Some((package, error)) = member.package.as_ref().and_then(|it| Some((it, it.signature_dribbles().err()?))) {
        let message = error.rpm_message().unwrap_or_else(|| error.to_string());
        let (nevra, path) = (member.nevra.to_string(), package.path().to_owned());
        return problems.push(Problem::BadHeader { nevra, path, message });
    }
    let missing = [Tag::OS, Tag::ARCH].into_iter().find(|tag| !member.header.has(*tag));
    let reason = match missing {
        _ if member.nevra.name == "gpg-pubkey" => {
            "it has the name of keys, which `oxidnf rpm --import` imports".to_owned()
        }
        Some(tag) => HeaderError::MissingTag(tag).to_string(),
        None => return,
    };
    problems.push(Problem::Unusable { nevra: member.nevra.to_string(), reason });
}

fn platform(member: &Member, settings: &Settings, problems: &mut Vec<Problem>) {
    let nevra = member.nevra.to_string();
    let arch = &member.nevra.arch;
    let known = settings.arches.is_empty() || arch == "noarch" || settings.arches.iter().any(|known| known == arch);
    if !known && !settings.filter.any(Filter::IGNOREARCH) {
        problems.push(Problem::Arch { nevra: nevra.clone() });
    }
    let os = member.header.str(Tag::OS).unwrap_or_default();
    if !os.is_empty() && !os.eq_ignore_ascii_case(OS) && !settings.filter.any(Filter::IGNOREOS) {
        problems.push(Problem::Os { nevra });
    }
}

fn payload(member: &Member, problems: &mut Vec<Problem>) {
    let format = member.header.str(Tag::PAYLOADFORMAT).unwrap_or_default();
    if !format.is_empty() && format != "cpio" {
        problems.push(Problem::Payload { nevra: member.nevra.to_string(), format: format.into_owned() });
    }
}

/// Compares with installed packages of the same name.
fn installed(
    member: &Member,
    db: &RpmDb,
    settings: &Settings,
    problems: &mut Vec<Problem>,
) -> Result<(), TransactionError> {
    let failed = TransactionError::database("search");
    let nevra = &member.nevra;
    let mut already = false;
    for found in db.find(Index::Name, nevra.name.as_bytes()).map_err(failed)? {
        let Ok(header) = db.header(found.hnum) else { continue };
        let Ok(other) = header.nevra() else { continue };
        already |= settings.same_package(nevra, &other);
        let newer = other.evr().rpm_cmp(&nevra.evr()) == Ordering::Greater;
        if newer && !settings.filter.any(Filter::OLDPACKAGE) {
            problems.push(Problem::NewerInstalled { nevra: nevra.to_string(), installed: other.to_string() });
        }
    }
    let wanted = member.action == Action::Reinstall || settings.filter.any(Filter::REPLACEPKG);
    if already && !wanted {
        problems.push(Problem::AlreadyInstalled { nevra: nevra.to_string() });
    }
    Ok(())
}
