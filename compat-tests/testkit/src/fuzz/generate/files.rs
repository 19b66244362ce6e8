//! Files: places that packages share, and what stands there.

use super::Habits;
use crate::fuzz::package::{File, Kind, flag};
use crate::random::Random;

/// What is usually at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Config,
    Doc,
    Program,
    /// Now a directory, now a link, now a file.
    Tree,
    Locale,
    Special,
}

/// A path and what is usually there.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) path: &'static str,
    pub(super) role: Role,
}

const PLACES: &[(&str, Role)] = &[
    ("/etc/a.conf", Role::Config),
    ("/etc/b.conf", Role::Config),
    ("/etc/c.d", Role::Tree),
    ("/etc/c.d/d.conf", Role::Config),
    ("/etc/c.d/e.conf", Role::Config),
    ("/opt", Role::Tree),
    ("/opt/t", Role::Tree),
    ("/opt/t/x", Role::Tree),
    ("/opt/t/y", Role::Tree),
    ("/opt/t/d", Role::Tree),
    ("/opt/t/d/z", Role::Tree),
    ("/opt/t/d/z/deep", Role::Tree),
    ("/opt/real", Role::Tree),
    ("/opt/real/x", Role::Tree),
    ("/opt/real/d", Role::Tree),
    ("/usr/bin/p", Role::Program),
    ("/usr/bin/q", Role::Program),
    ("/usr/lib/l.so", Role::Program),
    ("/usr/share/doc/k", Role::Tree),
    ("/usr/share/doc/k/README", Role::Doc),
    ("/usr/share/doc/k/COPYING", Role::Doc),
    ("/usr/share/locale/de", Role::Locale),
    ("/usr/share/locale/de/m", Role::Locale),
    ("/usr/share/locale/fr/m", Role::Locale),
    ("/srv/dev/n", Role::Special),
    ("/srv/pipe", Role::Special),
    ("/top", Role::Tree),
];

/// A name that leaves just enough room for what rpm puts behind names, and one that does not.
const LONG: &str = concat!(
    "/opt/",
    "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
    "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
    "012345678901234567890123456789012345678901234567890123456789012345",
);
const TOO_LONG: &str = concat!(
    "/opt/",
    "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
    "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
    "0123456789012345678901234567890123456789012345678901234567890123456",
);

const ODD_PLACES: &[(&str, Role)] = &[
    ("/", Role::Tree),
    ("/opt/with space", Role::Tree),
    ("/opt/\u{e9}\u{ff}", Role::Tree),
    ("/opt/-rf", Role::Tree),
    ("/opt/%{name}", Role::Config),
    ("/opt/t;68e7a4c0", Role::Tree),
    ("/opt/a.rpmnew", Role::Config),
    ("/opt/a", Role::Config),
    ("/opt/*", Role::Tree),
    ("/opt/.hidden", Role::Tree),
    ("/opt/t/x'y\"z", Role::Tree),
    (LONG, Role::Tree),
    (TOO_LONG, Role::Tree),
];

/// Chooses the places of a sequence.
pub(super) fn places(random: &mut Random, habits: &Habits) -> Vec<Place> {
    let count = random.between(5, 14);
    let mut places: Vec<Place> = Vec::new();
    while places.len() < count {
        let list = if random.chance(habits.odd) { ODD_PLACES } else { PLACES };
        let (path, role) = *random.one_of(list);
        if role == Role::Config && !random.chance(habits.config + 20) {
            continue;
        }
        if !places.iter().any(|place| place.path == path) {
            places.push(Place { path, role });
        }
    }
    places
}

/// Makes the files of a first version.
pub(super) fn first(random: &mut Random, habits: &Habits, places: &[Place], architecture: u32) -> Vec<File> {
    let count = random.between(0, 7);
    let mut chosen = Vec::new();
    for _ in 0..count {
        let place = random.one_of(places).clone();
        chosen.push(file(random, habits, &place, architecture));
    }
    consistent(random, chosen)
}

