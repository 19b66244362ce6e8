//! Ctrl-C and its kin.
//!
//! While something is fetched they ask for its end, so that what has come is put aside for the next run and the session
//! can say what became of it. At all other times they end the process at once; during a transaction the executor holds
//! them back.

use oxidnf_engine::CancelToken;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

/// Takes the signals over and returns the token that they set.
pub(crate) fn install() -> CancelToken {
    let token = CancelToken::default();
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        // The first one is run first. Where they cannot be taken over, signals do what they always do.
        let _ = flag::register_conditional_default(signal, token.unheard())
            .and_then(|_| flag::register(signal, token.flag()));
    }
    token
}
