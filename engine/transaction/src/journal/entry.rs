//! What a journal says, entry by entry.

use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use oxidnf_core::checksum::ChecksumKind;
use oxidnf_core::event::ScriptletEnd;
use oxidnf_core::header::FileState;
use oxidnf_core::{Action, Checksum, Nevra};
use oxidnf_rpmdb::macros::Definitions;

use super::line;
use crate::element::ChangedState;
use crate::files::state::FileAction;
use crate::outcome::ElementEnd;

/// The parts of a run, in order; a part that was entered means that those before it are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    PreTrans,
    PreUnTrans,
    FileTriggersUn,
    Elements,
    PostTrans,
    PostUnTrans,
    FileTriggersAfter,
    /// Everything has run; what is left is bookkeeping.
    Over,
}

const PHASES: [(Phase, &str); 8] = [
    (Phase::PreTrans, "pretrans"),
    (Phase::PreUnTrans, "preuntrans"),
    (Phase::FileTriggersUn, "transfiletriggerun"),
    (Phase::Elements, "elements"),
    (Phase::PostTrans, "posttrans"),
    (Phase::PostUnTrans, "postuntrans"),
    (Phase::FileTriggersAfter, "transfiletriggers"),
    (Phase::Over, "over"),
];

impl Phase {
    /// Returns its word.
    pub(crate) fn word(self) -> &'static str {
        PHASES.iter().find(|(phase, _)| *phase == self).map_or("", |(_, word)| word)
    }

    fn parse(word: &[u8]) -> Option<Self> {
        PHASES.iter().find(|(_, known)| known.as_bytes() == word).map(|(phase, _)| *phase)
    }
}

/// How far an element has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Level {
    /// Not begun.
    #[default]
    Waiting,
    /// Scriptlets may have run and temporary files may be there.
    Begun,
    /// Files are being put in place, or removed.
    Moving,
    /// All files are in place, or removed.
    Moved,
    /// The record is written.
    Recorded,
}

const LEVELS: [(Level, &str); 4] =
    [(Level::Begun, "begin"), (Level::Moving, "move"), (Level::Moved, "moved"), (Level::Recorded, "recorded")];

/// A package file that was put aside for the transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptPackage {
    /// Where it was.
    pub(crate) path: PathBuf,
    /// Whether the journal's directory has it, too.
    pub(crate) kept: bool,
    /// Bytes.
    pub(crate) size: u64,
    /// Digests of the whole file, as far as they were computed.
    pub(crate) digests: Vec<Checksum>,
}

/// An element as it was planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlannedElement {
    pub(crate) nevra: Nevra,
    pub(crate) action: Action,
    /// Record of what is erased.
    pub(crate) hnum: Option<u32>,
    /// Of an erasure: the installation that replaces it.
    pub(crate) partner: Option<usize>,
    /// Of an installation: the file.
    pub(crate) package: Option<KeptPackage>,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Entry {
    /// The first line: version of the format.
    Format(u32),
    /// Transaction id, flags, filter, `SOURCE_DATE_EPOCH`, and whether a %pretrans makes the files be looked at anew.
    Transaction {
        tid: u32,
        flags: u32,
        filter: u32,
        epoch: Option<u64>,
        pretrans: bool,
    },
    /// Name of the running system's start, which tells a killed program from a lost machine.
    Boot(Vec<u8>),
    /// Directory of the rpm database.
    Database(PathBuf),
    /// Numbers of all records before the transaction.
    Records(Vec<u32>),
    /// A record of the very same package as one to install; it makes room without being an element.
    Twin(u32),
    /// A filesystem that is written to.
    Mount(Vec<u8>),
    /// The next element.
    Element(PlannedElement),
    /// What becomes of the files of an element.
    Fates {
        element: usize,
        actions: Vec<FileAction>,
        changed: Vec<ChangedState>,
    },
    /// What the engine needs later.
    Notes(Vec<u8>),
    /// The plan is complete.
    Ready,
    Phase(Phase),
    Level {
        element: usize,
        level: Level,
    },
    /// The number of an installed element's record.
    Hnum {
        element: usize,
        hnum: u32,
    },
    End {
        element: usize,
        end: ElementEnd,
    },
    /// A scriptlet is about to run; `temporary` is the path of its text.
    Run {
        key: Vec<u8>,
        temporary: Vec<u8>,
    },
    /// It runs as this process, which started at that tick.
    Process {
        pid: u32,
        start: u64,
    },
    Ran {
        key: Vec<u8>,
        end: ScriptletEnd,
        critical: bool,
        message: Vec<u8>,
    },
    /// A transaction file trigger that an erasure has set off.
    Due {
        hnum: u32,
        script: usize,
    },
    /// What a scriptlet has set in the environment, or, without a value, unset.
    Variable {
        name: Vec<u8>,
        value: Option<Vec<u8>>,
    },
    /// What the definitions of a macro are now.
    Macro {
        name: String,
        definitions: Definitions,
    },
    /// Everything so far is on the disk.
    Synced,
}

