//! What can go wrong besides "no solution".

use crate::sys::PoolError;

/// Why no resolution could even be tried.
#[derive(Debug, thiserror::Error)]
pub enum SolverError {
    /// The linked libsolv cannot do what rpm needs, or ran out of ids.
    #[error("cannot set up libsolv")]
    Library {
        /// What libsolv lacks.
        #[source]
        source: LibraryError,
    },
    /// A catalog turned out to be damaged while it was read.
    #[error("a package catalog is damaged")]
    DamagedCatalog,
    /// More packages or repositories than can be numbered.
    #[error("too many packages for the solver")]
    TooMany,
}

/// What the linked libsolv lacks.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct LibraryError(#[from] PoolError);

impl From<PoolError> for SolverError {
    fn from(source: PoolError) -> Self {
        SolverError::Library { source: LibraryError(source) }
    }
}
