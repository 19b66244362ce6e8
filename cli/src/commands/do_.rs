//! `do`

use clap::Args;
use oxidnf_engine::request::RequestItem;
use oxidnf_engine::{Operation, Request};

use super::options::{
    Advisories, AllowDowngrade, AllowErasing, DownloadOnly, InstalledFrom, Keep, PackageSource, SkipBroken,
    SkipUnavailable,
};
use crate::context::Failure;
use crate::driver::{Change, unremovable_file};
use crate::grammar::UsageError;

/// Do several things in one transaction
#[derive(Debug, Clone, Default, Args)]
pub struct DoArgs {
    /// What is to be done with the items that follow
    #[arg(long, value_name = "install/remove/upgrade/downgrade/reinstall")]
    action: Option<String>,
    /// What the items that follow are
    #[arg(long, value_name = "auto/package/group")]
    r#type: Option<String>,
    #[command(flatten)]
    installed: InstalledFrom,
    #[command(flatten)]
    source: PackageSource,
    #[command(flatten)]
    erasing: AllowErasing,
    #[command(flatten)]
    broken: SkipBroken,
    #[command(flatten)]
    unavailable: SkipUnavailable,
    #[command(flatten)]
    downgrade: AllowDowngrade,
    #[command(flatten)]
    advisories: Advisories,
    #[command(flatten)]
    download: DownloadOnly,
    #[command(flatten)]
    keep: Keep,
    /// Items to do something with; the scan leaves the options that switch between them in their places
    #[arg(value_name = "items")]
    items: Vec<String>,
}

impl DoArgs {
    /// Finds mistakes that need no session.
    pub fn check(&self) -> Result<(), Failure> {
        self.advisories.kinds.check()
    }

    /// Lowers the arguments to what the driver carries out.
    pub fn lower(self) -> Result<Change, UsageError> {
        // The scan has put both among the items.
        let DoArgs {
            keep,
            action: _,
            r#type: _,
            installed,
            source,
            erasing,
            broken,
            unavailable,
            downgrade,
            advisories,
            download,
            items,
        } = self;
        let Items { requests: items, package_specs, group } = lower_items(items)?;
        let mut request = Request { items, ..Request::default() };
        request.options.groups.package_specs = package_specs;
        installed.apply(&mut request.options);
        source.apply(&mut request.options);
        request.options.advisories = advisories.filter(false);
        request.options.allow_erasing = erasing.allowerasing;
        request.options.skip_broken = broken.skip_broken.then_some(true);
        request.options.skip_unavailable = unavailable.skip_unavailable.then_some(true);
        request.options.allow_downgrade = downgrade.choice();
        // Who only removes needs no repositories.
        let system_only = request.items.iter().all(|item| item.operation == Operation::Remove);
        // dnf5 takes no word for the name of a group, whatever it is; groups are for `auto`.
        let complaint = group.map(|word| format!("Invalid Environment/Group specification: {word}"));
        let complaint = complaint.or_else(|| unremovable_file(&request));
        Ok(Change {
            request,
            complaint,
            looks_up_files: true,
            download_only: download.downloadonly,
            system_only,
            keep,
            ..Change::default()
        })
    }
}

/// The order in which actions are carried out and remarked upon, wherever they stand.
const ORDER: [Operation; 5] =
    [Operation::Install, Operation::Remove, Operation::Upgrade, Operation::Downgrade, Operation::Reinstall];

/// What was said about items.
#[derive(Debug)]
struct Items {
    requests: Vec<RequestItem>,
    /// Items that are packages whatever they look like.
    package_specs: Vec<String>,
    /// The first item that was said to be a group.
    group: Option<String>,
}

/// Gives every item the action that was named last before it, and sorts them by action.
fn lower_items(words: Vec<String>) -> Result<Items, UsageError> {
    let mut action: Option<Operation> = None;
    let mut items: Vec<RequestItem> = Vec::new();
    let (mut package_specs, mut group) = (Vec::new(), None);
    let mut kind = "auto".to_owned();
    for word in words {
        if let Some(name) = word.strip_prefix("--action=") {
            action = Some(match name {
                "install" => Operation::Install,
                "remove" => Operation::Remove,
                "upgrade" => Operation::Upgrade,
                "downgrade" => Operation::Downgrade,
                "reinstall" => Operation::Reinstall,
                other => return Err(UsageError::Other(format!("Unsupported action \"{other}\""))),
            });
        } else if let Some(name) = word.strip_prefix("--type=") {
            if !matches!(name, "auto" | "package" | "group") {
                return Err(UsageError::Other(format!("Unsupported type \"{name}\"")));
            }
            name.clone_into(&mut kind);
        } else {
            let operation = action.clone().ok_or_else(|| UsageError::Other("Action was not defined".to_owned()))?;
            match (kind.as_str(), &operation) {
                ("group", Operation::Downgrade) => {
                    return Err(UsageError::Other("Only package downgrade is supported.".to_owned()));
                }
                ("group", Operation::Reinstall) => {
                    return Err(UsageError::Other("Only package reinstall is supported.".to_owned()));
                }
                ("group", _) => group = group.or_else(|| Some(word.clone())),
                ("package", _) => package_specs.push(word.clone()),
                _ => {}
            }
            items.push(RequestItem { operation, specs: vec![word] });
        }
    }
    items.sort_by_key(|item| ORDER.iter().position(|operation| *operation == item.operation));
    Ok(Items { requests: items, package_specs, group })
}

#[cfg(test)]
mod tests {
    use super::*;

    // witness: `dnf5 do --action=install aa --action=remove cc`, `dnf5 do aa`, `dnf5 do --action=foo aa`.
    #[test]
    fn actions_hold_until_the_next() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let items = lower_items(words("--action=remove c --action=install a b --type=package")).expect("all known");
        let said: Vec<_> = items.requests.iter().map(|item| (item.operation.clone(), item.specs[0].as_str())).collect();
        let want = [(Operation::Install, "a"), (Operation::Install, "b"), (Operation::Remove, "c")];
        assert_eq!(said, want);
        assert!(lower_items(words("a")).is_err());
        assert!(lower_items(words("--action=foo a")).is_err());
    }
}
