//! The pool: texts, dependencies, repositories and packages.

use std::ffi::{CStr, CString};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::OnceLock;

use libsolv_sys::ffi;

use super::queue::{Queue, borrowed};
use super::{DepId, Jobs, OneOf, RepoId, Select, SolvId, Solver, StrId};

/// What can go wrong when a pool is made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PoolError {
    /// The linked libsolv compares versions as another distribution does and cannot be told otherwise.
    #[error("the linked libsolv was built without rpm semantics (MULTI_SEMANTICS)")]
    NoRpmSemantics,
    /// The linked libsolv takes rich dependencies for plain names.
    #[error("the linked libsolv was built without rich dependencies (ENABLE_COMPLEX_DEPS)")]
    NoRichDependencies,
    /// More ids than libsolv can number.
    #[error("too many ids for libsolv")]
    TooMany,
}

/// How a dependency compares versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// Older versions match.
    pub(crate) less: bool,
    /// The same version matches.
    pub(crate) equal: bool,
    /// Newer versions match.
    pub(crate) greater: bool,
}

/// What joins the two sides of a rich dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Connective {
    /// Both.
    And,
    /// Either.
    Or,
    /// The left if the right.
    If,
    /// The left unless the right.
    Unless,
    /// The alternative of an `if` or `unless`.
    Else,
    /// Both by one package.
    With,
    /// The left by a package that does not have the right.
    Without,
}

impl Connective {
    fn raw(self) -> i32 {
        let raw = match self {
            Connective::And => ffi::REL_AND,
            Connective::Or => ffi::REL_OR,
            Connective::If => ffi::REL_COND,
            Connective::Unless => ffi::REL_UNLESS,
            Connective::Else => ffi::REL_ELSE,
            Connective::With => ffi::REL_WITH,
            Connective::Without => ffi::REL_WITHOUT,
        };
        raw as i32
    }
}

/// The dependencies of one package, in the order in which the metadata gives them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dependencies {
    pub(crate) provides: Vec<DepId>,
    /// Files that some dependency in the pool names and this package holds.
    pub(crate) file_provides: Vec<DepId>,
    pub(crate) requires: Vec<DepId>,
    /// Requires that must be there before the package's scriptlets run.
    pub(crate) pre_requires: Vec<DepId>,
    /// Those of them that do not matter while the package is installed.
    pub(crate) ignored_when_installed: Vec<DepId>,
    pub(crate) conflicts: Vec<DepId>,
    pub(crate) obsoletes: Vec<DepId>,
    pub(crate) recommends: Vec<DepId>,
    pub(crate) suggests: Vec<DepId>,
    pub(crate) supplements: Vec<DepId>,
    pub(crate) enhances: Vec<DepId>,
}

/// The fixed parts of a package.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SolvableParts<'a> {
    pub(crate) name: &'a str,
    /// `[epoch:]version-release`, without an epoch of 0.
    pub(crate) evr: &'a str,
    pub(crate) arch: &'a str,
    /// Empty when the package names none.
    pub(crate) vendor: &'a str,
    /// Tells rebuilt packages of one version apart; 0 leaves that to the requirements.
    pub(crate) build_time: u64,
}

/// Says whether the first package may be replaced by the second one, which is of another vendor.
pub(crate) type VendorCheck = Box<dyn Fn(SolvId, SolvId) -> bool>;

/// A libsolv pool with rpm semantics.
pub(crate) struct Pool {
    raw: NonNull<ffi::Pool>,
    repos: Vec<NonNull<ffi::Repo>>,
    /// The bits and the header of the map that `pool->considered` points at; both stay where they are while set.
    considered: Option<(Vec<u8>, Box<ffi::Map>)>,
    /// What `pool->appdata` points at.
    vendor_check: Option<Box<VendorCheck>>,
}

impl Pool {
    /// How many texts every pool has from the beginning.
    pub(crate) const KNOWN_TEXTS: i32 = ffi::solv_knownid_ID_NUM_INTERNAL as i32;

