//! Streams of modules that would let a package come.

use std::collections::{BTreeSet, HashSet};

use oxidnf_catalog::{ExcludeKind, Excludes, Query, SpecSettings};
use oxidnf_core::Nevra;
use oxidnf_core::conf::Priority;

use super::why_not::{Way, WayOut};
use crate::error::Error;
use crate::modules::ModuleAction;
use crate::request::{Operation, Request};
use crate::session::Session;

impl Session {
    /// Tries the streams whose packages a spec names, where they are hidden because the streams are not active.
    pub(super) fn ways_by_streams(&mut self, spec: &str) -> Result<Vec<WayOut>, Error> {
        let mut ways = Vec::new();
        for stream in self.hidden_streams(spec) {
            let kept = self.config.options.clone();
            // Whether the stream of a module may be changed is for the user to say.
            self.config.options.module_stream_switch.set(Priority::Runtime, true);
            let way = self.try_stream(spec, &stream);
            self.config.options = kept;
            self.forget_module_changes()?;
            ways.extend(way?);
        }
        Ok(ways)
    }

    fn try_stream(&mut self, spec: &str, stream: &str) -> Result<Option<WayOut>, Error> {
        let request = Request::new(Operation::Module(ModuleAction::Enable), [stream]);
        let decision = self.change_modules(&request)?;
        if decision.is_failed() {
            return Ok(None);
        }
        let resolved = self.attempt(spec, &[])?;
        let way = Way::EnableStream { stream: stream.to_owned(), switches: decision.switches() };
        let comes = !resolved.is_failed() && resolved.plan.inbound().next().is_some();
        Ok(comes.then(|| WayOut { options: vec![way], plan: resolved.plan }))
    }

    /// Returns the streams, as `name:stream`, to which hidden packages belong that a spec names.
    fn hidden_streams(&self, spec: &str) -> BTreeSet<String> {
        let all = Query::with_excludes(self.sack(), Excludes::ALL.without(ExcludeKind::Module)).available();
        let named = all.resolve_spec(spec, &SpecSettings::default()).packages;
        let hidden = self.sack().excluded(ExcludeKind::Module);
        let builds: HashSet<Nevra> =
            named.iter().filter(|id| hidden.contains(*id)).map(|id| self.sack().package(id).nevra()).collect();
        let modules = self.modules();
        let belongs = |text: &String| Nevra::parse(text).is_some_and(|nevra| builds.contains(&nevra));
        let items = modules.items().filter(|item| !builds.is_empty() && item.stream.artifacts.iter().any(belongs));
        items.map(|item| format!("{}:{}", item.stream.name, item.stream.stream)).collect()
    }
}
