//! Bits as letters and words.

/// Writes `<`, `>=`, … for the bits of a dependency.
pub(super) fn comparison(sense: u64) -> String {
    letters(sense, &[(2, '<'), (4, '>'), (8, '=')])
}

/// Writes the attributes of a file as letters.
pub fn file_flags(flags: u64) -> String {
    letters(
        flags,
        &[(2, 'd'), (1, 'c'), (32, 's'), (8, 'm'), (16, 'n'), (64, 'g'), (128, 'l'), (256, 'r'), (4096, 'a')],
    )
}

fn letters(bits: u64, table: &[(u64, char)]) -> String {
    table.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, letter)| *letter).collect()
}

/// Writes what `%verify` looks at, or what `rpm -V` found, as letters; a bit that is not set leaves `pad`.
///
/// `?` stands for a content or a link that cannot be read.
pub fn verify_flags(flags: u64, pad: &str) -> String {
    const UNREADABLE: u64 = 1 << 29;
    const LINK_UNREADABLE: u64 = 1 << 28;
    let columns = [
        (1 << 1, 'S', 0),
        (1 << 6, 'M', 0),
        (1, '5', UNREADABLE),
        (1 << 7, 'D', 0),
        (1 << 2, 'L', LINK_UNREADABLE),
        (1 << 3, 'U', 0),
        (1 << 4, 'G', 0),
        (1 << 5, 'T', 0),
        (1 << 8, 'P', 0),
    ];
    let mut text = String::new();
    for (bit, letter, unreadable) in columns {
        match flags {
            flags if flags & unreadable != 0 => text.push('?'),
            flags if flags & bit != 0 => text.push(letter),
            _ => text.push_str(pad),
        }
    }
    text
}

/// Writes when a trigger runs.
pub(super) fn trigger_type(sense: u64) -> &'static str {
    let kinds = [(1 << 25, "prein"), (1 << 16, "in"), (1 << 17, "un"), (1 << 18, "postun")];
    kinds.iter().find(|(bit, _)| sense & bit != 0).map_or("", |(_, kind)| kind)
}

/// Writes what a dependency is for.
pub(super) fn dependency_type(sense: u64) -> String {
    const TYPES: [(u64, &str); 16] = [
        (1 << 9, "pre"),
        (1 << 10, "post"),
        (1 << 11, "preun"),
        (1 << 12, "postun"),
        (1 << 13, "verify"),
        (1 << 8, "interp"),
        (1 << 24, "rpmlib"),
        (1 << 14 | 1 << 15, "auto"),
        (1 << 6, "prereq"),
        (1 << 7, "pretrans"),
        (1 << 5, "posttrans"),
        (1 << 20, "preuntrans"),
        (1 << 21, "postuntrans"),
        (1 << 28, "config"),
        (1 << 19, "missingok"),
        (1 << 29, "meta"),
    ];
    let types: Vec<&str> = TYPES.iter().filter(|(bits, _)| sense & bits != 0).map(|(_, name)| *name).collect();
    if types.is_empty() { "manual".to_owned() } else { types.join(",") }
}

/// Writes a mode as `ls -l` does.
pub(super) fn permissions(mode: u64) -> String {
    let kind = match mode & 0o170_000 {
        0o100_000 => '-',
        0o040_000 => 'd',
        0o120_000 => 'l',
        0o010_000 => 'p',
        0o140_000 => 's',
        0o020_000 => 'c',
        0o060_000 => 'b',
        _ => '?',
    };
    let mut text = String::from(kind);
    for (shift, special, set, unset) in [(6, 0o4000, 's', 'S'), (3, 0o2000, 's', 'S'), (0, 0o1000, 't', 'T')] {
        let bits = mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (mode & special != 0, bits & 1 != 0) {
            (true, true) => set,
            (true, false) => unset,
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    text
}

/// Writes what became of a file.
pub(super) fn file_state(state: u64) -> &'static str {
    ["normal", "replaced", "not installed", "net shared", "wrong color"].get(state as usize).unwrap_or(&"(unknown)")
}

/// Names a digest algorithm by its number in OpenPGP.
pub(super) fn hash_name(number: u64) -> &'static str {
    match number {
        1 => "MD5",
        2 => "SHA1",
        3 => "RIPEMD160",
        5 => "MD2",
        6 => "TIGER192",
        7 => "HAVAL-5-160",
        8 => "SHA256",
        9 => "SHA384",
        10 => "SHA512",
        11 => "SHA224",
        12 => "SHA3-256",
        14 => "SHA3-512",
        _ => "Unknown",
    }
}

/// Writes a number with one digit behind the point below ten, and the letter of its size.
pub(super) fn human(number: u64, kilo: u16) -> String {
    // rpm computes with single precision, which shows in the last digit.
    let (mut number, mut unit) = (number as f32, 0);
    while number >= f32::from(kilo) {
        number /= f32::from(kilo);
        unit += 1;
    }
    let decimals = usize::from(number > 0.05 && number < 9.95);
    format!("{number:.decimals$}{}", ["", "K", "M", "G", "T", "P", "E", "Z", "Y"][unit])
}
