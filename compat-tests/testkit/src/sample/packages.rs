//! The packages of the sample repository: a greeter with data, documentation, a configuration file, scriptlets and an
//! upgrade, and a shell for the scriptlets, which is the machine's own.

use std::path::Path;
use std::process::Command;

use rpm::{Dependency, FileOptions, Package, PackageBuilder};

use super::Failure;

/// A time for everything in the packages, so that they are alike on every day.
const BUILT: u32 = 1_760_000_000;

/// Returns the packages of the first repository.
pub fn base() -> Result<Vec<Package>, Failure> {
    Ok(vec![shell()?, greeter("1.0")?, data("1.0", "language = en\n")?, documentation()?, unrelated()?])
}

/// Returns the packages of the repository with the upgrade.
pub fn updates() -> Result<Vec<Package>, Failure> {
    Ok(vec![greeter("2.0")?, data("2.0", "language = en\nvolume = loud\n")?])
}

fn start(name: &str, version: &str, arch: &str, summary: &str) -> PackageBuilder {
    let mut builder = PackageBuilder::new(name, version, "MIT", arch, summary);
    builder
        .using_config(rpm::BuildConfig::v4().source_date(BUILT).compression(rpm::CompressionType::Gzip))
        .release("1")
        .build_host("builder.sample.example")
        .vendor("Sample")
        .description(format!("{summary}. Part of the sample repository of oxidnf."));
    builder
}

fn greeter(version: &str) -> Result<Package, Failure> {
    let program =
        format!("#!/bin/sh\nread -r line </etc/greeter.conf\necho \"hello from greeter {version} ($line)\"\n");
    let mut builder = start("greeter", version, "noarch", "Greets whoever calls it");
    builder
        .url("https://sample.example/greeter")
        .requires(Dependency::eq("greeter-data", format!("{version}-1")))
        .requires(Dependency::any("/bin/sh"))
        .recommends(Dependency::any("greeter-doc"))
        .with_file_contents(program, FileOptions::new("/usr/bin/greeter").permissions(0o755))?
        .post_install_script(format!("echo \"greeter {version} is ready ($1 installed)\""))
        .pre_uninstall_script("[ \"$1\" -gt 0 ] || echo 'greeter says goodbye'");
    Ok(builder.build()?)
}

fn data(version: &str, configuration: &str) -> Result<Package, Failure> {
    let mut builder = start("greeter-data", version, "noarch", "Words for the greeter");
    builder
        .with_file_contents(format!("words of {version}\n"), FileOptions::new("/usr/share/greeter/words"))?
        .with_file_contents(configuration, FileOptions::new("/etc/greeter.conf").config().noreplace())?;
    Ok(builder.build()?)
}

fn documentation() -> Result<Package, Failure> {
    let mut builder = start("greeter-doc", "1.0", "noarch", "Manual of the greeter");
    builder.with_file_contents("Call greeter.\n", FileOptions::new("/usr/share/doc/greeter/README").doc())?;
    Ok(builder.build()?)
}

fn unrelated() -> Result<Package, Failure> {
    let mut builder = start("clock", "3.1", "noarch", "Shows the time");
    builder.with_file_contents("tick\n", FileOptions::new("/usr/share/clock/tick"))?;
    Ok(builder.build()?)
}

/// Packs the machine's `/bin/sh` with the libraries it needs, so that scriptlets run in a root that holds nothing else.
fn shell() -> Result<Package, Failure> {
    let mut builder = start("sample-shell", "1.0", std::env::consts::ARCH, "A shell for scriptlets");
    builder.provides(Dependency::any("/bin/sh"));
    builder.with_file("/bin/sh", FileOptions::new("/bin/sh").permissions(0o755))?;
    let listed = Command::new("ldd").arg("/bin/sh").output()?;
    for word in String::from_utf8_lossy(&listed.stdout).split_whitespace() {
        if word.starts_with('/') && Path::new(word).is_file() {
            builder.with_file(word, FileOptions::new(word).permissions(0o755))?;
        }
    }
    Ok(builder.build()?)
}
