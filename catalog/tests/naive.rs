//! Queries through the indexes say what looking at every package says.

mod common;

use common::{packages, sack};
use oxidnf_catalog::{Glob, Match, Package, PackageId, PackageSet, Query, Relation, Sack};
use oxidnf_core::reldep::{Reldep, ReldepRef};
use oxidnf_core::rich::RichDep;
use proptest::prelude::*;

fn choose(sack: &Sack, keep: impl Fn(Package<'_>) -> bool) -> PackageSet {
    (0..sack.len()).map(PackageId).filter(|id| keep(sack.package(*id))).collect()
}

/// The operands that ask for something, from the text.
fn asked(dep: &ReldepRef<'_>) -> Vec<Reldep> {
    fn walk(rich: &RichDep, out: &mut Vec<Reldep>) {
        match rich {
            RichDep::Simple(dep) => out.push(dep.clone()),
            RichDep::Single(inner) => walk(inner, out),
            RichDep::And(parts) | RichDep::Or(parts) | RichDep::With(parts) => {
                for part in parts {
                    walk(part, out);
                }
            }
            RichDep::Without(one, _) => walk(one, out),
            RichDep::If(parts) | RichDep::Unless(parts) => {
                walk(&parts.then, out);
                if let Some(otherwise) = &parts.otherwise {
                    walk(otherwise, out);
                }
            }
        }
    }
    if !dep.is_rich() {
        return vec![dep.to_owned()];
    }
    let mut out = Vec::new();
    walk(&RichDep::parse(dep.name).expect("generated ones parse"), &mut out);
    out
}

fn meets(own: &ReldepRef<'_>, wanted: &ReldepRef<'_>) -> bool {
    own.matches(wanted) || asked(own).iter().any(|operand| operand.as_ref().matches(wanted))
}

fn owns(package: Package<'_>, path: &str) -> bool {
    package.files().any(|file| file.path() == path)
}

fn naive_related(sack: &Sack, relation: Relation, wanted: &ReldepRef<'_>) -> PackageSet {
    choose(sack, |package| {
        package.relations(relation).any(|own| meets(&own, wanted))
            || (relation == Relation::Provides && owns(package, wanted.name))
    })
}

fn naive_dependents(sack: &Sack, relation: Relation, of: &PackageSet) -> PackageSet {
    choose(sack, |package| {
        of.iter().map(|id| sack.package(id)).any(|provider| {
            package.relations(relation).any(|own| {
                provider.provides().any(|provide| meets(&own, &provide))
                    || (!own.is_rich() && own.name.starts_with('/') && owns(provider, own.name))
            })
        })
    })
}

proptest! {
    #[test]
    fn names(installed in packages(0..8), available in packages(0..8), pattern in "[abA?*]{1,2}|\\[a-b\\]*") {
        let sack = sack(&installed, &available);
        let found = |how| Query::new(&sack).filter_name(how, &[&pattern]).into_packages();
        prop_assert_eq!(found(Match::Exact), choose(&sack, |p| p.name() == pattern));
        prop_assert_eq!(found(Match::ExactIcase), choose(&sack, |p| p.name().eq_ignore_ascii_case(&pattern)));
        let glob = Glob::new(&pattern, false);
        prop_assert_eq!(found(Match::Glob), choose(&sack, |p| glob.matches(p.name())));
        let glob = Glob::new(&pattern, true);
        prop_assert_eq!(found(Match::GlobIcase), choose(&sack, |p| glob.matches(p.name())));
        prop_assert_eq!(found(Match::Contains), choose(&sack, |p| p.name().contains(&pattern)));
    }

    #[test]
    fn nevras(installed in packages(0..8), available in packages(0..8), pattern in "[ab*?]{0,2}-?[01*]?:?[12*]{1,2}-?[*12]?(\\.[*nx]{1,2})?") {
        let sack = sack(&installed, &available);
        let found = Query::new(&sack).filter_nevra(Match::Glob, &[&pattern]).into_packages();
        let glob = Glob::new(&pattern, false);
        let want = choose(&sack, |p| {
            let nevra = p.nevra();
            glob.matches(&nevra.to_string()) || glob.matches(&nevra.with_epoch().to_string())
        });
        prop_assert_eq!(found, want);
    }

    #[test]
    fn files(installed in packages(0..8), available in packages(0..8), pattern in "(/usr/)?(bin|lib|\\*|[*bin]{0,3})/[abA*?]{1,2}|/e*|/usr/bin/|/usr/b*") {
        let sack = sack(&installed, &available);
        for (how, icase) in [(Match::Glob, false), (Match::GlobIcase, true)] {
            let glob = Glob::new(&pattern, icase);
            let want = choose(&sack, |p| p.files().any(|file| glob.matches(&file.path())));
            prop_assert_eq!(Query::new(&sack).filter_file(how, &[&pattern]).into_packages(), want);
        }
    }

    #[test]
    fn relations(installed in packages(0..8), available in packages(0..8), dep in "[abcA]{1,2}( (=|<|>=|>|<=) ([01]:)?[12](-[12])?)?|/usr/(bin|lib)/[ab]") {
        let sack = sack(&installed, &available);
        let dep = Reldep::parse(&dep).expect("a dependency");
        for relation in Relation::ALL {
            prop_assert_eq!(sack.related(relation, &dep.as_ref()), naive_related(&sack, relation, &dep.as_ref()));
            let found = sack.related_to_name(relation, &dep.name);
            let mentions = |own: ReldepRef<'_>| {
                own.name == dep.name
                    || (own.is_rich() && RichDep::parse(own.name).expect("parses").simple().iter().any(|simple| simple.name == dep.name))
            };
            prop_assert_eq!(found, choose(&sack, |p| p.relations(relation).any(mentions)));
        }
    }

    #[test]
    fn dependents(installed in packages(0..6), available in packages(0..6), pick in any::<prop::sample::Index>()) {
        let sack = sack(&installed, &available);
        prop_assume!(!sack.is_empty());
        let start: PackageSet = [PackageId(pick.index(sack.len() as usize) as u32)].into_iter().collect();
        for relation in [Relation::Requires, Relation::Supplements] {
            prop_assert_eq!(sack.related_to_packages(relation, &start), naive_dependents(&sack, relation, &start));
            let mut want = naive_dependents(&sack, relation, &start);
            loop {
                let mut more = want.clone();
                more.union(&naive_dependents(&sack, relation, &want));
                if more == want {
                    break;
                }
                want = more;
            }
            prop_assert_eq!(sack.related_recursively(relation, &start), want);
        }
    }

    #[test]
    fn latest(installed in packages(0..8), available in packages(0..8), limit in -3i32..4) {
        let sack = sack(&installed, &available);
        let newer = |id: PackageId, backwards: bool| {
            let own = sack.package(id);
            let mut evrs = Vec::new();
            for other in (0..sack.len()).map(|other| sack.package(PackageId(other))) {
                let order = other.evr().rpm_cmp(&own.evr());
                let before = if backwards { order.is_lt() } else { order.is_gt() };
                if other.name() == own.name() && other.arch() == own.arch() && before {
                    evrs.push(other.evr());
                }
            }
            evrs.sort_by(|one, two| one.rpm_cmp(two));
            evrs.dedup_by(|one, two| one.rpm_cmp(two).is_eq());
            evrs.len()
        };
        let keep = |rank: usize| if limit >= 0 { rank < limit as usize } else { rank >= limit.unsigned_abs() as usize };
        let all = || (0..sack.len()).map(PackageId);
        let want: PackageSet = all().filter(|id| keep(newer(*id, false))).collect();
        prop_assert_eq!(Query::new(&sack).filter_latest(limit).into_packages(), want);
        let want: PackageSet = all().filter(|id| keep(newer(*id, true))).collect();
        prop_assert_eq!(Query::new(&sack).filter_earliest(limit).into_packages(), want);
    }

    #[test]
    fn sorted(installed in packages(0..8), available in packages(0..8)) {
        let sack = sack(&installed, &available);
        let ids = Query::new(&sack).sorted();
        prop_assert_eq!(ids.len(), sack.len() as usize);
        for pair in ids.windows(2) {
            let (one, two) = (sack.package(pair[0]).nevra(), sack.package(pair[1]).nevra());
            let order = one.name.cmp(&two.name).then(one.evr().rpm_cmp(&two.evr())).then(one.arch.cmp(&two.arch));
            prop_assert!(order.then(pair[0].cmp(&pair[1])).is_lt());
        }
    }
}
