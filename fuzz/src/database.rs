//! Rows of the rpm database.

use oxidnf_catalog::CatalogBuilder;
use oxidnf_core::header::{Header, Limits};
use oxidnf_rpmdb::{Index, PubkeyRecord, feed_package};

use crate::package::look_at;

/// The blob of a record: everything that is read from one, and the index rows that it would get.
pub fn record(data: &[u8]) {
    let Ok(header) = Header::parse(data.to_vec(), Limits::DATABASE) else { return };
    look_at(&header);
    for index in Index::ALL {
        drop(index.rows(&header));
    }
    let _ = PubkeyRecord::from_header(1, &header);
    let mut builder = CatalogBuilder::new();
    if feed_package(&header, "", 0, &mut builder).is_ok() {
        let _ = builder.finish(&[0; 32]);
    }
}
