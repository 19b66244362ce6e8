//! Architectures: which packages a machine can run, and what dnf calls the machine.
//!
//! The tables are rpm's (`rpmrc`; reference of rpm, section 6.7) and dnf5's mapping to `$basearch` (reference of dnf5,
//! section 2.6). What the machine is comes in as data; nothing here asks the system.

use std::collections::VecDeque;

/// What an architecture can run besides itself, nearest first; rpm follows the entries of the entries.
#[rustfmt::skip]
const COMPATIBLE: &[(&str, &[&str])] = &[
    ("x86_64_v4", &["x86_64_v3", "x86_64_v2", "x86_64", "amd64", "em64t", "athlon", "noarch"]),
    ("x86_64_v3", &["x86_64_v2", "x86_64", "amd64", "em64t", "athlon", "noarch"]),
    ("x86_64_v2", &["x86_64", "amd64", "em64t", "athlon", "noarch"]),
    ("x86_64", &["amd64", "em64t", "athlon", "noarch"]),
    ("amd64", &["x86_64", "em64t", "athlon", "noarch"]),
    ("ia32e", &["x86_64", "em64t", "athlon", "noarch"]),
    ("athlon", &["i686"]),
    ("geode", &["i586"]),
    ("pentium4", &["pentium3"]),
    ("pentium3", &["i686"]),
    ("i686", &["i586"]),
    ("i586", &["i486"]),
    ("i486", &["i386"]),
    ("i386", &["noarch", "fat"]),
    ("aarch64", &["noarch"]),
    ("armv8l", &["armv7l"]),
    ("armv7l", &["armv6l"]),
    ("armv6l", &["armv5tejl"]),
    ("armv5tejl", &["armv5tel"]),
    ("armv5tel", &["armv5tl"]),
    ("armv5tl", &["armv4tl"]),
    ("armv4tl", &["armv4l"]),
    ("armv4l", &["armv3l"]),
    ("armv3l", &["noarch"]),
    ("armv4b", &["noarch"]),
    ("armv8hcnl", &["armv8hnl"]),
    ("armv8hnl", &["armv8hl"]),
    ("armv8hl", &["armv7hl"]),
    ("armv7hnl", &["armv7hl"]),
    ("armv7hl", &["armv6hl"]),
    ("armv6hl", &["noarch"]),
    ("ppc64le", &["noarch", "fat"]),
    ("ppc64pseries", &["ppc64"]),
    ("ppc64iseries", &["ppc64"]),
    ("ppc64p7", &["ppc64"]),
    ("ppc64", &["ppc"]),
    ("ppc8260", &["ppc"]),
    ("ppc8560", &["ppc"]),
    ("ppc32dy4", &["ppc"]),
    ("ppciseries", &["ppc"]),
    ("ppcpseries", &["ppc"]),
    ("powerpc", &["ppc"]),
    ("powerppc", &["ppc"]),
    ("ppc", &["rs6000"]),
    ("rs6000", &["noarch", "fat"]),
    ("s390x", &["s390", "noarch"]),
    ("s390", &["noarch"]),
    ("i370", &["noarch"]),
    ("riscv64", &["noarch"]),
    ("riscv", &["noarch"]),
    ("loongarch64", &["noarch"]),
    ("ia64", &["noarch"]),
    ("alphaev67", &["alphaev6"]),
    ("alphaev6", &["alphapca56"]),
    ("alphapca56", &["alphaev56"]),
    ("alphaev56", &["alphaev5"]),
    ("alphaev5", &["alpha"]),
    ("alpha", &["axp", "noarch"]),
    ("sun4c", &["sparc"]),
    ("sun4d", &["sparc"]),
    ("sun4m", &["sparc"]),
    ("sun4u", &["sparc64"]),
    ("sparc64v", &["sparc64"]),
    ("sparc64", &["sparcv9"]),
    ("sparcv9v", &["sparcv9"]),
    ("sparcv9", &["sparcv8"]),
    ("sparcv8", &["sparc"]),
    ("sparc", &["noarch"]),
    ("mips64el", &["mipsel"]),
    ("mips64", &["mips"]),
    ("mipsel", &["noarch"]),
    ("mips", &["noarch"]),
    ("mips64r6el", &["mipsr6el"]),
    ("mips64r6", &["mipsr6"]),
    ("mipsr6el", &["noarch"]),
    ("mipsr6", &["noarch"]),
    ("sh4a", &["sh4"]),
    ("sh4", &["noarch"]),
    ("sh3", &["noarch"]),
    ("m68k", &["noarch"]),
    ("hppa2.0", &["hppa1.2"]),
    ("hppa1.2", &["hppa1.1"]),
    ("hppa1.1", &["hppa1.0"]),
    ("hppa1.0", &["parisc"]),
    ("parisc", &["noarch"]),
    ("e2k16c", &["e2kv6"]),
    ("e2k2c3", &["e2kv6"]),
    ("e2k8c2", &["e2kv5"]),
    ("e2k8c", &["e2kv4"]),
    ("e2k1cp", &["e2kv4"]),
    ("e2kv6", &["e2kv5"]),
    ("e2kv5", &["e2kv4"]),
    ("e2kv4", &["e2k"]),
    ("e2k", &["noarch"]),
];