    /// Creates a pool for a machine of `arch`.
    ///
    /// Fails when the linked libsolv cannot work with rpm semantics: a build for Debian would compare versions wrongly
    /// without any other sign.
    pub(crate) fn new(arch: &str) -> Result<Self, PoolError> {
        let pool = Self::unchecked(arch)?;
        if !rich_dependencies_work() {
            return Err(PoolError::NoRichDependencies);
        }
        Ok(pool)
    }

    /// Creates a pool for modules, with none of the switches that packages need.
    ///
    /// dnf5 leaves its pool of modules as libsolv makes it, and what is named in a problem depends on that.
    pub(crate) fn for_modules(arch: &str) -> Result<Self, PoolError> {
        if !rich_dependencies_work() {
            return Err(PoolError::NoRichDependencies);
        }
        Self::bare(arch)
    }

    /// Creates a pool without asking whether rich dependencies work.
    pub(super) fn unchecked(arch: &str) -> Result<Self, PoolError> {
        let pool = Self::bare(arch)?;
        // SAFETY: `raw` is a live pool; the calls only set fields of it.
        unsafe {
            // dnf5 keeps excluded packages in the provider lists, so that a problem says "filtered out by exclude
            // filtering" instead of "nothing provides".
            ffi::pool_set_flag(pool.raw(), ffi::POOL_FLAG_WHATPROVIDESWITHDISABLED as i32, 1);
            // Packages of one name and different colours may be installed side by side.
            ffi::pool_set_flag(pool.raw(), ffi::POOL_FLAG_IMPLICITOBSOLETEUSESCOLORS as i32, 1);
        }
        Ok(pool)
    }

    fn bare(arch: &str) -> Result<Self, PoolError> {
        // SAFETY: pool_create takes nothing and returns a pool or ends the process for want of memory.
        let raw = NonNull::new(unsafe { ffi::pool_create() }).ok_or(PoolError::TooMany)?;
        let pool = Pool { raw, repos: Vec::new(), considered: None, vendor_check: None };
        // SAFETY: `raw` is a live pool; the call only sets fields of it.
        let before = unsafe { ffi::pool_setdisttype(pool.raw(), ffi::DISTTYPE_RPM as i32) };
        if before < 0 {
            return Err(PoolError::NoRpmSemantics);
        }
        let arch = c_text(arch);
        // SAFETY: `arch` lives through the call, which copies what it needs.
        unsafe { ffi::pool_setarch(pool.raw(), arch.as_ptr()) };
        Ok(pool)
    }

    pub(super) fn raw(&self) -> *mut ffi::Pool {
        self.raw.as_ptr()
    }

    fn fields(&self) -> &ffi::Pool {
        // SAFETY: `raw` is a live pool, and C changes it only in calls made through this type, none of which is under
        // way while the reference lives (it never leaves a function of this module).
        unsafe { self.raw.as_ref() }
    }

    /// Stores a text once and returns its id; bytes after a NUL are dropped.
    pub(crate) fn intern(&mut self, text: &str) -> StrId {
        let text = text.split('\0').next().unwrap_or_default();
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        // SAFETY: `text` is readable for `length` bytes and holds no NUL among them; libsolv copies it.
        StrId(unsafe { ffi::pool_strn2id(self.raw(), text.as_ptr().cast(), length, 1) })
    }

    /// Returns the dependency `name` compared with `evr`.
    pub(crate) fn versioned(&mut self, name: StrId, comparison: Comparison, evr: StrId) -> DepId {
        let bit = |set: bool, bit: u32| if set { bit as i32 } else { 0 };
        let flags = bit(comparison.greater, ffi::REL_GT)
            | bit(comparison.equal, ffi::REL_EQ)
            | bit(comparison.less, ffi::REL_LT);
        // SAFETY: both ids are of this pool (they can come from nowhere else).
        DepId(unsafe { ffi::pool_rel2id(self.raw(), name.0, evr.0, flags, 1) })
    }

    /// Returns the rich dependency made of two others.
    pub(crate) fn join(&mut self, left: DepId, connective: Connective, right: DepId) -> DepId {
        // SAFETY: both ids are of this pool.
        DepId(unsafe { ffi::pool_rel2id(self.raw(), left.0, right.0, connective.raw(), 1) })
    }

