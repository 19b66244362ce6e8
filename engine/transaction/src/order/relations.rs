//! Which element needs which, from the dependencies of their headers.

use std::collections::HashMap;

use oxidnf_core::Reldep;
use oxidnf_core::header::DepKind;
use oxidnf_core::reldep::{ReldepRef, Sense};
use oxidnf_core::rich::RichDep;

use super::graph::{Graph, Node};
use crate::element::{DependencyColors, Member};
use crate::files::fingerprint::{DirId, Fingerprints};
use crate::fsm::dirs::RootDir;
use crate::settings::Settings;

const SCRIPT_INSTALL: Sense = Sense(Sense::SCRIPT_PRE.0 | Sense::SCRIPT_POST.0);
const SCRIPT_ERASE: Sense = Sense(Sense::SCRIPT_PREUN.0 | Sense::SCRIPT_POSTUN.0);
const ANY_SCRIPT: Sense = Sense(SCRIPT_INSTALL.0 | SCRIPT_ERASE.0);
/// Dependencies that say nothing about the order, unless a scriptlet has them, too.
const UNORDERED: Sense = Sense(
    Sense::RPMLIB.0
        | Sense::CONFIG.0
        | Sense::PRETRANS.0
        | Sense::POSTTRANS.0
        | Sense::PREUNTRANS.0
        | Sense::POSTUNTRANS.0
        | Sense::VERIFY.0
        | Sense::META.0,
);

/// Returns the members' numbers in the order in which they are to be run.
pub(crate) fn order(members: &[Member], settings: &Settings, root: &RootDir) -> Vec<usize> {
    let nodes = members.iter().map(|member| Node { install: member.is_install(), color: member.color }).collect();
    let mut relations = Relations {
        members,
        settings,
        graph: Graph::new(nodes, settings.prefer_color),
        indexes: [ProviderIndex::new(members, true, root), ProviderIndex::new(members, false, root)],
    };
    for member in 0..members.len() {
        relations.add_all(member);
    }
    relations.graph.order()
}

struct Relations<'a> {
    members: &'a [Member],
    settings: &'a Settings,
    graph: Graph,
    /// For installations and for erasures.
    indexes: [ProviderIndex<'a>; 2],
}

/// One dependency on its way into the graph.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    member: usize,
    /// Sense bits of the whole dependency, also for the parts of a rich one.
    sense: Sense,
    weak: bool,
    color: u32,
    reversed: bool,
}

impl Relations<'_> {
    fn add_all(&mut self, member: usize) {
        const KINDS: [(DepKind, bool); 6] = [
            (DepKind::Requires, false),
            (DepKind::Recommends, false),
            (DepKind::Suggests, false),
            (DepKind::Supplements, true),
            (DepKind::Enhances, true),
            (DepKind::OrderWithRequires, false),
        ];
        let element = &self.members[member];
        let colors = DependencyColors::read(&element.header, &element.files);
        for (kind, reversed) in KINDS {
            for dep in element.header.deps(kind) {
                if dep.sense.any(UNORDERED) && !dep.sense.any(ANY_SCRIPT) {
                    continue;
                }
                let weak = match kind {
                    DepKind::Requires => dep.sense.any(Sense::MISSINGOK),
                    DepKind::OrderWithRequires => false,
                    _ => true,
                };
                let color = colors.of(kind, dep.index);
                self.add(&dep.to_reldep(), Wanted { member, sense: dep.sense, weak, color, reversed });
            }
        }
    }

    fn add(&mut self, dep: &Reldep, wanted: Wanted) {
        if dep.name.starts_with('(') {
            if let Ok(rich) = RichDep::parse(&dep.name) {
                self.add_rich(&rich, wanted);
            }
            return;
        }
        let install = self.members[wanted.member].is_install();
        let index = &mut self.indexes[usize::from(!install)];
        let found = index.best(self.members, self.settings, &dep.as_ref(), wanted);
        let Some(provider) = found else { return };
        let script = Sense(Sense::PREREQ.0 | if install { SCRIPT_INSTALL.0 } else { SCRIPT_ERASE.0 });
        let script = wanted.sense.any(script);
        // A weak dependency counts only if a scriptlet has it, and may then be cut like a plain one.
        if wanted.weak && !script {
            return;
        }
        let strong = script && !wanted.weak;
        // Erasures run backwards: first who needs, then what is needed.
        if wanted.reversed == install {
            self.graph.add(provider, wanted.member, strong, true);
        } else {
            self.graph.add(wanted.member, provider, strong, false);
        }
    }

    /// Of `and` and `or` every side counts, of the others the left one.
    fn add_rich(&mut self, rich: &RichDep, wanted: Wanted) {
        match rich {
            RichDep::Simple(dep) => self.add(dep, wanted),
            RichDep::Single(inner) => self.add_rich(inner, wanted),
            RichDep::And(parts) | RichDep::Or(parts) => {
                for part in parts {
                    self.add_rich(part, wanted);
                }
            }
            RichDep::With(parts) => {
                if let Some(first) = parts.first() {
                    self.add_rich(first, wanted);
                }
            }
            RichDep::Without(first, _) => self.add_rich(first, wanted),
            RichDep::If(parts) | RichDep::Unless(parts) => self.add_rich(&parts.then, wanted),
        }
    }
}

