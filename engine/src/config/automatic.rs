//! The configuration of `automatic`: its files, sections and options (dnf5-automatic(8)).

use std::path::{Path, PathBuf};

use oxidnf_core::conf::{ConfValue, Ini, Opt, Priority, ValueError, Vars};

use super::{Config, ConfigError, ConfigNote, Roots, files};

/// The files, weakest first; each changes what it names.
const FILES: [&str; 3] = ["/usr/share/dnf5/dnf5-plugins/automatic.conf", OLD_FILE, "/etc/dnf/automatic.conf"];

/// The place that the administrator's file had in earlier releases of dnf5.
const OLD_FILE: &str = "/etc/dnf/dnf5-plugins/automatic.conf";

macro_rules! words {
    ($(#[$doc:meta])* $name:ident($allowed:literal) { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl ConfValue for $name {
            fn parse(text: &str) -> Result<Self, ValueError> {
                match text {
                    $($word => Ok($name::$variant),)*
                    _ => Err(ValueError::Word { text: text.to_owned(), allowed: $allowed }),
                }
            }

            fn render(&self) -> Option<String> {
                Some(match self { $($name::$variant => $word,)* }.to_owned())
            }
        }
    };
}

words! {
    /// Which upgrades are looked for.
    UpgradeType("default|security|distro-sync") {
        /// All.
        Default = "default",
        /// Those that an advisory of the type security names.
        Security = "security",
        /// What `distro-sync` does, which also goes back to older versions.
        DistroSync = "distro-sync",
    }
}
words! {
    /// When the system is booted again after a transaction.
    Reboot("never|when-changed|when-needed") {
        /// Never.
        Never = "never",
        /// After every transaction.
        WhenChanged = "when-changed",
        /// When something was changed that stays in use until then.
        WhenNeeded = "when-needed",
    }
}
words! {
    /// How the connection to a mail server is kept private.
    EmailTls("no|yes|starttls") {
        /// Not at all.
        No = "no",
        /// From its beginning.
        Yes = "yes",
        /// As soon as both sides have greeted each other.
        Starttls = "starttls",
    }
}

macro_rules! options {
    ($($section:literal $key:literal $field:ident: $type:ty = $default:expr, $doc:literal;)*) => {
        /// Every option of `automatic`, apart from those of `[base]`, which are dnf5's own.
        #[derive(Debug, Clone)]
        pub struct AutomaticConfig {
            $(#[doc = $doc] pub $field: Opt<$type>,)*
        }

        impl Default for AutomaticConfig {
            fn default() -> Self {
                AutomaticConfig { $($field: Opt::new($default),)* }
            }
        }

        impl AutomaticConfig {
            /// Sets an option; `Ok(false)` when there is none of that name.
            fn set(&mut self, section: &str, key: &str, text: &str) -> Result<bool, ValueError> {
                match (section, key) {
                    $(($section, $key) => {
                        self.$field.set(Priority::AutomaticConfig, <$type>::parse(text)?);
                    })*
                    _ => return Ok(false),
                }
                Ok(true)
            }
        }
    };
}

options! {
    "commands" "apply_updates" apply_updates: bool = false, "Packages are installed.";
    "commands" "download_updates" download_updates: bool = true, "Packages are downloaded.";
    "commands" "network_online_timeout" network_online_timeout: i32 = 60, "Seconds to wait for the network; zero and less do not wait.";
    "commands" "random_sleep" random_sleep: u32 = 0, "Most seconds to wait with `--timer` before anything is done.";
    "commands" "upgrade_type" upgrade_type: UpgradeType = UpgradeType::Default, "Which upgrades are looked for.";
    "commands" "reboot" reboot: Reboot = Reboot::Never, "When the system is booted again.";
    "commands" "reboot_command" reboot_command: String = "shutdown -r +5 'Rebooting after applying package updates'".to_owned(), "Shell command that boots the system again.";
    "emitters" "emit_via" emit_via: Vec<String> = vec!["stdio".to_owned()], "Names of the ways of reporting.";
    "emitters" "emit_no_updates" emit_no_updates: bool = false, "Nothing to do is reported, too.";
    "emitters" "system_name" system_name: String = host_name(), "Name of this system in reports.";
    "command" "command_format" command: String = "cat".to_owned(), "Shell command that gets the report; a format.";
    "command" "stdin_format" command_stdin: String = "{body}".to_owned(), "What it reads; a format.";
    "command_email" "command_format" mailer: String = "mail -Ssendwait -s {subject} -r {email_from} {email_to}".to_owned(), "Shell command that sends mail; a format.";
    "command_email" "stdin_format" mailer_stdin: String = "{body}".to_owned(), "What it reads; a format.";
    "command_email" "email_from" mailer_from: String = "root".to_owned(), "Sender of its mail.";
    "command_email" "email_to" mailer_to: Vec<String> = vec!["root".to_owned()], "Recipients of its mail.";
    "email" "email_from" email_from: String = "root".to_owned(), "Sender of mail.";
    "email" "email_to" email_to: Vec<String> = vec!["root".to_owned()], "Recipients of mail.";
    "email" "email_host" email_host: String = "localhost".to_owned(), "Mail server.";
    "email" "email_port" email_port: i32 = 25, "Its port.";
    "email" "email_tls" email_tls: EmailTls = EmailTls::No, "How the connection to it is kept private.";
}

/// Returns the name of the host, as `system_name` begins.
fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

impl Config {
    /// Reads the files of `automatic`, whose `[base]` changes options of the main configuration.
    pub(super) fn read_automatic(&mut self, roots: &Roots, vars: &Vars) -> Result<(), ConfigError> {
        let mut automatic = AutomaticConfig::default();
        for path in FILES.map(Path::new) {
            let Some(ini) = files::parse_optional(roots.config(), path)? else { continue };
            if path == Path::new(OLD_FILE) {
                self.notes.push(ConfigNote::OldPlace { path: roots.config().host_path(path) });
            }
            self.apply_automatic(&mut automatic, path, &ini, vars);
        }
        self.automatic = Some(automatic);
        Ok(())
    }

    fn apply_automatic(&mut self, automatic: &mut AutomaticConfig, path: &Path, ini: &Ini, vars: &Vars) {
        for section in &ini.sections {
            for entry in &section.entries {
                let value = vars.substitute(&entry.value);
                self.says_gpgcheck |= section.name == "base" && entry.key == "gpgcheck";
                let set = match section.name.as_str() {
                    "base" => self.options.set(&entry.key, Priority::AutomaticConfig, &value),
                    name => automatic.set(name, &entry.key, &value),
                };
                let (path, line, section) = (PathBuf::from(path), entry.line, section.name.clone());
                let key = entry.key.clone();
                self.notes.extend(match set {
                    Ok(true) => None,
                    Ok(false) => Some(ConfigNote::UnknownOption { path, section, line, key }),
                    Err(error) => Some(ConfigNote::BadValue { path, section, line, key, error }),
                });
            }
        }
    }
}
