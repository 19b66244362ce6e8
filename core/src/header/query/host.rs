//! What a query format asks of the machine that it is filled in on.

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateStyle {
    /// `%a %b %e %H:%M:%S %Y` of strftime: day and time.
    Full,
    /// `%a %b %d %Y` of strftime.
    Day,
}

/// What a signature says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureFacts {
    /// Public key and digest algorithm: `RSA/SHA512`.
    pub algorithms: String,
    /// Seconds since 1970.
    pub created: u64,
    /// Key id in lower-case hex.
    pub key_id: String,
}

/// The machine: its time zone, its macros, and somebody who can read signatures.
pub trait QueryHost: std::fmt::Debug + Send + Sync {
    /// Writes seconds since 1970 in the time zone of the machine and the words of the C locale.
    fn date(&self, seconds: u64, style: DateStyle) -> String;

    /// Reads an OpenPGP signature packet; none when it is no such thing.
    fn signature(&self, packet: &[u8]) -> Option<SignatureFacts>;

    /// Expands the macros of a text.
    fn expand(&self, text: &[u8]) -> Vec<u8>;
}

/// A machine without a time zone, macros or knowledge of signatures, for those who need none of these.
///
/// Dates stay the numbers that they are, texts stay unexpanded, and nothing is a signature.
#[derive(Debug, Clone, Copy, Default)]
pub struct BareHost;

impl QueryHost for BareHost {
    fn date(&self, seconds: u64, _style: DateStyle) -> String {
        seconds.to_string()
    }

    fn signature(&self, _packet: &[u8]) -> Option<SignatureFacts> {
        None
    }

    fn expand(&self, text: &[u8]) -> Vec<u8> {
        text.to_vec()
    }
}
