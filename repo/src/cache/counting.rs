//! `countme`: telling repositories, once a week and without saying who, that there is one more machine (reference of
//! dnf5, section 3.6).
//!
//! Weeks begin on Mondays in UTC. In a week that was not counted yet one of the first few requests, which one is drawn,
//! gets a parameter that tells roughly how old the installation is.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tempfile::NamedTempFile;

use super::directory_name;
use crate::config::{RepoConfig, local_path};

const WEEK: i64 = 604_800;
/// The first Monday of 1970.
const FIRST_MONDAY: i64 = 345_600;
/// First weeks of the second, third and fourth age.
const AGES: [i64; 3] = [2, 5, 25];

/// What counting needs to know of the machine; only root's runs have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counting {
    /// The directory of what must outlive the cache; it belongs to the machine, whatever root the run works in.
    pub dir: PathBuf,
    /// When the machine was installed, in seconds since 1970, if that is known.
    pub installed: Option<i64>,
    /// How many requests a week may take until one of them counts: 1 to 4, drawn for each run.
    pub draw: u8,
}

impl Counting {
    /// Returns the age of the installation, 1 to 4, when this request for a repository's list of mirrors is to count.
    ///
    /// What cannot be written must not stop the request: then it does not count.
    pub(crate) fn flag(&self, repo: &RepoConfig, url: &str, now: SystemTime) -> Option<u8> {
        if !repo.options.countme || local_path(url).is_some() {
            return None;
        }
        let file = self.dir.join("repos").join(directory_name(repo)).join("countme");
        let mut cookie = Cookie::read(&file);
        let now = now.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        let (changed, flag) = cookie.count(i64::try_from(now.as_secs()).ok()?, self.installed, self.draw);
        if changed && cookie.write(&file).is_err() {
            return None;
        }
        flag
    }
}

/// What is remembered between requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cookie {
    /// The week in which the age begins; 0 when none was counted yet.
    epoch: i64,
    /// The week that was counted last.
    week: i64,
    /// How many requests are left until one counts; negative when that is not drawn yet.
    budget: i64,
}

impl Cookie {
    /// Reads the file of dnf5; without one nothing was counted yet.
    fn read(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let mut numbers = text.split_whitespace().map(str::parse);
        match (numbers.next(), numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(_version)), Some(Ok(epoch)), Some(Ok(week)), Some(Ok(budget))) => Cookie { epoch, week, budget },
            _ => Cookie { epoch: 0, week: FIRST_MONDAY, budget: -1 },
        }
    }

    fn write(self, file: &Path) -> io::Result<()> {
        let dir = file.parent().unwrap_or(Path::new("/"));
        std::fs::create_dir_all(dir)?;
        let mut temporary = NamedTempFile::new_in(dir)?;
        write!(temporary, "0 {} {} {}", self.epoch, self.week, self.budget)?;
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        temporary.as_file().set_permissions(mode)?;
        temporary.persist(file).map(drop).map_err(|error| error.error)
    }

    /// Takes one request into account; returns whether anything changed, and the age if the request counts.
    fn count(&mut self, now: i64, installed: Option<i64>, draw: u8) -> (bool, Option<u8>) {
        let since = now.saturating_sub(self.week);
        if since < WEEK {
            return (false, None);
        }
        if self.budget < 0 {
            self.budget = i64::from(draw);
        }
        self.budget -= 1;
        if self.budget > 0 {
            return (true, None);
        }
        self.budget = -1;
        self.week = now - since % WEEK;
        self.epoch = match installed {
            Some(time) => time - (time - FIRST_MONDAY).rem_euclid(WEEK),
            None if self.epoch == 0 => self.week,
            None => self.epoch,
        };
        let weeks = self.week.saturating_sub(self.epoch) / WEEK;
        let age = AGES.iter().filter(|first| weeks >= **first).count();
        (true, u8::try_from(age + 1).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    const MONDAY: i64 = FIRST_MONDAY + 2000 * WEEK;

    // witness: compat-tests/tests/repositories/counting.rs
    #[rstest]
    #[case(0, 0, None)]
    #[case(1, 0, Some(1))]
    #[case(1, 1, Some(1))]
    #[case(1, 2, Some(2))]
    #[case(3, 4, Some(2))]
    #[case(1, 5, Some(3))]
    #[case(1, 24, Some(3))]
    #[case(1, 25, Some(4))]
    fn ages(#[case] weeks_ago: i64, #[case] age: i64, #[case] want: Option<u8>) {
        let mut cookie = Cookie { epoch: MONDAY - age * WEEK, week: MONDAY - weeks_ago * WEEK, budget: 1 };
        assert_eq!(cookie.count(MONDAY + 1000, None, 4).1, want);
        if want.is_some() {
            assert_eq!((cookie.week, cookie.budget), (MONDAY, -1));
        }
    }

    #[test]
    fn one_request_of_a_few_counts() {
        let mut cookie = Cookie { epoch: 0, week: FIRST_MONDAY, budget: -1 };
        let counted = (0..10).filter(|_| cookie.count(MONDAY + 5, Some(MONDAY - 6 * WEEK - 5), 3).1.is_some()).count();
        assert_eq!(counted, 1);
        assert_eq!(cookie, Cookie { epoch: MONDAY - 7 * WEEK, week: MONDAY, budget: -1 });
    }

    #[test]
    fn files() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let file = dir.path().join("a/countme");
        let none = Cookie { epoch: 0, week: FIRST_MONDAY, budget: -1 };
        assert_eq!(Cookie::read(&file), none);
        let cookie = Cookie { epoch: 1, week: 2, budget: 3 };
        cookie.write(&file).expect("writable");
        assert_eq!(Cookie::read(&file), cookie);
        std::fs::write(&file, "0 x 2 3").expect("writable");
        assert_eq!(Cookie::read(&file), none);
    }

    proptest! {
        #[test]
        fn never_panics(epoch: i64, week: i64, budget: i64, now in 0..i64::MAX / 2) {
            let _ = Cookie { epoch, week, budget }.count(now, None, 1);
        }
    }
}
