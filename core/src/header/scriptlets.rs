//! Scriptlets and triggers of a header.

use super::{Header, Tag};
use crate::event::ScriptletKind;
use crate::reldep::Sense;

/// Flags of a scriptlet (`RPMSCRIPT_FLAG_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ScriptFlags(pub u32);

#[allow(missing_docs, reason = "the names are rpm's")]
impl ScriptFlags {
    /// Macros are expanded in the body (`-e`).
    pub const EXPAND: ScriptFlags = ScriptFlags(1);
    /// The body is a query format (`-q`).
    pub const QFORMAT: ScriptFlags = ScriptFlags(1 << 1);
    /// A failure makes the element fail although its kind would not.
    pub const CRITICAL: ScriptFlags = ScriptFlags(1 << 2);

    /// Tells whether any bit of `bits` is set.
    pub const fn any(self, bits: ScriptFlags) -> bool {
        self.0 & bits.0 != 0
    }
}

/// One scriptlet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scriptlet<'a> {
    /// Interpreter and its arguments; `/bin/sh` when the header names none.
    pub program: Vec<Vec<u8>>,
    /// Text; `None` for a program that runs without one (`%post -p /sbin/ldconfig`).
    pub body: Option<&'a [u8]>,
    /// How it is to be run.
    pub flags: ScriptFlags,
}

/// The three families of triggers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TriggerFamily {
    /// Set off by packages.
    Package,
    /// Set off by files, around each element.
    File,
    /// Set off by files, once in a transaction.
    TransFile,
}

/// What sets a trigger off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TriggerCondition<'a> {
    /// Package name, or prefix of paths.
    pub name: &'a [u8],
    /// Kind of the trigger and comparison of versions.
    pub sense: Sense,
    /// Version, empty when none.
    pub evr: &'a [u8],
    /// Position in the header's array of conditions.
    pub index: usize,
}

/// One script of a trigger with all its conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriggerScript<'a> {
    /// Position in the header's array of scripts.
    pub index: usize,
    /// The script.
    pub script: Scriptlet<'a>,
    /// Priority of a file trigger (1000000 when the header names none); 0 for a package trigger.
    pub priority: u32,
    /// What sets it off.
    pub conditions: Vec<TriggerCondition<'a>>,
}

impl TriggerScript<'_> {
    /// Returns when the trigger runs, judged by its conditions; `None` without any.
    ///
    /// For file triggers pass their family, as the same bits mean both.
    pub fn kind(&self, family: TriggerFamily) -> Option<ScriptletKind> {
        let sense = self.conditions.first()?.sense;
        let (prein, install, un, postun) = match family {
            TriggerFamily::Package => (
                Some(ScriptletKind::TriggerPreIn),
                ScriptletKind::TriggerIn,
                ScriptletKind::TriggerUn,
                ScriptletKind::TriggerPostUn,
            ),
            TriggerFamily::File => {
                (None, ScriptletKind::FileTriggerIn, ScriptletKind::FileTriggerUn, ScriptletKind::FileTriggerPostUn)
            }
            TriggerFamily::TransFile => (
                None,
                ScriptletKind::TransFileTriggerIn,
                ScriptletKind::TransFileTriggerUn,
                ScriptletKind::TransFileTriggerPostUn,
            ),
        };
        if sense.any(Sense::TRIGGERPREIN) {
            prein
        } else if sense.any(Sense::TRIGGERIN) {
            Some(install)
        } else if sense.any(Sense::TRIGGERUN) {
            Some(un)
        } else if sense.any(Sense::TRIGGERPOSTUN) {
            Some(postun)
        } else {
            None
        }
    }
}

/// Tags of one scriptlet: text, program, flags.
const fn script_tags(kind: ScriptletKind) -> Option<(Tag, Tag, Tag)> {
    Some(match kind {
        ScriptletKind::PreTrans => (Tag::PRETRANS, Tag::PRETRANSPROG, Tag::PRETRANSFLAGS),
        ScriptletKind::Pre => (Tag::PREIN, Tag::PREINPROG, Tag::PREINFLAGS),
        ScriptletKind::Post => (Tag::POSTIN, Tag::POSTINPROG, Tag::POSTINFLAGS),
        ScriptletKind::PreUn => (Tag::PREUN, Tag::PREUNPROG, Tag::PREUNFLAGS),
        ScriptletKind::PostUn => (Tag::POSTUN, Tag::POSTUNPROG, Tag::POSTUNFLAGS),
        ScriptletKind::PostTrans => (Tag::POSTTRANS, Tag::POSTTRANSPROG, Tag::POSTTRANSFLAGS),
        ScriptletKind::PreUnTrans => (Tag::PREUNTRANS, Tag::PREUNTRANSPROG, Tag::PREUNTRANSFLAGS),
        ScriptletKind::PostUnTrans => (Tag::POSTUNTRANS, Tag::POSTUNTRANSPROG, Tag::POSTUNTRANSFLAGS),
        ScriptletKind::Verify => (Tag::VERIFYSCRIPT, Tag::VERIFYSCRIPTPROG, Tag::VERIFYSCRIPTFLAGS),
        _ => return None,
    })
}

