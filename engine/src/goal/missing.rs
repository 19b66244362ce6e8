//! Saying why a spec matches nothing.

use oxidnf_catalog::{ExcludeKind, Excludes, Query, SpecSettings};
use oxidnf_core::reldep::{ReldepRef, Sense};

use super::{Lowering, all_forms};
use crate::request::Operation;
use crate::resolved::GoalNoteKind;

impl Lowering<'_> {
    /// Says that nothing matches a spec, or that only what is hidden does.
    pub(super) fn missing(&mut self, operation: &Operation, spec: &str, fatal: bool) {
        let remove = matches!(operation, Operation::Remove);
        let forms = if remove { self.removal_forms() } else { all_forms() };
        let settings = SpecSettings { with_source: true, ..forms };
        let seen = |excludes| {
            let query = Query::with_excludes(self.sack(), excludes);
            let query = if remove { query.installed() } else { query };
            query.resolve_spec(spec, &settings).packages
        };
        let hidden = seen(Excludes::NONE);
        if hidden.is_empty() {
            let kind = if remove { GoalNoteKind::NothingToRemove } else { GoalNoteKind::NotFound };
            self.note(operation, spec, kind, fatal);
            return self.suggest(operation, spec);
        }
        let binary = hidden.iter().any(|id| !matches!(self.sack().package(id).arch(), "src" | "nosrc"));
        let kind = if !binary {
            GoalNoteKind::OnlySource
        // Whatever else hides them, the lock is to blame if it hides all.
        // witness: compat-tests/tests/decisions.rs::locked_and_excluded
        } else if seen(Excludes::only(ExcludeKind::Versionlock)).is_empty() {
            GoalNoteKind::OnlyVersionlocked
        } else {
            GoalNoteKind::OnlyExcluded
        };
        self.note(operation, spec, kind, fatal);
    }

    /// Names packages that may have been meant.
    fn suggest(&mut self, operation: &Operation, spec: &str) {
        let query = self.query();
        let installed_only = matches!(operation, Operation::Remove | Operation::Mark { .. });
        let query = if installed_only { query.installed() } else { query };
        let settings = SpecSettings {
            icase: true,
            with_provides: false,
            with_filenames: false,
            with_binaries: false,
            ..SpecSettings::default()
        };
        let similar = query.resolve_spec(spec, &settings).packages;
        if let Some(id) = similar.iter().next() {
            let name = self.name(id).to_owned();
            self.note(operation, spec, GoalNoteKind::MaybeYouMeant { name }, false);
        }
        let provide = format!("alternative-for({spec})");
        let dependency = ReldepRef { name: &provide, sense: Sense::ANY, evr: "" };
        // What could be removed instead is installed.
        // witness: compat-tests/tests/decisions.rs::installed_alternatives
        let query = if *operation == Operation::Remove { self.query().installed() } else { self.query() };
        let alternatives = query.filter_provides(&[dependency]).into_packages();
        if !alternatives.is_empty() {
            let names = self.names(&alternatives).into_iter().map(str::to_owned).collect();
            self.note(operation, spec, GoalNoteKind::Alternatives { names }, false);
        }
    }
}
