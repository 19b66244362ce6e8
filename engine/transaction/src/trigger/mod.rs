//! Triggers: scripts that run because something happens to other packages or their files.

mod file;
mod package;
mod transaction;

use oxidnf_core::header::{ScriptFlags, TriggerCondition, TriggerFamily, TriggerScript};
use oxidnf_core::reldep::Sense;

use crate::settings::Flags;

pub(crate) use transaction::Collected;

/// When a trigger runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TriggerSense {
    /// Before an installation.
    PreIn,
    /// After an installation.
    In,
    /// Before an erasure.
    Un,
    /// After an erasure.
    PostUn,
}

/// The two classes of file triggers: around and inside of what the package's own scriptlets do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Priority of at least [`BOUND`].
    Early,
    /// The others.
    Late,
}

/// Priority that divides the classes.
const BOUND: u32 = 10_000;

impl Class {
    fn has(self, priority: u32) -> bool {
        (priority >= BOUND) == (self == Class::Early)
    }
}

impl TriggerSense {
    fn bit(self) -> Sense {
        match self {
            TriggerSense::PreIn => Sense::TRIGGERPREIN,
            TriggerSense::In => Sense::TRIGGERIN,
            TriggerSense::Un => Sense::TRIGGERUN,
            TriggerSense::PostUn => Sense::TRIGGERPOSTUN,
        }
    }

    fn off(self) -> Flags {
        match self {
            TriggerSense::PreIn => Flags::NOTRIGGERPREIN,
            TriggerSense::In => Flags::NOTRIGGERIN,
            TriggerSense::Un => Flags::NOTRIGGERUN,
            TriggerSense::PostUn => Flags::NOTRIGGERPOSTUN,
        }
    }
}

/// Conditions in the header's order, each with its script.
fn conditions<'s, 'h>(scripts: &'s [TriggerScript<'h>]) -> Vec<(TriggerCondition<'h>, &'s TriggerScript<'h>)> {
    let pairs = scripts.iter().flat_map(|script| script.conditions.iter().map(move |condition| (*condition, script)));
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort_by_key(|(condition, _)| condition.index);
    pairs
}

/// Prefixes of paths that set a script off.
fn prefixes<'h>(script: &TriggerScript<'h>, sense: TriggerSense) -> Vec<&'h [u8]> {
    let wanted = script.conditions.iter().filter(|condition| condition.sense.any(sense.bit()));
    wanted.map(|condition| condition.name).collect()
}

const FILE: TriggerFamily = TriggerFamily::File;
const TRANS_FILE: TriggerFamily = TriggerFamily::TransFile;

/// Returns the flags that any of the scripts has.
pub(super) fn all_flags(scripts: &[TriggerScript<'_>]) -> ScriptFlags {
    ScriptFlags(scripts.iter().fold(0, |flags, script| flags | script.script.flags.0))
}