impl Entry {
    /// Returns the line.
    pub(crate) fn encode(&self) -> Vec<u8> {
        line::encode(&self.words())
    }

    fn words(&self) -> Vec<Vec<u8>> {
        let words = Words::default();
        match self {
            Entry::Format(version) => words.word("oxidnf-transaction").number(*version),
            Entry::Transaction { tid, flags, filter, epoch, pretrans } => words
                .word("transaction")
                .number(*tid)
                .number(*flags)
                .number(*filter)
                .optional(*epoch)
                .number(u8::from(*pretrans)),
            Entry::Boot(id) => words.word("boot").bytes(id),
            Entry::Database(path) => words.word("database").bytes(path.as_os_str().as_bytes()),
            Entry::Records(numbers) => words.word("records").word(&ranges(numbers)),
            Entry::Twin(hnum) => words.word("twin").number(*hnum),
            Entry::Mount(path) => words.word("mount").bytes(path),
            Entry::Element(element) => words.element(element),
            Entry::Fates { element, actions, changed } => {
                let letters: Vec<u8> = actions.iter().map(|action| letter(*action)).collect();
                let state = |changed: &ChangedState| {
                    format!("{}:{}:{}", changed.hnum, changed.file, changed.state as u8).into_bytes()
                };
                let words = words.word("files").number(*element).bytes(&letters);
                changed.iter().fold(words, |words, changed| words.bytes(&state(changed)))
            }
            Entry::Notes(notes) => words.word("notes").bytes(notes),
            Entry::Ready => words.word("ready"),
            Entry::Phase(phase) => words.word("phase").word(phase.word()),
            Entry::Level { element, level } => {
                let word = LEVELS.iter().find(|(known, _)| known == level).map_or("", |(_, word)| word);
                words.word(word).number(*element)
            }
            Entry::Hnum { element, hnum } => words.word("hnum").number(*element).number(*hnum),
            Entry::End { element, end } => words.word("end").number(*element).word(match end {
                ElementEnd::Done => "done",
                ElementEnd::Failed => "failed",
                ElementEnd::Skipped => "skipped",
            }),
            Entry::Run { key, temporary } => words.word("run").bytes(key).bytes(temporary),
            Entry::Process { pid, start } => words.word("process").number(*pid).number(*start),
            Entry::Ran { key, end, critical, message } => {
                let (word, number) = match end {
                    ScriptletEnd::Ok => ("ok", 0),
                    ScriptletEnd::Exit(code) => ("exit", *code),
                    ScriptletEnd::Signal(signal) => ("signal", *signal),
                    ScriptletEnd::Failed => ("failed", 0),
                };
                words.word("ran").bytes(key).word(word).number(number).number(u8::from(*critical)).bytes(message)
            }
            Entry::Due { hnum, script } => words.word("due").number(*hnum).number(*script),
            Entry::Variable { name, value } => words.word("variable").bytes(name).maybe(value.as_deref()),
            Entry::Macro { name, definitions } => {
                let words = words.word("macro").word(name);
                definitions.iter().fold(words, |words, (options, body)| {
                    words.maybe(options.as_ref().map(String::as_bytes)).word(body)
                })
            }
            Entry::Synced => words.word("synced"),
        }
        .0
    }

