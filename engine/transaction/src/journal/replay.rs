//! What a journal amounts to: the plan, and how far it was carried out.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use oxidnf_core::Nevra;
use oxidnf_core::event::{ScriptletEnd, ScriptletKind};
use oxidnf_rpmdb::macros::Definitions;

use super::entry::{Entry, Level, Phase, PlannedElement};
use crate::element::ChangedState;
use crate::files::state::FileAction;
use crate::outcome::{ElementEnd, ScriptletFailure};

/// All kinds of scriptlets that a transaction runs.
const KINDS: [ScriptletKind; 19] = [
    ScriptletKind::PreTrans,
    ScriptletKind::Pre,
    ScriptletKind::Post,
    ScriptletKind::PreUn,
    ScriptletKind::PostUn,
    ScriptletKind::PostTrans,
    ScriptletKind::PreUnTrans,
    ScriptletKind::PostUnTrans,
    ScriptletKind::TriggerPreIn,
    ScriptletKind::TriggerIn,
    ScriptletKind::TriggerUn,
    ScriptletKind::TriggerPostUn,
    ScriptletKind::FileTriggerIn,
    ScriptletKind::FileTriggerUn,
    ScriptletKind::FileTriggerPostUn,
    ScriptletKind::TransFileTriggerIn,
    ScriptletKind::TransFileTriggerUn,
    ScriptletKind::TransFileTriggerPostUn,
    ScriptletKind::SysUsers,
];

/// Version of the format that is written; those before are read, too.
pub(crate) const FORMAT: u32 = 2;

/// What was written before the first change.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Intent {
    pub(crate) tid: u32,
    pub(crate) flags: u32,
    pub(crate) filter: u32,
    /// `SOURCE_DATE_EPOCH`.
    pub(crate) epoch: Option<u64>,
    /// Files are looked at anew after %pretrans.
    pub(crate) pretrans: bool,
    /// The machine's start.
    pub(crate) boot: Vec<u8>,
    pub(crate) db_path: PathBuf,
    /// Records that were there before.
    pub(crate) records: Vec<u32>,
    /// Records of the same packages that are replaced without being elements.
    pub(crate) twins: Vec<u32>,
    /// Filesystems that are written to.
    pub(crate) mounts: Vec<String>,
    pub(crate) elements: Vec<PlannedElement>,
    pub(crate) notes: String,
}

/// Actions on the files of an element, and files of others that they change.
pub(crate) type Fates = (Vec<FileAction>, Vec<ChangedState>);

/// How one element stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Standing {
    pub(crate) level: Level,
    pub(crate) end: Option<ElementEnd>,
    /// The new record of an installation.
    pub(crate) hnum: Option<u32>,
    pub(crate) fates: Option<Fates>,
    /// Everything of it is on the disk.
    pub(crate) durable: bool,
    /// The machine went down before its files were on the disk, so their content cannot be relied on.
    pub(crate) suspect: bool,
}

/// A scriptlet that has run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PastScript {
    pub(crate) end: ScriptletEnd,
    pub(crate) critical: bool,
    pub(crate) message: String,
    /// Place in the order in which they ran.
    pub(crate) number: usize,
    durable: bool,
}

impl PastScript {
    /// Tells whether its element could go on.
    pub(crate) fn passed(&self) -> bool {
        self.end == ScriptletEnd::Ok || !self.critical
    }
}

/// How far a transaction has come.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Known {
    pub(crate) phase: Option<Phase>,
    pub(crate) elements: Vec<Standing>,
    /// Scriptlets that have ended, by their keys.
    pub(crate) scripts: HashMap<Vec<u8>, PastScript>,
    /// Scriptlets that were begun, ended or not.
    pub(crate) begun: usize,
    /// The one that has not ended.
    pub(crate) unfinished: Option<Vec<u8>>,
    /// Its process and the tick at which that started.
    pub(crate) process: Option<(u32, u64)>,
    /// Files with texts of scriptlets that may have been left.
    pub(crate) temporaries: Vec<Vec<u8>>,
    pub(crate) due: Vec<(u32, usize)>,
    /// What scriptlets have set in the environment, or unset.
    pub(crate) variables: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// What scriptlets have made of macros.
    pub(crate) macros: BTreeMap<String, Definitions>,
}

/// Why a journal cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It is of this later version.
    Version(u32),
    /// It does not begin as one, or its plan is not complete.
    Damaged,
}

/// Reads a journal; what follows a torn line counts as not written.
pub(crate) fn read(bytes: &[u8]) -> Result<(Intent, Known), Unreadable> {
    // The last line has an end only if it is whole.
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let mut entries = bytes[..whole].split(|byte| *byte == b'\n').map_while(Entry::decode);
    match entries.next() {
        Some(Entry::Format(1..=FORMAT)) => {}
        Some(Entry::Format(version)) => return Err(Unreadable::Version(version)),
        _ => return Err(Unreadable::Damaged),
    }
    let (mut intent, mut known) = (Intent::default(), Known::default());
    let mut ready = false;
    for entry in entries {
        match (ready, entry) {
            (false, Entry::Ready) => ready = true,
            (false, entry) => plan(&mut intent, &mut known, entry).ok_or(Unreadable::Damaged)?,
            (true, entry) => known.take(entry).ok_or(Unreadable::Damaged)?,
        }
    }
    if ready { Ok((intent, known)) } else { Err(Unreadable::Damaged) }
}

