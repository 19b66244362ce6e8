//! A sample repository that needs no program of the machine: packages, signatures and metadata are made here.
//!
//! `make demo` shows oxidnf with it; tests on machines without rpm use it too.

pub mod packages;
pub mod repodata;
pub mod sign;

use std::error::Error;
use std::fs;
use std::path::Path;

/// An error of any step, with its text.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Writes two signed repositories, `base` and `updates`, and `key.asc` below `dir`.
pub fn write(dir: &Path) -> Result<(), Failure> {
    let signer = sign::Signer::generate("Sample Packages <packages@sample.example>")?;
    fs::write(dir.join("key.asc"), signer.armored_key()?)?;
    for (id, packages) in [("base", packages::base()?), ("updates", packages::updates()?)] {
        let place = dir.join(id);
        fs::create_dir_all(&place)?;
        for package in packages {
            let file = place.join(format!("{}.rpm", package.metadata.get_nevra()?.nvra()));
            let mut bytes = Vec::new();
            package.write(&mut bytes)?;
            fs::write(&file, bytes)?;
            signer.sign_package(&file)?;
        }
        repodata::write(&place)?;
    }
    Ok(())
}
