//! Room on filesystems (reference of rpm, 5.8).

use std::collections::BTreeMap;

use rustix::fs::{self, Mode, OFlags, StatVfsMountFlags};

use super::state::FileAction;
use crate::fsm::dirs::RootDir;
use crate::problem::Problem;
use crate::settings::Filter;

/// Blocks are never counted bigger than this, as some filesystems name huge ones.
const MAX_BLOCK: u64 = 4096;

#[derive(Debug)]
struct Filesystem {
    mount: String,
    block: u64,
    available: i128,
    /// Free inodes; none when there is no limit.
    nodes: Option<i128>,
    blocks_needed: i128,
    nodes_needed: i128,
    /// What was needed when a problem was told last, so that only more of it is told again.
    blocks_told: i128,
    nodes_told: i128,
    /// Given back after the package, when replaced files are gone.
    blocks_back: i128,
    nodes_back: i128,
}

/// A file for the account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account {
    /// What happens.
    pub action: FileAction,
    /// Its size.
    pub size: u64,
    /// Size of the installed file that it replaces.
    pub replaced: u64,
    /// Size of the same file in another package of the transaction.
    pub shared: u64,
}

/// The account of all filesystems.
#[derive(Debug)]
pub(crate) struct Disk<'r> {
    root: &'r RootDir,
    filesystems: BTreeMap<u64, Option<Filesystem>>,
}

impl<'r> Disk<'r> {
    /// Starts an empty account.
    pub(crate) fn new(root: &'r RootDir) -> Self {
        Disk { root, filesystems: BTreeMap::new() }
    }

    /// Returns the devices that were written to, each with the path of a directory on it.
    pub(crate) fn mounts(&self) -> Vec<String> {
        self.filesystems.values().flatten().map(|filesystem| filesystem.mount.clone()).collect()
    }

    /// Books one file in a directory (an existing one, with its device).
    pub(crate) fn book(&mut self, device: u64, dir: &[u8], account: Account) {
        let root = self.root;
        let filesystem = self.filesystems.entry(device).or_insert_with(|| Filesystem::find(root, device, dir));
        let Some(filesystem) = filesystem else { return };
        let blocks = |size: u64| i128::from(size.div_ceil(filesystem.block));
        match account.action {
            FileAction::Backup | FileAction::Save | FileAction::AltName => {
                filesystem.nodes_needed += 1;
                filesystem.blocks_needed += blocks(account.size);
            }
            FileAction::Create => {
                filesystem.nodes_needed += 1;
                filesystem.blocks_needed += blocks(account.size);
                for size in [account.replaced, account.shared] {
                    if size > 0 {
                        filesystem.blocks_back += blocks(size - 1);
                        filesystem.nodes_back += 1;
                    }
                }
            }
            FileAction::Erase => {
                filesystem.nodes_needed -= 1;
                filesystem.blocks_needed -= blocks(account.size);
            }
            _ => {}
        }
        filesystem.blocks_told = filesystem.blocks_told.min(filesystem.blocks_needed);
        filesystem.nodes_told = filesystem.nodes_told.min(filesystem.nodes_needed);
    }

    /// Compares the needs after one more package with the room there is.
    pub(crate) fn check(&mut self, nevra: &str, filter: Filter) -> Vec<Problem> {
        let mut problems = Vec::new();
        for filesystem in self.filesystems.values_mut().flatten() {
            let (missing_blocks, missing_nodes) = filesystem.missing();
            if let Some(missing) = missing_blocks
                && !filter.any(Filter::DISKSPACE)
            {
                problems.push(Problem::DiskSpace {
                    nevra: nevra.to_owned(),
                    mount: filesystem.mount.clone(),
                    bytes: missing.saturating_mul(filesystem.block),
                });
            }
            if let Some(nodes) = missing_nodes
                && !filter.any(Filter::DISKNODES)
            {
                problems.push(Problem::DiskNodes { nevra: nevra.to_owned(), mount: filesystem.mount.clone(), nodes });
            }
            filesystem.blocks_needed -= std::mem::take(&mut filesystem.blocks_back);
            filesystem.nodes_needed -= std::mem::take(&mut filesystem.nodes_back);
        }
        problems
    }
}

/// Five percent more, for what the filesystem itself needs.
fn with_margin(count: i128) -> i128 {
    count * 21 / 20
}

impl Filesystem {
    fn find(root: &RootDir, device: u64, dir: &[u8]) -> Option<Self> {
        let fd = root.open_at(dir, OFlags::PATH, Mode::empty()).ok()?;
        let facts = fs::fstatvfs(&fd).ok()?;
        let unlimited = facts.f_files == 0 && facts.f_ffree == 0;
        let fragment = if facts.f_frsize == 0 { facts.f_bsize } else { facts.f_frsize };
        let block = facts.f_bsize.clamp(512, MAX_BLOCK);
        let available = if facts.f_flag.contains(StatVfsMountFlags::RDONLY) {
            0
        } else {
            i128::from(facts.f_bavail) * i128::from(fragment) / i128::from(block)
        };
        Some(Filesystem {
            mount: mount_point(root, device, dir),
            block,
            available,
            nodes: (!unlimited).then_some(i128::from(facts.f_ffree)),
            blocks_needed: 0,
            nodes_needed: 0,
            blocks_told: 0,
            nodes_told: 0,
            blocks_back: 0,
            nodes_back: 0,
        })
    }

    /// Returns missing blocks and inodes that were not told before.
    fn missing(&mut self) -> (Option<u64>, Option<u64>) {
        let blocks = with_margin(self.blocks_needed) - self.available;
        let mut told = (None, None);
        if blocks > 0 && self.blocks_needed > self.blocks_told {
            self.blocks_told = self.blocks_needed;
            told.0 = u64::try_from(blocks).ok();
        }
        if let Some(free) = self.nodes {
            let nodes = with_margin(self.nodes_needed) - free;
            if nodes > 0 && self.nodes_needed > self.nodes_told {
                self.nodes_told = self.nodes_needed;
                told.1 = u64::try_from(nodes).ok();
            }
        }
        told
    }
}

/// Returns the highest directory on the way up that is still on the device.
fn mount_point(root: &RootDir, device: u64, dir: &[u8]) -> String {
    let mut path = dir.to_vec();
    loop {
        let parent_end = path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        let parent = &path[..parent_end];
        let same = !path.is_empty() && root.stat(parent).is_ok_and(|stat| stat.st_dev == device);
        if !same {
            return if path.is_empty() { "/".to_owned() } else { String::from_utf8_lossy(&path).into_owned() };
        }
        path.truncate(parent_end);
    }
}