fn plan(intent: &mut Intent, known: &mut Known, entry: Entry) -> Option<()> {
    match entry {
        Entry::Transaction { tid, flags, filter, epoch, pretrans } => {
            *intent = Intent { tid, flags, filter, epoch, pretrans, ..std::mem::take(intent) };
        }
        Entry::Boot(id) => intent.boot = id,
        Entry::Database(path) => intent.db_path = path,
        Entry::Records(numbers) => intent.records = numbers,
        Entry::Twin(hnum) => intent.twins.push(hnum),
        Entry::Mount(path) => intent.mounts.push(String::from_utf8(path).ok()?),
        Entry::Element(element) => {
            // A partner stands before or after, but must be one of the elements; that is checked at the end.
            intent.elements.push(element);
            known.elements.push(Standing::default());
        }
        Entry::Notes(notes) => intent.notes = String::from_utf8(notes).ok()?,
        fates @ Entry::Fates { .. } => known.take(fates)?,
        _ => return None,
    }
    Some(())
}

impl Known {
    /// Takes note of an entry; none when it speaks of an element that does not exist or belongs elsewhere.
    fn take(&mut self, entry: Entry) -> Option<()> {
        match entry {
            Entry::Phase(phase) => self.phase = Some(phase),
            Entry::Level { element, level } => self.elements.get_mut(element)?.level = level,
            Entry::Hnum { element, hnum } => self.elements.get_mut(element)?.hnum = Some(hnum),
            Entry::End { element, end } => self.elements.get_mut(element)?.end = Some(end),
            Entry::Fates { element, actions, changed } => {
                self.elements.get_mut(element)?.fates = Some((actions, changed));
            }
            Entry::Run { key, temporary } => {
                self.begun += 1;
                self.unfinished = Some(key);
                self.process = None;
                if !temporary.is_empty() {
                    self.temporaries.push(temporary);
                }
            }
            Entry::Process { pid, start } => self.process = Some((pid, start)),
            Entry::Ran { key, end, critical, message } => {
                (self.unfinished, self.process) = (None, None);
                // It has removed its file; the last one of each run is all that can be left.
                self.temporaries.clear();
                let message = String::from_utf8_lossy(&message).into_owned();
                self.scripts.insert(key, PastScript { end, critical, message, number: self.begun, durable: false });
            }
            Entry::Due { hnum, script } => self.due.push((hnum, script)),
            Entry::Variable { name, value } => drop(self.variables.insert(name, value)),
            Entry::Macro { name, definitions } => drop(self.macros.insert(name, definitions)),
            Entry::Synced => {
                self.elements.iter_mut().for_each(|element| element.durable |= element.end.is_some());
                self.scripts.values_mut().for_each(|script| script.durable = true);
            }
            _ => return None,
        }
        Some(())
    }

    /// Distrusts everything that was not known to be on the disk when the machine went down.
    pub(crate) fn lose_power(&mut self, intent: &Intent) {
        self.scripts.retain(|_, script| script.durable);
        self.process = None;
        for (standing, planned) in self.elements.iter_mut().zip(&intent.elements) {
            if standing.durable || standing.end.is_some_and(|end| end != ElementEnd::Done) {
                continue;
            }
            standing.end = None;
            standing.suspect = planned.package.is_some() && standing.level >= Level::Moved;
            // What came after the elements is due again.
            self.phase = self.phase.min(Some(Phase::Elements));
        }
    }

    /// Returns the scriptlets that failed, in the order in which they ran.
    pub(crate) fn failures(&self) -> Vec<ScriptletFailure> {
        let mut failed: Vec<_> = self.scripts.iter().filter(|(_, past)| past.end != ScriptletEnd::Ok).collect();
        failed.sort_by_key(|(_, past)| past.number);
        let failure = |(key, past): (&Vec<u8>, &PastScript)| {
            let key = String::from_utf8_lossy(key).into_owned();
            let mut parts = key.rsplit('/').skip(1);
            let nevra = Nevra::parse(parts.next()?)?;
            let name = parts.next()?;
            let kind = KINDS.into_iter().find(|kind| kind.rpm_name() == name)?;
            let PastScript { end, critical, message, .. } = past.clone();
            Some(ScriptletFailure { nevra, kind, end, critical, message })
        };
        failed.into_iter().filter_map(failure).collect()
    }

    /// Tells whether something was done that cannot be taken back.
    pub(crate) fn is_irreversible(&self) -> bool {
        self.begun > 0 || self.elements.iter().any(|element| element.level >= Level::Moving)
    }
}