    /// Reads a line without its end; none when it is torn or says nothing known.
    pub(crate) fn decode(line: &[u8]) -> Option<Self> {
        let words = line::decode(line)?;
        let (name, mut rest) = words.split_first().map(|(name, rest)| (name.as_slice(), Reader(rest)))?;
        Some(match name {
            b"oxidnf-transaction" => Entry::Format(rest.number()?),
            b"transaction" => Entry::Transaction {
                tid: rest.number()?,
                flags: rest.number()?,
                filter: rest.number()?,
                epoch: rest.optional()?,
                pretrans: rest.number::<u8>()? != 0,
            },
            b"boot" => Entry::Boot(rest.bytes()?),
            b"database" => Entry::Database(rest.path()?),
            b"records" => Entry::Records(read_ranges(&rest.text()?)?),
            b"twin" => Entry::Twin(rest.number()?),
            b"mount" => Entry::Mount(rest.bytes()?),
            b"element" => Entry::Element(rest.element()?),
            b"files" => Entry::Fates {
                element: rest.number()?,
                actions: rest.bytes()?.into_iter().map(action).collect::<Option<_>>()?,
                changed: rest.0.iter().map(|word| changed(word)).collect::<Option<_>>()?,
            },
            b"notes" => Entry::Notes(rest.bytes()?),
            b"ready" => Entry::Ready,
            b"phase" => Entry::Phase(Phase::parse(&rest.bytes()?)?),
            b"hnum" => Entry::Hnum { element: rest.number()?, hnum: rest.number()? },
            b"end" => Entry::End {
                element: rest.number()?,
                end: match rest.bytes()?.as_slice() {
                    b"done" => ElementEnd::Done,
                    b"failed" => ElementEnd::Failed,
                    b"skipped" => ElementEnd::Skipped,
                    _ => return None,
                },
            },
            b"run" => Entry::Run { key: rest.bytes()?, temporary: rest.bytes()? },
            b"process" => Entry::Process { pid: rest.number()?, start: rest.number()? },
            b"ran" => {
                let (key, word, number) = (rest.bytes()?, rest.bytes()?, rest.number()?);
                let end = match word.as_slice() {
                    b"ok" => ScriptletEnd::Ok,
                    b"exit" => ScriptletEnd::Exit(number),
                    b"signal" => ScriptletEnd::Signal(number),
                    b"failed" => ScriptletEnd::Failed,
                    _ => return None,
                };
                Entry::Ran { key, end, critical: rest.number::<u8>()? != 0, message: rest.bytes()? }
            }
            b"due" => Entry::Due { hnum: rest.number()?, script: rest.number()? },
            b"variable" => Entry::Variable { name: rest.bytes()?, value: rest.maybe()? },
            b"macro" => {
                let (name, mut definitions) = (rest.text()?, Definitions::new());
                while !rest.0.is_empty() {
                    let options = rest.maybe()?.map(String::from_utf8).transpose().ok()?;
                    definitions.push((options, rest.text()?));
                }
                Entry::Macro { name, definitions }
            }
            b"synced" => Entry::Synced,
            name => {
                let (level, _) = LEVELS.iter().find(|(_, word)| word.as_bytes() == name)?;
                Entry::Level { element: rest.number()?, level: *level }
            }
        })
    }
}

const ACTIONS: [(FileAction, u8); 11] = [
    (FileAction::Unknown, b'?'),
    (FileAction::Create, b'C'),
    (FileAction::Backup, b'B'),
    (FileAction::Save, b'S'),
    (FileAction::Skip, b'-'),
    (FileAction::AltName, b'N'),
    (FileAction::Erase, b'E'),
    (FileAction::SkipState, b'x'),
    (FileAction::SkipNetShared, b'n'),
    (FileAction::SkipColor, b'c'),
    (FileAction::Touch, b'T'),
];

fn letter(action: FileAction) -> u8 {
    ACTIONS.iter().find(|(known, _)| *known == action).map_or(b'?', |(_, letter)| *letter)
}

fn action(letter: u8) -> Option<FileAction> {
    ACTIONS.iter().find(|(_, known)| *known == letter).map(|(action, _)| *action)
}

