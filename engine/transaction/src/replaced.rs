//! What rpm erases by itself when a package is added as an upgrade.

use oxidnf_core::header::{DepKind, Header, Tag};
use oxidnf_core::reldep::{Sense, ranges_overlap};
use oxidnf_rpmdb::{Index, RpmDb};

use crate::error::TransactionError;

/// Returns the records that rpm erases for an upgrade to a package: every instance of its name but those of another word
/// size, as the database has them, and then what it obsoletes.
///
/// `transaction_color` is that of the settings; 0 makes all word sizes the same.
///
/// # Errors
/// When the database cannot be searched.
pub fn replaced_by_upgrade(db: &RpmDb, package: &Header, transaction_color: u32) -> Result<Vec<u32>, TransactionError> {
    let find = |name: &[u8]| db.find(Index::Name, name).map_err(TransactionError::database("search"));
    let name = package.str(Tag::NAME).unwrap_or_default();
    let own = if transaction_color == 0 { 0 } else { color(package, true) };
    // A record that cannot be read has no colour.
    let stays = |hnum: u32| {
        let old = db.header(hnum).map_or(0, |header| color(&header, false));
        old != 0 && own & old == 0
    };
    let mut hnums: Vec<u32> = find(name.as_bytes())?.into_iter().map(|hit| hit.hnum).collect();
    hnums.retain(|hnum| own == 0 || !stays(*hnum));
    for dep in package.deps(DepKind::Obsoletes) {
        for hit in find(dep.name)? {
            let Ok(other) = db.header(hit.hnum) else { continue };
            let Ok(nevra) = other.nevra() else { continue };
            let evr = format!("{}:{}-{}", nevra.epoch, nevra.version, nevra.release);
            let hides = ranges_overlap((Sense::EQUAL, &evr), (dep.sense, &dep.evr_str()));
            // Its own name, too: that is how a package of another word size is replaced.
            // witness: compat-tests/tests/transactions/records.rs::a_package_that_obsoletes_its_own_name
            if !hnums.contains(&hit.hnum) && hides {
                hnums.push(hit.hnum);
            }
        }
    }
    Ok(hnums)
}

/// Colours of a package's files; of a package to install only those of files that make dependencies count.
fn color(header: &Header, of_dependencies: bool) -> u32 {
    let mut making = header.u32s(Tag::FILEDEPENDSN);
    let colors = header.u32s(Tag::FILECOLORS);
    colors
        .filter(|_| !of_dependencies || making.next().is_some_and(|count| count > 0))
        .fold(0, |all, color| all | color & 0xf)
}