    /// Returns the text of a dependency as libsolv writes it.
    pub(crate) fn dep_text(&self, dep: DepId) -> String {
        // SAFETY: `dep` is of this pool; the text lies in the pool or in a scratch ring that the next 16 calls leave
        // alone, and it is copied here.
        let text = unsafe { ffi::pool_dep2str(self.raw(), dep.0) };
        copied(text)
    }

    /// Adds a repository.
    pub(crate) fn add_repo(&mut self, name: &str, priority: i32, subpriority: i32) -> Result<RepoId, PoolError> {
        let name = c_text(name);
        // SAFETY: the pool is live; the name is copied.
        let raw = unsafe { ffi::repo_create(self.raw(), name.as_ptr()) };
        let mut repo = NonNull::new(raw).ok_or(PoolError::TooMany)?;
        // SAFETY: the repository was just made, is owned by the pool, and nothing else refers to it now.
        let fields = unsafe { repo.as_mut() };
        fields.priority = priority;
        fields.subpriority = subpriority;
        self.repos.push(repo);
        Ok(RepoId(self.repos.len() - 1))
    }

    /// Declares which repository is the installed system.
    pub(crate) fn set_installed(&mut self, repo: RepoId) {
        // SAFETY: both are live, and the repository belongs to this pool.
        unsafe { ffi::pool_set_installed(self.raw(), self.repos[repo.0].as_ptr()) }
    }

    /// Adds a package to a repository.
    pub(crate) fn add_package(&mut self, repo: RepoId, parts: SolvableParts<'_>, deps: &Dependencies) -> SolvId {
        let (name, evr, arch) = (self.intern(parts.name), self.intern(parts.evr), self.intern(parts.arch));
        let vendor = if parts.vendor.is_empty() { 0 } else { self.intern(parts.vendor).0 };
        let repo = self.repos[repo.0];
        let marker = |id: ffi::solv_knownid| id as ffi::Id;
        let provides = store(repo, &deps.provides, marker(ffi::solv_knownid_SOLVABLE_FILEMARKER), &deps.file_provides);
        let requires = store(repo, &deps.requires, marker(ffi::solv_knownid_SOLVABLE_PREREQMARKER), &deps.pre_requires);
        let conflicts = store(repo, &deps.conflicts, 0, &[]);
        let obsoletes = store(repo, &deps.obsoletes, 0, &[]);
        let recommends = store(repo, &deps.recommends, 0, &[]);
        let suggests = store(repo, &deps.suggests, 0, &[]);
        let supplements = store(repo, &deps.supplements, 0, &[]);
        let enhances = store(repo, &deps.enhances, 0, &[]);
        // SAFETY: the repository is live and of this pool. The call may move the solvable array, so the pointer into it
        // is taken afterwards and not kept; `id` was just returned and so lies inside the array.
        unsafe {
            let id = ffi::repo_add_solvable(repo.as_ptr());
            let solvable = &mut *self.raw.as_ref().solvables.offset(id as isize);
            (solvable.name, solvable.evr, solvable.arch, solvable.vendor) = (name.0, evr.0, arch.0, vendor);
            (solvable.provides, solvable.requires) = (provides, requires);
            (solvable.conflicts, solvable.obsoletes) = (conflicts, obsoletes);
            (solvable.recommends, solvable.suggests) = (recommends, suggests);
            (solvable.supplements, solvable.enhances) = (supplements, enhances);
            if parts.build_time != 0 {
                let key = ffi::solv_knownid_SOLVABLE_BUILDTIME as ffi::Id;
                ffi::repo_set_num(repo.as_ptr(), id, key, parts.build_time);
            }
            for dep in &deps.ignored_when_installed {
                let key = ffi::solv_knownid_SOLVABLE_PREREQ_IGNOREINST as ffi::Id;
                ffi::repo_add_idarray(repo.as_ptr(), id, key, dep.0);
            }
            SolvId(id)
        }
    }

