use super::super::{HeaderBuilder, OwnedValue, Tag};
use super::*;

fn header() -> Header {
    HeaderBuilder::new()
        .text(Tag::NAME, "kinds")
        .text(Tag::VERSION, "1")
        .text(Tag::RELEASE, "1")
        .text(Tag::ARCH, "noarch")
        .u32s(Tag::SIZE, [300])
        .texts(Tag::BASENAMES, ["private", "suid"])
        .texts(Tag::DIRNAMES, ["/etc/", "/usr/bin/"])
        .u32s(Tag::DIRINDEXES, [0, 1])
        .entry(Tag::FILEMODES, OwnedValue::Int16(vec![0o100_600, 0o104_755]))
        .u32s(Tag::FILEFLAGS, [17, 0])
        .texts(Tag::PROVIDENAME, ["kinds"])
        .u32s(Tag::PROVIDEFLAGS, [8])
        .texts(Tag::PROVIDEVERSION, ["1-1"])
        .build()
        .expect("a valid header")
}

fn query(format: &str) -> String {
    let context = QueryContext { instance: 3, verbose: false, host: &BareHost };
    let mut out = Vec::new();
    let done = QueryFormat::parse(format.as_bytes()).and_then(|parsed| parsed.render(&header(), &context, &mut out));
    match done {
        Ok(()) => String::from_utf8_lossy(&out).into_owned(),
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn texts_are_rpms() {
    // Each line was printed by `rpm -qp --qf` of rpm 6.1 for a package like this one.
    for (format, text) in [
        ("%{NAME}-%{VERSION} %{EPOCH}", "kinds-1 (none)"),
        ("[%{BASENAMES}:%{FILEMODES:octal} ]", "private:100600 suid:104755 "),
        ("[%{=NAME} %{BASENAMES} %{LONGSIGSIZE}\\n]", "kinds private (none)\nkinds suid (none)\n"),
        ("%{BASENAMES}", "private"),
        ("%-10{NAME}|%10{NAME}|%5-{NAME}|%07{NAME}|", "kinds     |     kinds|%5-s|  kinds|"),
        ("%{FILEMODES:perms} %{SIZE:hex}", "-rw------- 12c"),
        ("%{NAME:shescape} %{BASENAMES:arraysize}", "'kinds' 2"),
        ("%|EPOCH?{e %{EPOCH}}:{none}| %|NAME?{yes}| %|EPOCH?{yes}|.", "none yes ."),
        (
            "%{NVRA} %{NEVRA} %{EVR} %{NVR} %{NEVR} %{EPOCHNUM}",
            "kinds-1-1.noarch kinds-1-1.noarch 1-1 kinds-1-1 kinds-1-1 0",
        ),
        ("[%{FILENAMES}\\t%{FILEFLAGS:fflags}\\n]", "/etc/private\tcn\n/usr/bin/suid\t\n"),
        ("[%{PROVIDENEVRS}\\n]%{NAME:hex}", "kinds = 1-1\n(not a number)"),
        ("[%{CONFLICTNAME}x][lit]", ""),
        ("%{RPMTAG_NAME} %{name} %{DBINSTANCE}", "kinds kinds 3"),
        ("[%|EPOCH?{}:{%{PROVIDENAME} }|%{BASENAMES} ]", "kinds private (none) suid "),
        ("a%{PROVIDENAME:pgpsig}b", ""),
        ("%{nosuchtag}", "error: unknown tag: \"nosuchtag\""),
        ("%{NAME:nosuch}", "error: unknown tag: \"NAME\""),
        ("%{name", "error: missing } after %{"),
        ("100%", "error: missing { after %"),
        ("[%{NAME} %{BASENAMES}]", "error: array iterator used with different sized arrays"),
        ("]", "error: unexpected ]"),
        ("[%{BASENAMES}", "error: ] expected at end of array"),
    ] {
        assert_eq!(query(format), text, "{format}");
    }
}

#[test]
fn what_would_fill_memory_is_refused() {
    assert_eq!(query("%99999{NAME}"), "error: invalid field width");
    assert_eq!(query(&"[".repeat(100)), "error: nested too deep");
}

proptest::proptest! {
    #[test]
    fn never_panics(format in r"[%{}\[\]|?:=#*0-9a-zA-Z\\-]{0,40}") {
        let _ = query(&format);
    }

    #[test]
    fn fields_never_panic(tag in 0..400usize, formatter in 0..30usize) {
        const FORMATTERS: [&str; 6] = ["xml", "json", "armor", "vflags", "humansi", "deptype"];
        let known = (0..6000).filter_map(|number| Tag(number).name()).nth(tag).unwrap_or("*");
        let formatter = FORMATTERS[formatter % FORMATTERS.len()];
        let _ = query(&format!("[%{{{known}:{formatter}}}\\n]"));
    }
}
