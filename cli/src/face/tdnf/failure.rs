//! tdnf's error numbers and their texts (reference of tdnf, section 1.2).

use std::borrow::Cow;

/// The numbers, by what they are about.
pub mod number {
    #![allow(missing_docs, reason = "the table of texts below says what each is")]
    pub const UPDATES_AVAILABLE: u32 = 100;
    pub const NO_SEARCH_MATCH: u32 = 901;
    pub const CLI_INVALID_ARGUMENT: u32 = 902;
    pub const CLEAN_NEEDS_TYPE: u32 = 903;
    pub const NOTHING_TO_DO: u32 = 905;
    pub const CHECK_LOCAL_NEEDS_DIRECTORY: u32 = 906;
    pub const PROVIDES_NEEDS_ITEM: u32 = 907;
    pub const OPTION_INVALID: u32 = 908;
    pub const OPTION_NEEDS_VALUE: u32 = 909;
    pub const OPTION_UNEXPECTED_VALUE: u32 = 910;
    pub const SETOPT_WITHOUT_EQUALS: u32 = 911;
    pub const NO_SUCH_COMMAND: u32 = 912;
    pub const DOWNLOADDIR_WITHOUT_DOWNLOADONLY: u32 = 913;
    pub const ONE_DEPENDENCY: u32 = 914;
    pub const ALLDEPS_WITHOUT_DOWNLOADONLY: u32 = 915;
    pub const NODEPS_WITHOUT_DOWNLOADONLY: u32 = 916;
    pub const MIXED_QUERY: u32 = 917;
    pub const PACKAGE_REQUIRED: u32 = 1001;
    pub const CONF_FILE: u32 = 1002;
    pub const REPO_FILE: u32 = 1004;
    pub const REPO_DIR: u32 = 1005;
    pub const NO_MATCH: u32 = 1011;
    pub const CLEAN_UNSUPPORTED: u32 = 1016;
    pub const NO_DISTROVERPKG: u32 = 1022;
    pub const METADATA_EXPIRE: u32 = 1029;
    pub const PROTECTED: u32 = 1030;
    pub const ABORTED: u32 = 1032;
    pub const INVALID_INPUT: u32 = 1033;
    pub const CACHE_ONLY: u32 = 1034;
    pub const CACHE_FULL: u32 = 1036;
    pub const DUPLICATE_REPO: u32 = 1037;
    pub const CURL: u32 = 1201;
    pub const SOLVER: u32 = 1301;
    pub const TLS_SETTINGS: u32 = 1401;
    pub const NO_RPM_FILE: u32 = 1471;
    pub const RPM_FILE_DAMAGED: u32 = 1472;
    pub const KEY_NOT_TRUSTED: u32 = 1473;
    pub const BAD_KEY_FILE: u32 = 1505;
    pub const BAD_KEY_URL: u32 = 1507;
    pub const UNSUPPORTED_KEY_URL: u32 = 1508;
    pub const NOT_SIGNED: u32 = 1512;
    pub const UNKNOWN_KEY: u32 = 1514;
    pub const RPM_CHECK: u32 = 1515;
    pub const NO_GPGKEY: u32 = 1523;
    pub const BAD_URL: u32 = 1524;
    pub const TRANSACTION: u32 = 1525;
    pub const WRONG_SIZE: u32 = 1527;
    pub const WRONG_CHECKSUM: u32 = 1528;
    pub const NOTHING_FOUND: u32 = 1599;
    pub const SYSTEM: u32 = 1600;
    pub const NOT_ROOT: u32 = 1601;
    pub const NO_PERMISSION: u32 = 1613;
    pub const INVALID_PARAMETER: u32 = 1622;
    pub const NO_DATA: u32 = 1661;
    pub const HISTORY: u32 = 1801;
    pub const NO_HISTORY: u32 = 1802;
    pub const REPO_SIGNATURE_UNREADABLE: u32 = 2001;
    pub const REPO_SIGNATURE: u32 = 2004;
    pub const NO_BASE_URL: u32 = 2500;
    pub const METALINK_MISMATCH: u32 = 2501;
    pub const NO_METALINK_RESOURCE: u32 = 2502;
}

/// Why a command ends early.
///
/// The exit status is the number modulo 256; 905 and 1661 count as success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    number: u32,
    text: Cow<'static, str>,
}

impl Failure {
    /// Makes the failure of a number, with tdnf's text for it.
    pub fn new(number: u32) -> Self {
        Failure { number, text: text(number) }
    }