/// What dnf5 puts into `$basearch`.
#[rustfmt::skip]
const BASEARCH: &[(&str, &[&str])] = &[
    ("x86_64", &["x86_64", "amd64", "ia32e", "x86_64_v2", "x86_64_v3", "x86_64_v4"]),
    ("i386", &["i386", "i486", "i586", "i686", "athlon", "geode"]),
    ("aarch64", &["aarch64"]),
    ("arm", &["armv5tejl", "armv5tel", "armv5tl", "armv6l", "armv7l", "armv8l"]),
    ("armhfp", &["armv6hl", "armv7hl", "armv7hnl", "armv8hl"]),
    ("ppc64le", &["ppc64le"]),
    ("ppc64", &["ppc64", "ppc64iseries", "ppc64p7", "ppc64pseries"]),
    ("ppc", &["ppc"]),
    ("s390x", &["s390x"]),
    ("s390", &["s390"]),
    ("riscv32", &["riscv32"]),
    ("riscv64", &["riscv64"]),
    ("riscv128", &["riscv128"]),
    ("loongarch64", &["loongarch64"]),
    ("ia64", &["ia64"]),
    ("mips", &["mips"]),
    ("mipsel", &["mipsel"]),
    ("mips64", &["mips64"]),
    ("mips64el", &["mips64el"]),
    ("alpha", &["alpha", "alphaev4", "alphaev45", "alphaev5", "alphaev56", "alphaev6", "alphaev67", "alphaev68",
        "alphaev7", "alphapca56"]),
    ("sparc", &["sparc", "sparc64", "sparc64v", "sparcv8", "sparcv9", "sparcv9v"]),
    ("sh3", &["sh3"]),
    ("sh4", &["sh4", "sh4a"]),
    ("noarch", &["noarch"]),
];

/// Architectures whose packages rpm builds under another name (`buildarchtranslate`).
#[rustfmt::skip]
const BUILD: &[(&str, &[&str])] = &[
    ("x86_64", &["amd64", "ia32e", "em64t", "x86_64_v2", "x86_64_v3", "x86_64_v4"]),
    ("i386", &["athlon", "geode", "pentium4", "pentium3", "i686", "i586", "i486"]),
    ("alpha", &["alphaev5", "alphaev56", "alphapca56", "alphaev6", "alphaev67"]),
    ("sparc", &["sun4c", "sun4d", "sun4m", "sparcv8", "sparcv9", "sparcv9v"]),
    ("sparc64", &["sun4u", "sparc64v"]),
    ("ppc", &["powerpc", "powerppc", "ppc8260", "ppc8560", "ppc32dy4", "ppciseries", "ppcpseries"]),
    ("ppc64", &["ppc64iseries", "ppc64pseries", "ppc64p7"]),
    ("armv8hnl", &["armv8hl"]),
    ("sh4", &["sh4a"]),
    ("riscv64", &["riscv"]),
];

