//! `changelog`

use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use oxidnf_core::conf::ConfValue;
use oxidnf_engine::catalog::{ExcludeKind, Excludes, PackageSet, Query, SpecSettings};
use oxidnf_engine::{Load, Session};

use super::changelogs::{self, Part};
use crate::context::{CommandResult, Context, Failure};
use crate::face::dnf5::errors::capitalized;
use crate::grammar::UsageError;

/// Show the changelogs of packages
#[derive(Debug, Clone, Default, Args)]
pub struct ChangelogArgs {
    #[command(flatten)]
    part: PartArgs,
    /// Packages; all available ones without this
    #[arg(value_name = "package-spec-NI")]
    specs: Vec<String>,
}

#[derive(Debug, Clone, Default, Args)]
#[group(multiple = false)]
struct PartArgs {
    /// Show entries since this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<String>,
    /// Show so many entries of each package; a negative number leaves out so many of the oldest
    #[arg(long, value_name = "VALUE")]
    count: Option<String>,
    /// Show what is new in packages that upgrade installed ones
    #[arg(long)]
    upgrades: bool,
}

impl ChangelogArgs {
    /// Finds dates and numbers that are none.
    pub fn check(&self) -> Result<(), Failure> {
        self.part().map(drop)
    }

    fn part(&self) -> Result<Part, Failure> {
        let PartArgs { since, count, upgrades } = &self.part;
        if let Some(text) = since {
            return Ok(Part::Since(midnight(text)?));
        }
        if let Some(text) = count {
            let count: i32 = ConfValue::parse(text).map_err(|error| {
                Failure::Message(format!("OptionInvalidValueError: {}", capitalized(&error.to_string())))
            })?;
            return Ok(if count == 0 { Part::All } else { Part::Count(count) });
        }
        Ok(if *upgrades { Part::New } else { Part::All })
    }

    /// Prints the changelogs of available packages.
    pub fn run(self, cx: &mut Context) -> CommandResult {
        let part = self.part()?;
        let mut session = cx.open()?;
        let load = Load { metadata: vec!["other".to_owned()], ..Load::query() };
        cx.load(&mut session, &load, true)?;
        cx.output.line(match &part {
            Part::All => "Listing all changelogs".to_owned(),
            Part::Since(seconds) => format!("Listing changelogs since {}", day(*seconds)),
            Part::Count(_) => "Listing only latest changelogs".to_owned(),
            Part::New => "Listing only new changelogs since installed version of the package".to_owned(),
        });
        let packages = self.choose(&session, part == Part::New);
        changelogs::print(cx, &mut session, &packages, &part)?;
        Ok(0)
    }

    /// Returns the packages that are meant: of those that were named, the latest of each name and architecture.
    fn choose(&self, session: &Session, upgrades: bool) -> PackageSet {
        let base = Query::with_excludes(session.sack(), Excludes::ALL.without(ExcludeKind::Versionlock)).available();
        let settings = SpecSettings {
            icase: true,
            with_provides: false,
            with_filenames: false,
            with_binaries: false,
            ..SpecSettings::default()
        };
        let base = if upgrades { base.filter_upgrades() } else { base };
        if self.specs.is_empty() {
            return base.into_packages();
        }
        let mut chosen = PackageSet::new();
        for spec in &self.specs {
            let named = Query::from_set(session.sack(), base.resolve_spec(spec, &settings).packages);
            chosen.union(named.filter_latest(1).packages());
        }
        chosen
    }
}

/// Returns when a day begins, in universal time.
fn midnight(text: &str) -> Result<i64, UsageError> {
    let mut parts = text.splitn(3, '-').map(|part| part.parse::<i16>().ok());
    let mut next = || parts.next().flatten();
    let date = match (next(), next(), next()) {
        (Some(year), Some(month), Some(day)) => {
            let month = i8::try_from(month).unwrap_or(0);
            Date::new(year, month, i8::try_from(day).unwrap_or(0)).ok()
        }
        _ => None,
    };
    let zoned = date.and_then(|date| date.to_zoned(TimeZone::UTC).ok());
    zoned.map(|zoned| zoned.timestamp().as_second()).ok_or_else(|| {
        UsageError::Other(format!("Invalid date passed: \"{text}\". Dates in \"YYYY-MM-DD\" format are expected"))
    })
}

/// `Wed Jan  1 00:00:00 2025`
fn day(seconds: i64) -> String {
    let Ok(time) = jiff::Timestamp::from_second(seconds) else { return String::new() };
    time.to_zoned(TimeZone::UTC).strftime("%a %b %e %H:%M:%S %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    // witness: compat-tests/tests/plugin_commands.rs::changelogs
    #[test]
    fn days() {
        assert_eq!(midnight("2025-01-01"), Ok(1_735_689_600));
        assert_eq!(midnight("2025-1-1"), Ok(1_735_689_600));
        assert_eq!(day(1_735_689_600), "Wed Jan  1 00:00:00 2025");
        for text in ["", "x", "2025", "2025-13-01", "2025-01-32", "2025-01-01x"] {
            assert!(midnight(text).is_err(), "{text}");
        }
    }
}
