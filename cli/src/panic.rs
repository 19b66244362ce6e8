//! What is said when the program has a bug.

use std::io::Write;

/// Makes a panic print what to report instead of a backtrace.
pub fn install_hook() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let payload = info.payload();
        let text =
            payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let mut stderr = std::io::stderr().lock();
        // Nothing can be done about a stderr that is gone.
        let _ = writeln!(
            stderr,
            "oxidnf {} has met a situation that its authors thought impossible.\n\
             Please report this at {}/issues with the command that you ran and the next line.\n{place}: {}",
            env!("CARGO_PKG_VERSION"),
            env!("CARGO_PKG_REPOSITORY"),
            text.unwrap_or("(no message)")
        );
    }));
}