fn changed(word: &[u8]) -> Option<ChangedState> {
    let mut parts = std::str::from_utf8(word).ok()?.split(':');
    let changed = ChangedState {
        hnum: parts.next()?.parse().ok()?,
        file: parts.next()?.parse().ok()?,
        state: FileState::from_number(parts.next()?.parse().ok()?)?,
    };
    Some(changed)
}

/// Writes ascending numbers as `1-334,400`.
fn ranges(numbers: &[u32]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let text = |(first, last): &(u32, u32)| if first == last { first.to_string() } else { format!("{first}-{last}") };
    ranges.iter().map(text).collect::<Vec<_>>().join(",")
}

fn read_ranges(text: &str) -> Option<Vec<u32>> {
    /// More records than any system has; a damaged line must not fill the memory.
    const MOST: u32 = 10_000_000;
    let mut numbers = Vec::new();
    for range in text.split(',').filter(|range| !range.is_empty()) {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        if last.checked_sub(first)? > MOST {
            return None;
        }
        numbers.extend(first..=last);
    }
    Some(numbers)
}

#[derive(Default)]
struct Words(Vec<Vec<u8>>);

impl Words {
    fn bytes(mut self, word: &[u8]) -> Self {
        self.0.push(word.to_vec());
        self
    }

    fn word(self, word: &str) -> Self {
        self.bytes(word.as_bytes())
    }

    fn number(self, number: impl ToString) -> Self {
        self.word(&number.to_string())
    }

    /// Writes bytes, or that there are none.
    fn maybe(self, bytes: Option<&[u8]>) -> Self {
        match bytes {
            Some(bytes) => self.bytes(&[b"=", bytes].concat()),
            None => self.word("-"),
        }
    }

    fn optional(self, number: Option<impl ToString>) -> Self {
        match number {
            Some(number) => self.number(number),
            None => self.word("-"),
        }
    }

    fn element(self, element: &PlannedElement) -> Self {
        let PlannedElement { nevra, action, hnum, partner, package } = element;
        let words = self
            .word("element")
            .number(*action as u8)
            .word(&nevra.name)
            .number(nevra.epoch)
            .word(&nevra.version)
            .word(&nevra.release)
            .word(&nevra.arch)
            .optional(*hnum)
            .optional(*partner);
        let Some(KeptPackage { path, kept, size, digests }) = package else { return words };
        let words = words.bytes(path.as_os_str().as_bytes()).number(u8::from(*kept)).number(*size);
        digests.iter().fold(words, |words, sum| words.word(&format!("{}:{}", sum.kind.name(), sum.hex())))
    }
}

struct Reader<'w>(&'w [Vec<u8>]);

impl Reader<'_> {
    fn bytes(&mut self) -> Option<Vec<u8>> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first.clone())
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?).ok()
    }

    fn path(&mut self) -> Option<PathBuf> {
        Some(PathBuf::from(std::ffi::OsString::from_vec(self.bytes()?)))
    }

    fn number<T: std::str::FromStr>(&mut self) -> Option<T> {
        self.text()?.parse().ok()
    }

    #[expect(clippy::option_option, reason = "outside: the word can be read; inside: there are bytes")]
    fn maybe(&mut self) -> Option<Option<Vec<u8>>> {
        match self.bytes()?.split_first()? {
            (b'=', bytes) => Some(Some(bytes.to_vec())),
            (b'-', []) => Some(None),
            _ => None,
        }
    }

    #[expect(clippy::option_option, reason = "outside: the word can be read; inside: it is a number and not a dash")]
    fn optional<T: std::str::FromStr>(&mut self) -> Option<Option<T>> {
        let text = self.text()?;
        if text == "-" { Some(None) } else { text.parse().ok().map(Some) }
    }

    fn element(&mut self) -> Option<PlannedElement> {
        let action = action_of(self.number()?)?;
        let nevra = Nevra {
            name: self.text()?,
            epoch: self.number()?,
            version: self.text()?,
            release: self.text()?,
            arch: self.text()?,
        };
        let (hnum, partner) = (self.optional()?, self.optional()?);
        let package = if self.0.is_empty() { None } else { Some(self.package()?) };
        Some(PlannedElement { nevra, action, hnum, partner, package })
    }

    fn package(&mut self) -> Option<KeptPackage> {
        let (path, kept, size) = (self.path()?, self.number::<u8>()? != 0, self.number()?);
        let mut digests = Vec::new();
        while !self.0.is_empty() {
            let text = self.text()?;
            let (kind, hex) = text.split_once(':')?;
            digests.push(Checksum::from_hex(ChecksumKind::from_name(kind)?, hex)?);
        }
        Some(KeptPackage { path, kept, size, digests })
    }
}