/// Number of an element, and the sense and version of what it provides.
type Provide<'a> = (usize, Sense, &'a [u8]);

/// Finds the elements that provide something.
struct ProviderIndex<'a> {
    provides: HashMap<&'a [u8], Vec<Provide<'a>>>,
    /// Files by last component.
    files: HashMap<&'a [u8], Vec<(usize, DirId)>>,
    prints: Fingerprints<'a>,
}

impl<'a> ProviderIndex<'a> {
    fn new(members: &'a [Member], install: bool, root: &'a RootDir) -> Self {
        let mut index =
            ProviderIndex { provides: HashMap::new(), files: HashMap::new(), prints: Fingerprints::new(root) };
        // Only the names that are asked for are worth an entry.
        let wanted = |member: &&(usize, &Member)| member.1.is_install() == install;
        let chosen: Vec<(usize, &Member)> = members.iter().enumerate().filter(|pair| wanted(&pair)).collect();
        let mut asked: std::collections::HashSet<&[u8]> = std::collections::HashSet::new();
        for (_, member) in &chosen {
            for kind in DepKind::ALL {
                let paths = member.header.deps(kind).map(|dep| dep.name).filter(|name| name.first() == Some(&b'/'));
                asked.extend(paths.map(last_component));
            }
        }
        // rpm's tables give the newest entry of a name first.
        for (number, member) in chosen.into_iter().rev() {
            for dep in member.header.deps(DepKind::Provides) {
                index.provides.entry(dep.name).or_default().push((number, dep.sense, dep.evr));
            }
            for (file, info) in member.files.files.iter().enumerate() {
                if asked.contains(&*info.base) {
                    let dir = index.prints.on_disk(member.files.dirname(file));
                    index.files.entry(&info.base).or_default().push((number, dir));
                }
            }
        }
        index
    }

    fn all(&mut self, dep: &ReldepRef<'_>) -> Vec<usize> {
        if dep.name.starts_with('/') {
            let path = dep.name.as_bytes();
            let base = last_component(path);
            if let Some(files) = self.files.get(base) {
                let dir = self.prints.on_disk(&path[..path.len() - base.len()]);
                let found: Vec<usize> =
                    files.iter().filter(|(_, other)| *other == dir).map(|(number, _)| *number).collect();
                if !found.is_empty() {
                    return found;
                }
            }
        }
        let Some(candidates) = self.provides.get(dep.name.as_bytes()) else { return Vec::new() };
        let meets = |(_, sense, evr): &&Provide<'_>| {
            let evr = String::from_utf8_lossy(evr);
            ReldepRef { name: dep.name, sense: *sense, evr: &evr }.matches(dep)
        };
        candidates.iter().filter(meets).map(|(number, ..)| *number).collect()
    }

    /// Of several providers, prefers one of the dependency's colour, then the element itself, then the last one.
    fn best(&mut self, members: &[Member], settings: &Settings, dep: &ReldepRef<'_>, wanted: Wanted) -> Option<usize> {
        let providers = self.all(dep);
        let mut best = (0, *providers.first()?);
        for provider in providers {
            let color = if wanted.color != 0 { wanted.color } else { settings.prefer_color };
            let same_color = settings.color != 0 && color != 0 && members[provider].color == color;
            let score = if same_color { 2 } else { 0 } + i32::from(provider == wanted.member);
            if score > best.0 {
                best = (score, provider);
            }
        }
        Some(best.1)
    }
}

fn last_component(path: &[u8]) -> &[u8] {
    let start = path.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
    &path[start..]
}