/// Makes the files of a later version from those of the one before.
pub(super) fn next(random: &mut Random, habits: &Habits, before: &[File], places: &[Place], arch: u32) -> Vec<File> {
    let mut files = Vec::new();
    for old in before {
        match random.below(100) {
            0..45 => files.push(old.clone()),
            45..63 => {
                let mut new = old.clone();
                if let Kind::Regular(text) = &mut new.kind {
                    *text = content(random);
                }
                files.push(new);
            }
            63..72 => {
                let mut new = old.clone();
                new.flags = file(random, habits, &Place { path: "/x", role: Role::Config }, arch).flags & allowed(old);
                files.push(new);
            }
            72..80 => {
                let mut new = old.clone();
                match random.below(3) {
                    0 => new.mode = *random.one_of(&[0o644, 0o600, 0o755, 0o4755]),
                    1 => (new.user, new.group) = owner(random, 40),
                    _ => new.mtime += 100,
                }
                files.push(new);
            }
            80..90 => {
                if let Some(place) = places.iter().find(|place| place.path == old.path) {
                    files.push(file(random, habits, place, arch));
                }
            }
            _ => {}
        }
    }
    for _ in 0..random.below(3) {
        let place = random.one_of(places).clone();
        files.push(file(random, habits, &place, arch));
    }
    consistent(random, files)
}

/// Drops what one package cannot have: a path twice, something below a file; joins some hard links.
fn consistent(random: &mut Random, mut files: Vec<File>) -> Vec<File> {
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup_by(|a, b| a.path == b.path);
    let blocked: Vec<String> = files
        .iter()
        .filter(|file| file.kind != Kind::Directory)
        .map(|file| format!("{}/", file.path.trim_end_matches('/')))
        .collect();
    files.retain(|file| !blocked.iter().any(|path| file.path.starts_with(path)));
    for file in &mut files {
        file.link_set = 0;
    }
    if random.chance(15) {
        link(random, &mut files, 1);
    }
    if random.chance(4) {
        link(random, &mut files, 2);
    }
    files
}

/// Makes hard links of regular files: what they have in common is that of the first.
fn link(random: &mut Random, files: &mut [File], set: u32) {
    let mut head: Option<File> = None;
    for file in files.iter_mut() {
        let regular = matches!(file.kind, Kind::Regular(_)) && !file.has(flag::GHOST);
        if !regular || file.link_set != 0 || random.chance(30) || allowed(file) & flag::CONFIG != 0 {
            continue;
        }
        file.link_set = set;
        if let Some(head) = &head {
            file.kind = head.kind.clone();
            (file.mode, file.user, file.group) = (head.mode, head.user, head.group);
            (file.mtime, file.caps) = (head.mtime, head.caps);
            // rpmbuild lists each with flags of its own.
            if random.chance(50) {
                file.flags = head.flags;
            }
        } else {
            head = Some(file.clone());
        }
    }
}

/// Flags that a file may have: below /usr, where the hard links are, nothing is configuration.
///
/// Of a set of hard links whose last member is or was configuration, and unchanged, rpm leaves the others empty. We do
/// not.
fn allowed(file: &File) -> u32 {
    if file.path.starts_with("/usr/") { !flag::CONFIG } else { u32::MAX }
}

fn content(random: &mut Random) -> String {
    match random.below(12) {
        0 => String::new(),
        1 => "a long line of text\n".repeat(700),
        2 => "1234567\n".to_owned(),
        // More than what is kept in memory.
        3 if random.chance(10) => "0123456789abcdef".repeat(40_000),
        number => ["alpha\n", "beta\n", "gamma\n"][number % 3].to_owned(),
    }
}

fn owner(random: &mut Random, percent: usize) -> (&'static str, &'static str) {
    if !random.chance(percent) {
        return ("root", "root");
    }
    *random.one_of(&[
        ("bin", "bin"),
        ("user", "root"),
        ("root", "user"),
        ("nobody", "root"),
        ("root", "nogroup"),
        ("svc", "svc"),
        ("low", "grp"),
    ])
}

