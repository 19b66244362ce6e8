//! Transactions for the next boot, in dnf5's files (reference of dnf5, section 6.6).

mod session;
mod state;

pub use session::TRIGGER;
pub use state::{OfflineError, OfflineState, OfflineStatus};