/// Checks what single lines cannot: that partners exist and fates fit.
pub(crate) fn is_sound(intent: &Intent) -> bool {
    let count = intent.elements.len();
    let partners = intent.elements.iter().filter_map(|element| element.partner);
    let mut seen = HashSet::new();
    let mut hnums = intent.elements.iter().filter_map(|element| element.hnum);
    let kinds = intent.elements.iter().all(|element| element.package.is_some() != element.hnum.is_some());
    let install = |number: usize| intent.elements.get(number).is_some_and(|element| element.package.is_some());
    count > 0 && kinds && partners.into_iter().all(install) && hnums.all(|hnum| seen.insert(hnum))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::entry::KeptPackage;
    use oxidnf_core::{Action, Nevra};

    fn element(name: &str, hnum: Option<u32>, partner: Option<usize>) -> PlannedElement {
        let package = hnum.is_none().then(|| KeptPackage {
            path: format!("/{name}.rpm").into(),
            kept: false,
            size: 1,
            digests: Vec::new(),
        });
        let nevra = Nevra::parse(&format!("{name}-1-1.noarch")).expect("complete");
        PlannedElement { nevra, action: Action::Upgrade, hnum, partner, package }
    }

    fn journal() -> Vec<Entry> {
        let ran =
            |key: &[u8]| Entry::Ran { key: key.to_vec(), end: ScriptletEnd::Ok, critical: false, message: Vec::new() };
        let run = |key: &[u8]| Entry::Run { key: key.to_vec(), temporary: b"/var/tmp/t".to_vec() };
        vec![
            Entry::Format(FORMAT),
            Entry::Transaction { tid: 1, flags: 0, filter: 0, epoch: None, pretrans: false },
            Entry::Records(vec![1, 2]),
            Entry::Element(element("a", None, None)),
            Entry::Element(element("a", Some(2), Some(0))),
            Entry::Fates { element: 0, actions: vec![FileAction::Create], changed: Vec::new() },
            Entry::Ready,
            Entry::Phase(Phase::Elements),
            Entry::Level { element: 0, level: Level::Begun },
            run(b"0/prein"),
            ran(b"0/prein"),
            Entry::Level { element: 0, level: Level::Moving },
            Entry::Level { element: 0, level: Level::Moved },
            Entry::Hnum { element: 0, hnum: 3 },
            Entry::Level { element: 0, level: Level::Recorded },
            Entry::End { element: 0, end: ElementEnd::Done },
            Entry::Level { element: 1, level: Level::Begun },
            run(b"1/preun"),
            Entry::Process { pid: 5, start: 6 },
        ]
    }

    fn bytes(entries: &[Entry]) -> Vec<u8> {
        entries.iter().flat_map(Entry::encode).collect()
    }

    #[test]
    fn every_prefix_is_understood_or_refused() {
        let entries = journal();
        let plan = bytes(&entries[..7]).len();
        let all = bytes(&entries);
        for length in 0..=all.len() {
            let read = read(&all[..length]);
            assert_eq!(read.is_ok(), length >= plan, "{length} of {} bytes", all.len());
        }
        let (intent, known) = read(&all).expect("complete");
        assert!(is_sound(&intent) && known.is_irreversible());
        assert_eq!(known.unfinished.as_deref(), Some(&b"1/preun"[..]));
        assert_eq!((known.process, known.temporaries.len(), known.begun), (Some((5, 6)), 1, 2));
        assert_eq!((known.elements[0].hnum, known.elements[0].end), (Some(3), Some(ElementEnd::Done)));
    }

    #[test]
    fn room_taken_in_advance_is_no_entry() {
        let mut all = bytes(&journal());
        all.extend([0; 512]);
        assert!(read(&all).is_ok_and(|(_, known)| known.begun == 2));
    }

    #[test]
    fn what_was_not_synced_is_distrusted_after_a_power_cut() {
        let mut entries = journal();
        let (intent, mut known) = read(&bytes(&entries)).expect("complete");
        known.lose_power(&intent);
        assert!(known.scripts.is_empty() && known.elements[0].suspect && known.elements[0].end.is_none());
        let mut over = entries.clone();
        over.push(Entry::Phase(Phase::Over));
        let (intent, mut known) = read(&bytes(&over)).expect("complete");
        known.lose_power(&intent);
        assert_eq!(known.phase, Some(Phase::Elements));
        entries.insert(16, Entry::Synced);
        let (intent, mut known) = read(&bytes(&entries)).expect("complete");
        known.lose_power(&intent);
        assert_eq!(known.scripts.len(), 1);
        assert!(!known.elements[0].suspect && known.elements[0].end == Some(ElementEnd::Done));
    }

    #[test]
    fn a_later_format_is_named() {
        assert_eq!(read(&bytes(&[Entry::Format(9)])), Err(Unreadable::Version(9)));
    }
}