    /// Makes a failure with a text of its own.
    pub fn with_text(number: u32, text: impl Into<Cow<'static, str>>) -> Self {
        Failure { number, text: text.into() }
    }

    /// Makes the failure of an error of the system.
    pub fn system(error: &std::io::Error) -> Self {
        Failure::new(number::SYSTEM + error.raw_os_error().and_then(|code| u32::try_from(code).ok()).unwrap_or(5))
    }

    /// Makes the failure of a transfer: curl's error of this number.
    pub fn curl(code: u32) -> Self {
        Failure::new(number::CURL + code)
    }

    /// Returns the number.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns the text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Tells whether this is only a remark: nothing to do, nothing found.
    pub fn is_remark(&self) -> bool {
        matches!(self.number, number::NOTHING_TO_DO | number::NO_DATA)
    }

    /// Returns the exit status.
    pub fn status(&self) -> u8 {
        if self.is_remark() { 0 } else { (self.number % 256) as u8 }
    }
}

fn text(number: u32) -> Cow<'static, str> {
    if let Some((_, text)) = TEXTS.iter().find(|(known, _)| *known == number) {
        return Cow::Borrowed(text);
    }
    match number {
        1201..=1300 => Cow::Borrowed(curl_text(number - number::CURL)),
        1600..=1799 => Cow::Owned(system_text(number - number::SYSTEM)),
        other => Cow::Owned(format!("Unknown error {}", other.saturating_sub(number::SYSTEM))),
    }
}

/// Returns the sentence of the C library, which Rust follows with the number.
fn system_text(code: u32) -> String {
    let error = std::io::Error::from_raw_os_error(i32::try_from(code).unwrap_or(i32::MAX));
    let text = error.to_string();
    text.rsplit_once(" (os error ").map_or(text.clone(), |(sentence, _)| sentence.to_owned())
}

/// Returns curl's sentence about one of its errors.
fn curl_text(code: u32) -> &'static str {
    match code {
        1 => "Curl doesn't Support this protocol",
        2 => "Curl Init Failed",
        3 => "URL seems to be corrupted. Please clean all and makecache",
        5 => "Could not resolve proxy name",
        6 => "Could not resolve hostname",
        7 => "Could not connect to server",
        18 => "Transferred a partial file",
        22 => "HTTP response code said error",
        23 => "Failed writing received data to disk/application",
        28 => "Timeout was reached",
        35 => "SSL connect error",
        37 => "Could not read a file:// file",
        47 => "Number of redirects hit maximum amount",
        52 => "Server returned nothing (no headers, no data)",
        56 => "Failure when receiving data from the peer",
        58 => "Problem with the local SSL certificate",
        60 => "SSL peer certificate or SSH remote key was not OK",
        77 => "Problem with the SSL CA cert (path? access rights?)",
        _ => "Unknown error",
    }
}