fn lookup(table: &[(&'static str, &[&str])], arch: &str) -> Option<&'static str> {
    table.iter().find(|(_, members)| members.contains(&arch)).map(|(name, _)| *name)
}

/// Returns what a machine of architecture `native` can install, itself first, worse ones later, as
/// `rpm --showrc` lists it under "compatible archs".
///
/// An unknown architecture can install itself and `noarch`.
pub fn compatible(native: &str) -> Vec<&str> {
    let mut found = vec![native];
    let mut queue = VecDeque::from([native]);
    while let Some(arch) = queue.pop_front() {
        let Some((_, members)) = COMPATIBLE.iter().find(|(name, _)| *name == arch) else { continue };
        for member in *members {
            if !found.contains(member) {
                found.push(member);
                queue.push_back(member);
            }
        }
    }
    if !found.contains(&"noarch") {
        found.push("noarch");
    }
    found
}

/// Returns how well packages of `arch` suit a machine of architecture `native`: 1 is best, `None` means not at all.
pub fn score(native: &str, arch: &str) -> Option<u32> {
    compatible(native).iter().position(|other| *other == arch).map(|place| place as u32 + 1)
}

/// Tells whether a machine of architecture `native` can install packages of `arch`.
pub fn is_compatible(native: &str, arch: &str) -> bool {
    score(native, arch).is_some()
}

/// Returns dnf5's `$basearch`, or `None` for architectures that dnf5 does not know.
pub fn basearch(arch: &str) -> Option<&'static str> {
    lookup(BASEARCH, arch)
}

/// Returns the name under which rpm builds packages on a machine, which is what dnf5 takes as `$arch`:
/// `x86_64` on a machine that can install `x86_64_v4`.
pub fn build_arch(native: &str) -> &str {
    lookup(BUILD, native).unwrap_or(native)
}

/// Returns rpm's `%_transaction_color`: which kinds of ELF files a machine prefers among equal paths (1 is 32-bit,
/// 2 is 64-bit), or 0 where it does not care.
pub fn transaction_color(native: &str) -> u32 {
    match build_arch(native) {
        "x86_64" | "aarch64" | "ppc64" | "ppc64le" | "s390x" | "riscv64" | "loongarch64" | "sparc64" | "mips64"
        | "mips64el" | "mips64r6" | "mips64r6el" => 3,
        "ia64" => 2,
        _ => 0,
    }
}

/// Tells whether packages of two word sizes can be installed side by side.
pub fn is_multilib(native: &str) -> bool {
    let own = basearch(native);
    let other = |arch: &&str| basearch(arch).is_some_and(|base| base != "noarch" && Some(base) != own);
    transaction_color(native) == 3 && compatible(native).iter().any(other)
}

/// Returns the architecture that rpm would install for, from the machine of `uname` and the flags of the processor
/// as `/proc/cpuinfo` names them (`flags` or `Features`).
///
/// The flags decide the level of x86-64 (`x86_64_v2` … `x86_64_v4`) and whether 32-bit ARM has hardware floats.
pub fn detect<'f>(machine: &str, flags: impl IntoIterator<Item = &'f str>) -> String {
    let flags: Vec<&str> = flags.into_iter().collect();
    let all = |wanted: &[&str]| wanted.iter().all(|flag| flags.contains(flag));
    match machine {
        "x86_64" | "amd64" => x86_64_level(all).to_owned(),
        "riscv" => "riscv64".to_owned(),
        _ if machine.starts_with("armv6") && all(&["vfp"]) => "armv6hl".to_owned(),
        _ if machine.starts_with("armv7") && all(&["vfpv3"]) => {
            if all(&["neon"]) {
                "armv7hnl".to_owned()
            } else {
                "armv7hl".to_owned()
            }
        }
        _ if machine.starts_with("armv8") && all(&["vfpv3"]) => match (all(&["neon"]), all(&["aes"])) {
            (true, true) => "armv8hcnl".to_owned(),
            (true, false) => "armv8hnl".to_owned(),
            _ => "armv8hl".to_owned(),
        },
        _ => machine.to_owned(),
    }
}

fn x86_64_level(all: impl Fn(&[&str]) -> bool) -> &'static str {
    if !all(&["cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"]) {
        return "x86_64";
    }
    if !all(&["avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"]) {
        return "x86_64_v2";
    }
    if all(&["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]) { "x86_64_v4" } else { "x86_64_v3" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("x86_64_v4", "x86_64_v4 x86_64_v3 x86_64_v2 x86_64 amd64 em64t athlon noarch i686 i586 i486 i386 fat")]
    #[case("x86_64", "x86_64 amd64 em64t athlon noarch i686 i586 i486 i386 fat")]
    #[case("i686", "i686 i586 i486 i386 noarch fat")]
    #[case("aarch64", "aarch64 noarch")]
    #[case("s390x", "s390x s390 noarch")]
    #[case("ppc64le", "ppc64le noarch fat")]
    #[case("ppc64p7", "ppc64p7 ppc64 ppc rs6000 noarch fat")]
    #[case("armv7hnl", "armv7hnl armv7hl armv6hl noarch")]
    #[case("riscv64", "riscv64 noarch")]
    #[case("vax", "vax noarch")]
    fn lists_what_runs(#[case] native: &str, #[case] want: &str) {
        assert_eq!(compatible(native).join(" "), want);
    }

    #[test]
    fn scores() {
        assert_eq!(score("x86_64", "x86_64"), Some(1));
        assert!(score("x86_64", "noarch") < score("x86_64", "i686"));
        assert!(!is_compatible("x86_64", "aarch64") && !is_compatible("x86_64", "x86_64_v2"));
        assert!(!is_compatible("x86_64", "src"));
        assert!(is_multilib("x86_64_v3") && !is_multilib("aarch64"));
    }

    // witness: `dnf5 --forcearch=A --dump-variables`
    #[rstest]
    #[case("i686", Some("i386"))]
    #[case("armv7hnl", Some("armhfp"))]
    #[case("armv8l", Some("arm"))]
    #[case("ppc64p7", Some("ppc64"))]
    #[case("ia32e", Some("x86_64"))]
    #[case("sparc64v", Some("sparc"))]
    #[case("sh4a", Some("sh4"))]
    #[case("pentium4", None)]
    #[case("src", None)]
    fn maps_to_basearch(#[case] arch: &str, #[case] want: Option<&str>) {
        assert_eq!(basearch(arch), want);
    }

    #[rstest]
    #[case("x86_64", "sse2", "x86_64", "x86_64")]
    #[case("x86_64", "cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3", "x86_64_v2", "x86_64")]
    #[case("armv7l", "half thumb vfpv3 neon", "armv7hnl", "armv7hnl")]
    #[case("armv7l", "half", "armv7l", "armv7l")]
    #[case("i686", "sse", "i686", "i386")]
    #[case("aarch64", "fp asimd", "aarch64", "aarch64")]
    fn detects(#[case] machine: &str, #[case] flags: &str, #[case] want: &str, #[case] build: &str) {
        let native = detect(machine, flags.split(' '));
        assert_eq!(native, want);
        assert_eq!(build_arch(&native), build);
    }
}