    /// Leaves only packages for which `considered` says true to be chosen; others stay known.
    pub(crate) fn set_considered(&mut self, considered: impl Fn(SolvId) -> bool) {
        let count = self.fields().nsolvables;
        let mut bits = vec![0u8; usize::try_from(count).unwrap_or(0) / 8 + 1];
        for id in (0..count).map(SolvId).filter(|id| considered(*id)) {
            bits[id.index() / 8] |= 1 << (id.index() % 8);
        }
        let size = i32::try_from(bits.len()).unwrap_or(i32::MAX);
        let mut map = Box::new(ffi::Map { map: bits.as_mut_ptr(), size });
        let header = &raw mut *map;
        self.considered = Some((bits, map));
        // SAFETY: the pool is live. The header and the bits are kept in `self.considered` until they are replaced here
        // or the pool is freed; a moved Vec or Box keeps its heap block where it is.
        unsafe { self.raw.as_mut().considered = header };
    }

    /// Decides about vendor changes with `check` instead of libsolv's own comparison.
    pub(crate) fn set_vendor_check(&mut self, check: VendorCheck) {
        let mut check = Box::new(check);
        let pointer: *mut VendorCheck = &raw mut *check;
        self.vendor_check = Some(check);
        // SAFETY: the pool is live, and the boxed closure is kept as long as the pool or until it is replaced here.
        unsafe {
            self.raw.as_mut().appdata = pointer.cast();
            ffi::pool_set_custom_vendorcheck(self.raw(), Some(vendor_change_is_illegal));
        }
    }

    /// Builds the table of providers; needed after the last package and before any solve or [`Pool::one_of`].
    pub(crate) fn index_providers(&mut self) {
        for repo in &self.repos {
            // SAFETY: the repository is live; this makes the attributes set so far readable.
            unsafe { ffi::repo_internalize(repo.as_ptr()) };
        }
        // SAFETY: the pool is live.
        unsafe { ffi::pool_createwhatprovides(self.raw()) }
    }

    /// Stores a set of packages for a job over "one of these".
    pub(crate) fn one_of(&mut self, packages: &[SolvId]) -> OneOf {
        let ids: Vec<ffi::Id> = packages.iter().map(|id| id.0).collect();
        let mut queue = borrowed(&ids);
        // SAFETY: the provider table exists; the queue is only read.
        OneOf(unsafe { ffi::pool_queuetowhatprovides(self.raw(), &raw mut queue) })
    }

    /// Returns the packages that satisfy a dependency.
    pub(crate) fn providers(&mut self, dep: DepId) -> Vec<SolvId> {
        let fields = self.fields();
        let cached = if dep.0 < 0 {
            // A versioned or rich dependency has the top bit set; its list may not have been made yet.
            let index = (dep.0 as u32 ^ 0x8000_0000) as usize;
            // SAFETY: the id is of this pool, and index_providers and rel2id keep the table as long as the relations.
            (!fields.whatprovides_rel.is_null()).then(|| unsafe { *fields.whatprovides_rel.add(index) })
        } else {
            // SAFETY: as above, for texts.
            (!fields.whatprovides.is_null()).then(|| unsafe { *fields.whatprovides.add(dep.0 as usize) })
        };
        let offset = match cached {
            None => return Vec::new(),
            Some(0) => {
                // SAFETY: the table exists; the call fills in the list of this dependency.
                unsafe { ffi::pool_addrelproviders(self.raw(), dep.0) as ffi::Offset }
            }
            Some(offset) => offset,
        };
        self.provider_list(offset)
    }

    fn provider_list(&self, offset: ffi::Offset) -> Vec<SolvId> {
        let mut found = Vec::new();
        let mut at = offset as usize;
        loop {
            // SAFETY: `offset` is the start of a list in the provider data, and every list there ends with 0.
            let id = unsafe { *self.fields().whatprovidesdata.add(at) };
            if id == 0 {
                return found;
            }
            found.push(SolvId(id));
            at += 1;
        }
    }

    /// Tells whether the machine of this pool can run packages of the architecture of `package`.
    ///
    /// Source packages count as runnable here, as libsolv reports them otherwise.
    pub(crate) fn has_bad_arch(&self, package: SolvId) -> bool {
        let fields = self.fields();
        // SAFETY: the id is of this pool, so it lies inside the solvable array.
        let arch = unsafe { (*fields.solvables.offset(package.0 as isize)).arch };
        let source = [ffi::solv_knownid_ARCH_SRC as ffi::Id, ffi::solv_knownid_ARCH_NOSRC as ffi::Id];
        if arch == 0 || source.contains(&arch) || fields.id2arch.is_null() {
            return false;
        }
        // SAFETY: id2arch holds lastarch + 1 entries.
        arch > fields.lastarch || unsafe { *fields.id2arch.offset(arch as isize) } == 0
    }

