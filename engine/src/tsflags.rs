//! What configuration and rpm's macros say about how the transaction runs (reference of dnf5, section 7.2).

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use oxidnf_rpmdb::Macros;
use oxidnf_transaction::{Filter, Flags, Labelling, Plugins, Settings, VerifyFlags, VerifyLevel};

use crate::clock::Clock;
use crate::error::Error;
use crate::query_host::LocalHost;

/// The words of `tsflags`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct TsFlags {
    flags: Flags,
    /// The transaction is tested and not run.
    pub(crate) test: bool,
    no_crypto: bool,
    no_plugins: bool,
}

/// Reads the words.
pub(crate) fn parse(words: &[String]) -> Result<TsFlags, Error> {
    let mut parsed = TsFlags::default();
    for word in words {
        let flags = match word.as_str() {
            "test" => {
                parsed.test = true;
                Flags::NONE
            }
            "nocrypto" => {
                parsed.no_crypto = true;
                Flags::NONE
            }
            "nodocs" => Flags::NODOCS,
            "noscripts" => Flags::NOSCRIPTS,
            "notriggers" => Flags::NOTRIGGERS,
            "justdb" => Flags::JUSTDB,
            "nocaps" => Flags::NOCAPS,
            "nocontexts" => Flags::NOCONTEXTS,
            // Labels are a plug-in's work with rpm.
            "noplugins" => {
                parsed.no_plugins = true;
                Flags::NOCONTEXTS
            }
            // DSO dependency loops do not exist here.
            "deploops" => Flags::NONE,
            _ => return Err(Error::InvalidTsflag { flag: word.clone() }),
        };
        parsed.flags |= flags;
    }
    Ok(parsed)
}

/// What the session knows about the run.
pub(crate) struct Facts<'a> {
    pub(crate) arch: &'a str,
    pub(crate) ignore_arch: bool,
    /// Something older comes in.
    pub(crate) older: bool,
    /// Files are labelled also where SELinux does not run.
    pub(crate) label_files: bool,
    pub(crate) clock: Clock,
}

/// Returns how the transaction checks package files.
pub(crate) fn verify_level(macros: &Macros, words: TsFlags) -> VerifyLevel {
    match macros.value("_pkgverify_level") {
        _ if words.no_crypto => VerifyLevel::None,
        // rpm takes what it does not understand for the strictest level; that is also its own default.
        Some(word) => match VerifyLevel::from_word(word.trim()).unwrap_or(VerifyLevel::All) {
            // dnf5 demands signatures itself, as `gpgcheck` says, and takes that demand back from rpm.
            VerifyLevel::Signature | VerifyLevel::All => VerifyLevel::Digest,
            level => level,
        },
        // A host without rpm has no opinion.
        None => VerifyLevel::default(),
    }
}

/// Puts everything together.
pub(crate) fn settings(macros: &Macros, words: TsFlags, facts: &Facts<'_>) -> Settings {
    let tid = u32::try_from(facts.clock.recorded()).unwrap_or(u32::MAX);
    let clock = if facts.clock.is_limited() {
        oxidnf_transaction::Clock::Epoch(u64::from(tid))
    } else {
        oxidnf_transaction::Clock::System(crate::clock::unix_time)
    };
    let mut settings = Settings::new(tid, clock);
    settings.flags = words.flags;
    settings.verify = verify_level(macros, words);
    if let Some(flags) = macros.number("_pkgverify_flags").and_then(|flags| u32::try_from(flags).ok()) {
        settings.verify_flags = VerifyFlags(flags);
    }
    if facts.older {
        settings.filter = settings.filter | Filter::OLDPACKAGE;
    }
    if facts.ignore_arch {
        settings.filter = settings.filter | Filter::IGNOREARCH;
    } else {
        settings.arches = oxidnf_core::arch::compatible(facts.arch).into_iter().map(str::to_owned).collect();
    }
    settings.color = macros
        .number("_transaction_color")
        .and_then(|color| u32::try_from(color).ok())
        .unwrap_or_else(|| oxidnf_core::arch::transaction_color(facts.arch));
    if let Some(color) = macros.number("_prefer_color").and_then(|color| u32::try_from(color).ok()) {
        settings.prefer_color = color;
    }
    let text = |name: &str| macros.value(name).filter(|value| !value.is_empty() && !value.contains('%'));
    if let Some(path) = text("_install_script_path") {
        settings.script_path = OsString::from(path);
    }
    if let Some(path) = text("_tmppath") {
        settings.tmp_path = PathBuf::from(path);
    }
    settings.macros = Some(macros.clone());
    settings.verbose = true;
    settings.query_host = Arc::new(LocalHost { macros: macros.clone() });
    if !words.no_plugins {
        settings.plugins = Plugins::read(macros);
    }
    if facts.label_files {
        settings.plugins.labelling = Labelling::Always;
    }
    settings.sysusers = text("__systemd_sysusers");
    let selection = &mut settings.selection;
    if let Some(langs) = text("_install_langs") {
        selection.langs = langs.split(':').filter(|lang| !lang.is_empty()).map(str::to_owned).collect();
    }
    if let Some(paths) = text("_netsharedpath") {
        selection.netshared = paths.split(':').filter(|path| path.starts_with('/')).map(PathBuf::from).collect();
    }
    selection.exclude_docs =
        words.flags.any(Flags::NODOCS) || macros.number("_excludedocs").is_some_and(|value| value > 0);
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_flags() {
        let words = ["nodocs", "test", "nocrypto", "noplugins"].map(str::to_owned);
        let flags = parse(&words).expect("known words");
        assert!(flags.test && flags.flags.any(Flags::NODOCS));
        let settings = settings(
            &Macros::default(),
            flags,
            &Facts {
                arch: "x86_64",
                ignore_arch: false,
                older: true,
                label_files: true,
                clock: Clock::limited(Some(7)),
            },
        );
        assert!(settings.selection.exclude_docs && settings.filter.any(Filter::OLDPACKAGE));
        assert_eq!((settings.tid, settings.verify), (7, VerifyLevel::None));
        assert!(settings.flags.any(Flags::NOCONTEXTS), "nocontexts wins over label_files");
        assert!(settings.arches.iter().any(|arch| arch == "noarch"));
        assert!(matches!(parse(&["nonsense".to_owned()]), Err(Error::InvalidTsflag { .. })));
    }
}
