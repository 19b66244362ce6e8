//! The syntax of dnf5's configuration: INI text, typed values with priorities, variables.
//!
//! Nothing here opens a file or reads the environment; callers hand in texts and get values back. What each option
//! means is known by the rooms that own it.

pub mod amount;
pub mod ini;
mod ini_text;
mod number;
pub mod opt;
pub mod value;
pub mod vars;

pub use amount::{Bytes, Throttle};
pub use ini::{Entry, Ini, IniError, IniFault, Section};
pub use ini_text::IniText;
pub use opt::{AppendList, Opt, Priority};
pub use value::{
    CacheOnly, ColorMode, ConfValue, Count, GpgcheckPolicy, HistoryListView, InstallonlyLimit, IpResolve,
    MultilibPolicy, Persistence, PlatformId, ProxyAuth, ProxyAuthMethods, Seconds, ValueError, Verbosity, split_list,
};
pub use vars::{VarPriority, Vars};