fn action_of(number: u8) -> Option<Action> {
    use Action::{Downgrade, Install, ReasonChange, Reinstall, Remove, Replaced, Upgrade};
    let all = [Install, Upgrade, Downgrade, Reinstall, Remove, Replaced, ReasonChange];
    all.into_iter().find(|action| *action as u8 == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nevra() -> Nevra {
        Nevra::parse("foo bar-1:2%-3.noarch").expect("complete")
    }

    #[test]
    fn entries_come_back() {
        let digest = Checksum::of(ChecksumKind::Sha256, b"x").expect("a known algorithm");
        let package = KeptPackage {
            path: "/var/cache/a b.rpm".into(),
            kept: true,
            size: 7,
            digests: vec![digest.clone(), digest],
        };
        let key = b"3/post/foo/0".to_vec();
        let entries = [
            Entry::Format(1),
            Entry::Transaction { tid: 5, flags: 8, filter: 64, epoch: Some(9), pretrans: true },
            Entry::Boot(b"id".to_vec()),
            Entry::Database("/usr/lib/sysimage/rpm".into()),
            Entry::Records(vec![1, 2, 3, 7, 9, 10]),
            Entry::Records(Vec::new()),
            Entry::Twin(3),
            Entry::Mount(b"/".to_vec()),
            Entry::Element(PlannedElement {
                nevra: nevra(),
                action: Action::Upgrade,
                hnum: None,
                partner: None,
                package: Some(package),
            }),
            Entry::Element(PlannedElement {
                nevra: nevra(),
                action: Action::Replaced,
                hnum: Some(3),
                partner: Some(0),
                package: None,
            }),
            Entry::Fates {
                element: 1,
                actions: ACTIONS.iter().map(|(action, _)| *action).collect(),
                changed: vec![ChangedState { hnum: 4, file: 2, state: FileState::WrongColor }],
            },
            Entry::Fates { element: 2, actions: Vec::new(), changed: Vec::new() },
            Entry::Notes(b"a = 1\n".to_vec()),
            Entry::Ready,
            Entry::Phase(Phase::FileTriggersUn),
            Entry::Level { element: 1, level: Level::Moved },
            Entry::Hnum { element: 1, hnum: 12 },
            Entry::End { element: 1, end: ElementEnd::Skipped },
            Entry::Run { key: key.clone(), temporary: b"/var/tmp/rpm-tmp.x".to_vec() },
            Entry::Process { pid: 7, start: 8 },
            Entry::Ran { key, end: ScriptletEnd::Exit(3), critical: true, message: b"no way".to_vec() },
            Entry::Due { hnum: 3, script: 1 },
            Entry::Variable { name: b"A".to_vec(), value: Some(b" x\n\xff".to_vec()) },
            Entry::Variable { name: b"A".to_vec(), value: Some(Vec::new()) },
            Entry::Variable { name: b"A".to_vec(), value: None },
            Entry::Macro { name: "m".to_owned(), definitions: Vec::new() },
            Entry::Macro {
                name: "m".to_owned(),
                definitions: vec![(None, "x\ny".to_owned()), (Some(String::new()), "%1".to_owned())],
            },
            Entry::Synced,
        ];
        for entry in entries {
            let line = entry.encode();
            assert_eq!(Entry::decode(&line[..line.len() - 1]), Some(entry));
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for words in [&["level", "x"][..], &["records", "9-1"], &["records", "0-4294967295"], &["end", "1", "well"]] {
            let line = line::encode(words);
            assert_eq!(Entry::decode(&line[..line.len() - 1]), None, "{words:?}");
        }
    }
}