pub(super) struct TriggerTags {
    pub(super) scripts: Tag,
    pub(super) programs: Tag,
    pub(super) flags: Tag,
    pub(super) names: Tag,
    pub(super) senses: Tag,
    pub(super) versions: Tag,
    pub(super) indexes: Tag,
    pub(super) priorities: Option<Tag>,
}

impl TriggerTags {
    pub(super) const fn of(family: TriggerFamily) -> Self {
        match family {
            TriggerFamily::Package => TriggerTags {
                scripts: Tag::TRIGGERSCRIPTS,
                programs: Tag::TRIGGERSCRIPTPROG,
                flags: Tag::TRIGGERSCRIPTFLAGS,
                names: Tag::TRIGGERNAME,
                senses: Tag::TRIGGERFLAGS,
                versions: Tag::TRIGGERVERSION,
                indexes: Tag::TRIGGERINDEX,
                priorities: None,
            },
            TriggerFamily::File => TriggerTags {
                scripts: Tag::FILETRIGGERSCRIPTS,
                programs: Tag::FILETRIGGERSCRIPTPROG,
                flags: Tag::FILETRIGGERSCRIPTFLAGS,
                names: Tag::FILETRIGGERNAME,
                senses: Tag::FILETRIGGERFLAGS,
                versions: Tag::FILETRIGGERVERSION,
                indexes: Tag::FILETRIGGERINDEX,
                priorities: Some(Tag::FILETRIGGERPRIORITIES),
            },
            TriggerFamily::TransFile => TriggerTags {
                scripts: Tag::TRANSFILETRIGGERSCRIPTS,
                programs: Tag::TRANSFILETRIGGERSCRIPTPROG,
                flags: Tag::TRANSFILETRIGGERSCRIPTFLAGS,
                names: Tag::TRANSFILETRIGGERNAME,
                senses: Tag::TRANSFILETRIGGERFLAGS,
                versions: Tag::TRANSFILETRIGGERVERSION,
                indexes: Tag::TRANSFILETRIGGERINDEX,
                priorities: Some(Tag::TRANSFILETRIGGERPRIORITIES),
            },
        }
    }
}

/// Priority of a file trigger that names none.
const DEFAULT_PRIORITY: u32 = 1_000_000;

impl Header {
    /// Returns a scriptlet that is not a trigger; `None` when the package has none of this kind.
    pub fn scriptlet(&self, kind: ScriptletKind) -> Option<Scriptlet<'_>> {
        let (body, program, flags) = script_tags(kind)?;
        let body = self.text(body);
        let mut program: Vec<Vec<u8>> = self.strings(program).map(<[u8]>::to_vec).collect();
        if body.is_none() && program.is_empty() {
            return None;
        }
        if program.is_empty() {
            program.push(b"/bin/sh".to_vec());
        }
        Some(Scriptlet { program, body, flags: ScriptFlags(self.number(flags).unwrap_or(0) as u32) })
    }

    /// Returns triggers that packages set off.
    pub fn triggers(&self) -> Vec<TriggerScript<'_>> {
        self.trigger_scripts(TriggerFamily::Package)
    }

    /// Returns triggers that files set off around each element.
    pub fn file_triggers(&self) -> Vec<TriggerScript<'_>> {
        self.trigger_scripts(TriggerFamily::File)
    }

    /// Returns triggers that files set off once in a transaction.
    pub fn trans_file_triggers(&self) -> Vec<TriggerScript<'_>> {
        self.trigger_scripts(TriggerFamily::TransFile)
    }

    /// Returns the triggers of one family, one element for each script.
    ///
    /// A condition that names a script that does not exist is left out.
    pub fn trigger_scripts(&self, family: TriggerFamily) -> Vec<TriggerScript<'_>> {
        let tags = TriggerTags::of(family);
        let programs = self.string_array(tags.programs);
        let (flags, priorities) =
            (self.numbers(tags.flags), tags.priorities.map(|tag| self.numbers(tag)).unwrap_or_default());
        let default = if tags.priorities.is_some() { DEFAULT_PRIORITY } else { 0 };
        let mut triggers: Vec<TriggerScript<'_>> = self
            .strings(tags.scripts)
            .enumerate()
            .map(|(index, body)| TriggerScript {
                index,
                script: Scriptlet {
                    program: vec![programs.get(index).unwrap_or(b"/bin/sh").to_vec()],
                    body: (!body.is_empty()).then_some(body),
                    flags: ScriptFlags(flags.get(index).unwrap_or(0) as u32),
                },
                priority: priorities.get(index).map_or(default, |number| number as u32),
                conditions: Vec::new(),
            })
            .collect();
        let (senses, versions) = (self.numbers(tags.senses), self.string_array(tags.versions));
        let indexes = self.numbers(tags.indexes);
        for (index, name) in self.strings(tags.names).enumerate() {
            let script = indexes.get(index).unwrap_or(0) as usize;
            if let Some(trigger) = triggers.get_mut(script) {
                trigger.conditions.push(TriggerCondition {
                    name,
                    sense: Sense(senses.get(index).unwrap_or(0) as u32),
                    evr: versions.get(index).unwrap_or_default(),
                    index,
                });
            }
        }
        triggers
    }
}
