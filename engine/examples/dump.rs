//! Prints the main configuration as `--dump-main-config` does.
#![expect(clippy::print_stdout, reason = "an example has nobody else to print for it")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut settings = oxidnf_engine::Settings::default();
    for argument in std::env::args().skip(1) {
        match argument.split_once('=') {
            Some(("--installroot", root)) => settings.installroot = Some(root.into()),
            Some(("--setopt", text)) => {
                settings.options.extend(oxidnf_engine::settings::OptionSetting::parse(text));
            }
            Some(("--config", file)) => settings.config_file = Some(file.into()),
            _ => settings.use_host_config |= argument == "--use-host-config",
        }
    }
    let session = oxidnf_engine::Session::open(settings)?;
    println!("======== Main configuration: ========");
    for (name, value) in session.config().dump() {
        match value {
            Some(value) => println!("{name} = {value}"),
            None => println!("{name}"),
        }
    }
    println!("======== Variables: ========");
    for (name, value) in session.vars().iter() {
        println!("{name} = {value}");
    }
    Ok(())
}
