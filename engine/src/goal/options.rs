//! What the solver is told by the configuration.

use std::sync::Arc;

use oxidnf_catalog::{Match, PackageId, PackageSet, Query, Sack, SpecSettings};
use oxidnf_solver::{Options, Reasons};

use crate::config::Config;
use crate::request::RequestOptions;
use crate::state::State;

/// Returns the solver's options for a request.
pub(crate) fn solver_options(
    sack: &Sack,
    config: &Config,
    state: &Arc<State>,
    request: &RequestOptions,
    arch: &str,
) -> Options {
    let options = &config.options;
    let exclude_from_weak = excluded_from_weak(sack, &options.exclude_from_weak.get());
    let state = Arc::clone(state);
    Options {
        arch: arch.to_owned(),
        allow_erasing: request.allow_erasing,
        install_weak_deps: options.install_weak_deps.value(),
        allow_downgrade: request.allow_downgrade.unwrap_or_else(|| options.allow_downgrade.value()),
        allow_vendor_change: options.allow_vendor_change.value(),
        vendor_policy: None,
        installonly: options.installonlypkgs.get(),
        installonly_limit: options.installonly_limit.value().0.map_or(0, std::num::NonZeroU32::get),
        protected: config.protected.clone(),
        running_kernel: if options.protect_running_kernel.value() { running_kernel(sack) } else { None },
        exclude_from_weak,
        exclude_from_weak_autodetect: options.exclude_from_weak_autodetect.value(),
        reasons: Reasons::new(move |name, arch| state.stored_reason(name, arch)),
        whole_pool: options.debug_solver.value(),
        report_skipped: true,
        smallest_problems: request.smallest_problems,
    }
}

/// Returns the available packages that specs of `exclude_from_weak` mean; provides are not asked.
// witness: compat-tests/tests/decisions.rs::excluded_from_weak_by_all_forms
fn excluded_from_weak(sack: &Sack, specs: &[String]) -> PackageSet {
    let settings = SpecSettings { with_provides: false, ..SpecSettings::default() };
    let mut excluded = PackageSet::new();
    for spec in specs {
        excluded.union(&Query::new(sack).available().resolve_spec(spec, &settings).packages);
    }
    excluded
}

/// Returns the installed package that the running kernel belongs to.
pub(crate) fn running_kernel(sack: &Sack) -> Option<PackageId> {
    let uname = rustix::system::uname();
    let release = uname.release().to_string_lossy();
    let files = [format!("/boot/vmlinuz-{release}"), format!("/lib/modules/{release}")];
    files.iter().find_map(|file| {
        let owners = Query::new(sack).installed().filter_file(Match::Exact, std::slice::from_ref(file));
        owners.packages().iter().next()
    })
}
