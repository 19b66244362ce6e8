//! The machine that query formats are filled in on.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use oxidnf_core::header::query::{DateStyle, QueryHost, SignatureFacts};
use oxidnf_repo::openpgp::read_signature;
use oxidnf_rpmdb::Macros;

/// This machine: its time zone, and macros as they were read.
#[derive(Debug, Clone)]
pub(crate) struct LocalHost {
    pub(crate) macros: Macros,
}

impl QueryHost for LocalHost {
    fn date(&self, seconds: u64, style: DateStyle) -> String {
        let time = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        let format = match style {
            DateStyle::Full => "%a %b %e %H:%M:%S %Y",
            DateStyle::Day => "%a %b %d %Y",
        };
        time.map_or_else(String::new, |time| time.to_zoned(TimeZone::system()).strftime(format).to_string())
    }

    fn signature(&self, packet: &[u8]) -> Option<SignatureFacts> {
        let info = read_signature(packet).ok()?;
        Some(SignatureFacts {
            algorithms: format!("{}/{}", info.public_key, info.hash),
            created: info.created.unwrap_or(0),
            key_id: info.key_id,
        })
    }

    fn expand(&self, text: &[u8]) -> Vec<u8> {
        self.macros.expand(&String::from_utf8_lossy(text)).into_bytes()
    }
}
