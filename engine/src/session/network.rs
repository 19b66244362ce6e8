//! Waiting for the network after the system was started.

use std::time::Duration;

use oxidnf_repo::fetch;

use super::Session;
use crate::log::Level;

impl Session {
    /// Waits until a server of the enabled repositories takes a connection, for this long at most.
    ///
    /// Whether one did matters to nobody: what is fetched then says best what is wrong.
    pub fn wait_for_network(&self, most: Duration) {
        if most.is_zero() {
            return;
        }
        self.log.write(Level::Debug, "Waiting for internet connection...");
        if !fetch::wait_for_network(&self.repos, most) {
            self.log.write(Level::Warning, "No network connection detected.");
        }
    }
}