fn file(random: &mut Random, habits: &Habits, place: &Place, architecture: u32) -> File {
    let kind = kind(random, place);
    let mut file = File::new(place.path, kind);
    (file.user, file.group) = owner(random, 12);
    if random.chance(15) {
        file.mtime += random.below(3) as u32;
    }
    match place.role {
        Role::Config if random.chance(85) => {
            file.flags = *random.one_of(&[
                flag::CONFIG,
                flag::CONFIG,
                flag::CONFIG | flag::NOREPLACE,
                flag::CONFIG | flag::NOREPLACE,
                flag::CONFIG | flag::MISSINGOK,
                flag::CONFIG | flag::NOREPLACE | flag::MISSINGOK,
                flag::CONFIG | flag::GHOST,
                flag::GHOST,
            ]);
        }
        Role::Doc => file.flags = *random.one_of(&[flag::DOC, flag::DOC, flag::LICENSE, flag::DOC | flag::LICENSE]),
        Role::Locale => file.langs = *random.one_of(&["de", "fr", "de|fr", "", "de_DE"]),
        Role::Tree if random.chance(8) => {
            file.flags = *random.one_of(&[flag::GHOST, flag::ARTIFACT, flag::CONFIG, flag::DOC, flag::MISSINGOK]);
        }
        _ => {}
    }
    if place.role == Role::Program {
        file.mode = *random.one_of(&[0o755, 0o755, 0o4755, 0o2711, 0o644]);
        if random.chance(25) && matches!(file.kind, Kind::Regular(_)) {
            file.caps = *random.one_of(&["cap_net_raw=ep", "=", "cap_setuid,cap_chown=p", "cap_net_raw=eip"]);
        }
        if habits.colors && matches!(file.kind, Kind::Regular(_)) {
            file.color = if random.chance(85) { architecture } else { random.below(3) as u32 };
            if file.color != 0 && random.chance(60) {
                file.kind = Kind::Regular(format!("program of {}\n", file.color));
            }
        }
    } else if random.chance(10) {
        file.mode = match file.kind {
            Kind::Symlink(_) => 0o777,
            Kind::Directory => *random.one_of(&[0o700, 0o2755, 0o1777, 0o555]),
            _ => *random.one_of(&[0o600, 0o000, 0o755, 0o6755, 0o4644]),
        };
    }
    file.flags &= allowed(&file);
    file
}

fn kind(random: &mut Random, place: &Place) -> Kind {
    if place.path == "/" {
        return Kind::Directory;
    }
    let target = |random: &mut Random| {
        (*random.one_of(&["real", "/opt/real", "../opt/real", "x", "/etc", "t", "/no/where", "d", "/opt/t", "."]))
            .to_owned()
    };
    match place.role {
        Role::Config => match random.below(20) {
            0 => Kind::Directory,
            1 | 2 => Kind::Symlink((*random.one_of(&["b.conf", "a.conf", "/etc/b.conf"])).to_owned()),
            _ => Kind::Regular(content(random)),
        },
        Role::Tree => match random.below(20) {
            0..9 => Kind::Directory,
            9..15 => Kind::Regular(content(random)),
            _ => Kind::Symlink(target(random)),
        },
        Role::Special => match random.below(7) {
            0 | 1 => Kind::Fifo,
            2 | 3 => Kind::Char(*random.one_of(&[0x0103, 0x7801])),
            4 => Kind::Block(0x7809),
            5 => Kind::Socket,
            _ => Kind::Regular(content(random)),
        },
        Role::Locale if !place.path.ends_with("/m") => Kind::Directory,
        _ => match random.below(12) {
            0 => Kind::Symlink(target(random)),
            _ => Kind::Regular(content(random)),
        },
    }
}
