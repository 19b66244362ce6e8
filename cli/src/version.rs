//! `--version`

use crate::output::Output;

/// Version of dnf5 whose behaviour this program follows.
const DNF5: &str = "5.4.6.0";

/// Prints dnf5's lines, which scripts take apart, and what is really running.
pub(crate) fn print(output: &Output, plugins: &[String]) {
    output.line(format!("dnf5 version {DNF5}"));
    output.line("dnf5 plugin API version 2.0");
    output.line(format!("libdnf5 version {DNF5}"));
    output.line("libdnf5 plugin API version 2.2");
    output.line(format!("oxidnf version {} (compatible with dnf5 {DNF5})", env!("CARGO_PKG_VERSION")));
    if !plugins.is_empty() {
        output.line("");
        output.line("Built-in plugins:");
        for name in plugins {
            output.line(format!("  name: {name}"));
            output.line(format!("  version: {}", env!("CARGO_PKG_VERSION")));
        }
    }
}
