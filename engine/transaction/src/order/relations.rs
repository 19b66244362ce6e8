//! Which element needs which, from the dependencies of their headers.

use oxidnf_core::Reldep;
use oxidnf_core::header::DepKind;
use oxidnf_core::reldep::Sense;
use oxidnf_core::rich::RichDep;

use super::graph::{Graph, Node};
use crate::element::{DependencyColors, Member};
use crate::fsm::dirs::RootDir;
use crate::providers::ProviderIndex;
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
        indexes: [true, false].map(|install| ProviderIndex::new(members, install, root, &[])),
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
    /// It is weak only because it says so of itself.
    optional: bool,
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
                let optional = kind == DepKind::Requires && weak;
                self.add(&dep.to_reldep(), Wanted { member, sense: dep.sense, weak, optional, color, reversed });
            }
        }
    }

    fn add(&mut self, dep: &Reldep, wanted: Wanted) {
        if dep.name.starts_with('(') {
            if let Ok(rich) = RichDep::parse_as_rpm(&dep.name) {
                // rpm hands down when a rich dependency is needed, but not that it may be missing.
                self.add_rich(&rich, Wanted { weak: wanted.weak && !wanted.optional, ..wanted });
            }
            return;
        }
        let install = self.members[wanted.member].is_install();
        let range = (dep.sense, dep.evr.as_bytes());
        let providers = self.indexes[usize::from(!install)].all(dep.name.as_bytes(), range, None);
        let Some(provider) = self.best(&providers, wanted) else { return };
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

    /// Of several providers, prefers one of the dependency's colour, then the element itself, then the last one.
    fn best(&self, providers: &[usize], wanted: Wanted) -> Option<usize> {
        let mut best = (0, *providers.first()?);
        for provider in providers.iter().copied() {
            let color = if wanted.color != 0 { wanted.color } else { self.settings.prefer_color };
            let same_color = self.settings.color != 0 && color != 0 && self.members[provider].color == color;
            let score = if same_color { 2 } else { 0 } + i32::from(provider == wanted.member);
            if score > best.0 {
                best = (score, provider);
            }
        }
        Some(best.1)
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