const TEXTS: &[(u32, &str)] = &[
    (number::NO_SEARCH_MATCH, "There was no match for the search."),
    (number::CLI_INVALID_ARGUMENT, "Invalid argument."),
    (number::CLEAN_NEEDS_TYPE, "Clean requires an option: packages, metadata, dbcache, plugins, expire-cache, all"),
    (number::NOTHING_TO_DO, "Nothing to do."),
    (number::CHECK_LOCAL_NEEDS_DIRECTORY, "check-local requires path to rpm directory as a parameter"),
    (number::PROVIDES_NEEDS_ITEM, "Need an item to match."),
    (number::OPTION_INVALID, "Command line error: option is invalid."),
    (number::OPTION_NEEDS_VALUE, "Command line error: expected one argument."),
    (number::OPTION_UNEXPECTED_VALUE, "Command line error: argument was unexpected."),
    (
        number::SETOPT_WITHOUT_EQUALS,
        "Missing equal sign in setopt argument. setopt requires an argument of the form key=value.",
    ),
    (number::NO_SUCH_COMMAND, "Please check your command"),
    (number::DOWNLOADDIR_WITHOUT_DOWNLOADONLY, "--downloaddir requires --downloadonly"),
    (number::ONE_DEPENDENCY, "only one dependency allowed"),
    (number::ALLDEPS_WITHOUT_DOWNLOADONLY, "--alldeps requires --downloadonly"),
    (number::NODEPS_WITHOUT_DOWNLOADONLY, "--nodeps requires --downloadonly"),
    (number::MIXED_QUERY, "--qf requires only querytags. Invalid Mixed Query"),
    (number::PACKAGE_REQUIRED, "Package name expected but was not provided"),
    (number::CONF_FILE, "Error loading tdnf conf (/etc/tdnf/tdnf.conf)"),
    (number::REPO_FILE, "Encountered an invalid repo file"),
    (
        number::REPO_DIR,
        "Error opening repo dir. Check if the repodir configured in tdnf.conf exists (usually /etc/yum.repos.d)",
    ),
    (number::NO_MATCH, "No matching packages"),
    (number::CLEAN_UNSUPPORTED, "Clean type specified is not supported in this release. Please try clean all."),
    (
        number::NO_DISTROVERPKG,
        "distroverpkg config entry is set to a package that is not installed. Check /etc/tdnf/tdnf.conf",
    ),
    (number::METADATA_EXPIRE, "metadata_expire value could not be parsed. Check your repo files."),
    (number::PROTECTED, "The operation would result in removing a protected package."),
    (number::ABORTED, "Operation aborted."),
    (number::INVALID_INPUT, "Invalid input."),
    (number::CACHE_ONLY, "cache only is set, but no repo data found"),
    (
        number::CACHE_FULL,
        "Insufficient disk space at cache directory /var/cache/tdnf (unless specified differently in config). Try \
         freeing space first.",
    ),
    (number::DUPLICATE_REPO, "Duplicate repo id"),
    (number::SOLVER, "Solv general runtime error"),
    (number::TLS_SETTINGS, "There was an error while setting SSL settings for the repo."),
    (number::NO_RPM_FILE, "rpm generic error - not found (possible corrupt rpm file)"),
    (number::RPM_FILE_DAMAGED, "rpm generic failure"),
    (number::KEY_NOT_TRUSTED, "rpm signature is OK, but key is not trusted"),
    (number::BAD_KEY_FILE, "public key file is invalid or corrupted"),
    (number::BAD_KEY_URL, "GpgKey Url is invalid"),
    (number::UNSUPPORTED_KEY_URL, "GpgKey Url schemes other than file are not supported"),
    (number::NOT_SIGNED, "RPM not signed. Use --skipsignature or --nogpgcheck to ignore."),
    (number::UNKNOWN_KEY, "RPM is signed but failed to match with known keys. Use --nogpgcheck to ignore."),
    (number::RPM_CHECK, "rpm check reported errors"),
    (
        number::NO_GPGKEY,
        "gpgkey entry is missing for this repo. please add gpgkey in repo file or use --nogpgcheck to ignore.",
    ),
    (number::BAD_URL, "URL is invalid."),
    (number::TRANSACTION, "rpm transaction failed"),
    (number::WRONG_SIZE, "File size does not match."),
    (number::WRONG_CHECKSUM, "File checksum does not match."),
    (number::NOTHING_FOUND, "No matches found"),
    (number::NOT_ROOT, "Operation not permitted. You have to be root."),
    (number::NO_DATA, "No data available"),
    (number::NO_HISTORY, "History database error"),
    (number::NO_BASE_URL, "Base URL and Metalink URL not found in the repo file"),
    (number::METALINK_MISMATCH, "Checksum Validation failed for the repomd.xml downloaded using URL from metalink"),
    (number::NO_METALINK_RESOURCE, "No Resource present in metalink file for file download"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    // tdnf.md 1.2: the exit status is the number modulo 256.
    #[rstest]
    #[case(1011, 243)]
    #[case(1523, 243)]
    #[case(1032, 8)]
    #[case(1033, 9)]
    #[case(1301, 21)]
    #[case(1525, 245)]
    #[case(1207, 183)]
    #[case(1208, 184)]
    #[case(1229, 205)]
    #[case(912, 144)]
    #[case(905, 0)]
    #[case(1661, 0)]
    #[case(100, 100)]
    #[case(1622, 86)]
    #[case(1802, 10)]
    #[case(2004, 212)]
    fn statuses(#[case] number: u32, #[case] status: u8) {
        assert_eq!(Failure::new(number).status(), status);
    }

    #[rstest]
    #[case(1622, "Invalid argument")]
    #[case(1602, "No such file or directory")]
    #[case(1613, "Permission denied")]
    #[case(1661, "No data available")]
    #[case(1801, "Unknown error 201")]
    #[case(2004, "Unknown error 404")]
    #[case(1229, "Timeout was reached")]
    fn texts(#[case] number: u32, #[case] text: &str) {
        assert_eq!(Failure::new(number).text(), text);
    }
}
