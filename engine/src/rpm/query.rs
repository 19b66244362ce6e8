//! `rpm -q --queryformat`.

use oxidnf_core::header::Header;
use oxidnf_core::header::query::{QueryContext, QueryFormat, QueryFormatError};
use oxidnf_rpmdb::Hnum;

use super::Rpm;

impl Rpm {
    /// Appends what a format says of a header; `hnum` is the number of its record, 0 for a package file.
    pub fn fill_in(
        &self,
        format: &QueryFormat,
        header: &Header,
        hnum: Hnum,
        verbose: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), QueryFormatError> {
        format.render(header, &QueryContext { instance: hnum, verbose, host: &self.host }, out)
    }
}