    /// Returns libsolv's own version, for reports.
    #[cfg(test)]
    pub(crate) fn library_version() -> (i32, i32, i32) {
        // SAFETY: constants that nobody writes.
        unsafe { (ffi::solv_version_major, ffi::solv_version_minor, ffi::solv_version_patch) }
    }

    /// Reads a list of ids out of a call that fills a queue.
    pub(super) fn collect(fill: impl FnOnce(*mut ffi::Queue)) -> Queue {
        let mut queue = Queue::new();
        fill(queue.as_mut_ptr());
        queue
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // SAFETY: made by pool_create and freed only here; solvers and transactions borrow the pool, so none is left.
        // libsolv frees neither `considered` nor `appdata`.
        unsafe { ffi::pool_free(self.raw()) }
    }
}

/// Tells whether libsolv takes rich dependencies apart when it makes rules; asked once.
///
/// There is no function to ask, so it is tried: a package that requires `(absent if absent)` can be installed only when
/// the condition is understood.
fn rich_dependencies_work() -> bool {
    static WORK: OnceLock<bool> = OnceLock::new();
    *WORK.get_or_init(|| try_rich_dependency().unwrap_or(false))
}

fn try_rich_dependency() -> Result<bool, PoolError> {
    let mut pool = Pool::unchecked("noarch")?;
    let repo = pool.add_repo("probe", 0, 0)?;
    let absent = DepId::from(pool.intern("absent"));
    let requires = vec![pool.join(absent, Connective::If, absent)];
    let parts = SolvableParts { name: "probe", evr: "1-1", arch: "noarch", vendor: "", build_time: 0 };
    let package = pool.add_package(repo, parts, &Dependencies { requires, ..Dependencies::default() });
    pool.index_providers();
    let mut jobs = Jobs::default();
    jobs.push(Jobs::INSTALL, Select::Package(package));
    Ok(Solver::new(&mut pool)?.solve(&jobs) == 0)
}

/// libsolv's question whether a vendor change is illegal: not 0 forbids it.
unsafe extern "C" fn vendor_change_is_illegal(
    pool: *mut ffi::Pool,
    from: *mut ffi::Solvable,
    to: *mut ffi::Solvable,
) -> std::os::raw::c_int {
    // Unwinding must not cross into C; a check that fails forbids nothing.
    catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: libsolv calls this with its live pool and two packages of it; `appdata` was set together with this
        // callback to a closure that outlives the pool's use.
        unsafe {
            let check = &*(*pool).appdata.cast::<VendorCheck>();
            let number = |package: *mut ffi::Solvable| SolvId(package.offset_from((*pool).solvables) as ffi::Id);
            i32::from((*from).vendor != (*to).vendor && !check(number(from), number(to)))
        }
    }))
    .unwrap_or(0)
}

/// Stores one kind of dependencies: `first`, and if there is any `second`, the marker and those.
fn store(repo: NonNull<ffi::Repo>, first: &[DepId], marker: ffi::Id, second: &[DepId]) -> ffi::Offset {
    let tail = (!second.is_empty()).then_some(marker).into_iter().chain(second.iter().map(|dep| dep.0));
    let mut offset = 0;
    for id in first.iter().map(|dep| dep.0).chain(tail) {
        // SAFETY: the repository is live; libsolv grows the array and returns where the list lies now. A list that
        // is built in one go lies at the end of the array, so that adding is cheap.
        offset = unsafe { ffi::repo_addid(repo.as_ptr(), offset, id) };
    }
    offset
}

/// Copies a text of libsolv; null is empty.
pub(super) fn copied(text: *const std::os::raw::c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: libsolv returns NUL-ended texts that live at least until its next call.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

fn c_text(text: &str) -> CString {
    let text = text.split('\0').next().unwrap_or_default();
    CString::new(text).unwrap_or_default()
}
