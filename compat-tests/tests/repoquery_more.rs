//! `repoquery` with every option and tag.

mod warehouse;

use warehouse::used;

/// Tags whose value is one text or number; the time of an installation differs between the sides.
const PLAIN: &str = "arch buildtime debug_name description downloadsize epoch evr from_repo full_nevra group installsize \
                     license location name packager reason release repoid reponame source_debug_name source_name \
                     sourcerpm summary url vendor version";

/// Tags whose value is a list.
const LISTS: &str = "conflicts depends enhances files obsoletes prereq_ignoreinst provides recommends regular_requires \
                     requires requires_pre suggests supplements";

#[test]
fn relations() {
    let world = used();
    for args in [
        "repoquery --whatprovides '*bin/tool'",
        "repoquery --whatprovides '*bin/app'",
        "repoquery --whatprovides '/usr/bin/*'",
        "repoquery --whatprovides 'lib*'",
        "repoquery --whatprovides 'lib(api) > 6'",
        "repoquery --whatprovides 'lib(api)>6'",
        "repoquery --whatprovides 'lib(*) = 7'",
        "repoquery --whatrequires 'lib'",
        "repoquery --whatrequires 'lib > 5'",
        "repoquery --whatrequires 'lib >= 0'",
        "repoquery --whatrequires 'li*'",
        "repoquery --whatrequires tool",
        "repoquery --whatrequires tool --exactdeps",
        "repoquery --whatrequires docs",
        "repoquery --whatrequires docs --exactdeps",
        "repoquery --whatrequires hunspell",
        "repoquery --whatrequires 'hun*'",
        "repoquery --whatdepends docs",
        "repoquery --whatdepends app",
        "repoquery --whatdepends hunspell",
        "repoquery --whatenhances app",
        "repoquery --whatsupplements app",
        "repoquery --whatsupplements 'a*'",
        "repoquery --whatsuggests docs",
        "repoquery --whatrecommends hunspell",
        "repoquery --whatconflicts old-app",
        "repoquery --whatconflicts 'old-app > 1'",
        "repoquery --whatconflicts 'old-app < 1'",
        "repoquery --whatobsoletes old-app",
        "repoquery --whatobsoletes 'old-app = 3'",
        "repoquery --whatrequires lib,tool",
        "repoquery --whatrequires lib --whatrequires nothere",
        "repoquery --whatrequires lib --recursive",
        "repoquery --whatprovides /usr/share/app/data",
        "repoquery --whatprovides nothere",
        "repoquery --providers-of=requires app",
        "repoquery --providers-of=requires app --recursive",
        "repoquery --providers-of=recommends app",
        "repoquery --providers-of=suggests app",
        "repoquery --providers-of=conflicts app",
        "repoquery --providers-of=obsoletes new-app",
        "repoquery --providers-of=supplements hunspell",
        "repoquery --providers-of=enhances docs",
        "repoquery --providers-of=provides app",
        "repoquery --providers-of=depends app",
        "repoquery --providers-of=requires_pre app",
        "repoquery --providers-of=nonsense app",
        "repoquery --installed --providers-of=requires app",
    ] {
        world.both(args);
    }
}

#[test]
fn options() {
    let world = used();
    for args in [
        "repoquery --installed",
        "repoquery --installed --available",
        "repoquery --available",
        "repoquery --installed app kernel",
        "repoquery --installed --installed-from-repo=base",
        "repoquery --installed-from-repo=updates",
        "repoquery --leaves",
        "repoquery --leaves app",
        "repoquery --userinstalled",
        "repoquery --unneeded",
        "repoquery --extras",
        "repoquery --upgrades",
        "repoquery --upgrades app",
        "repoquery --installonly",
        "repoquery --duplicates",
        "repoquery --recent",
        "repoquery --recent --installed",
        "repoquery --latest-limit=1",
        "repoquery --latest-limit=2 app",
        "repoquery --latest-limit=-1 app",
        "repoquery --latest-limit=0 app",
        "repoquery --latest-limit=x app",
        "repoquery --arch noarch,x86_64 lib",
        "repoquery --arch=x86*",
        "repoquery --arch=i686",
        "repoquery --arch=nonsense",
        "repoquery --srpm app",
        "repoquery --file /usr/bin/app",
        "repoquery --file '/usr/bin/*'",
        "repoquery --file /usr/bin/app,/usr/bin/tool",
        "repoquery --installed --file /usr/bin/app",
        "repoquery --files app",
        "repoquery -l app-1",
        "repoquery --list --installed app",
        "repoquery --sourcerpm app",
        "repoquery --location app",
        "repoquery --location --installed app",
        "repoquery --conflicts app",
        "repoquery --depends app",
        "repoquery --enhances docs",
        "repoquery --obsoletes new-app",
        "repoquery --provides app",
        "repoquery --recommends app",
        "repoquery --requires app",
        "repoquery --requires-pre app",
        "repoquery --suggests app",
        "repoquery --supplements hunspell",
        "repoquery --info app",
        "repoquery --info --installed app",
        "repoquery --info virtual",
        "repoquery --info nothere",
        "repoquery --requires --installed app",
        "repoquery --provides --installed",
        "repoquery --depends --installed app",
        "repoquery --requires-pre --installed app",
        "repoquery --querytags",
    ] {
        world.both(args);
    }
}

#[test]
fn formats() {
    let world = used();
    for args in [
        "repoquery --qf '%{name}\\t%{arch}\\\\x\\n' lib",
        "repoquery --qf '' lib",
        "repoquery --qf '%%{name} %{ name } %{NAME}\\n' lib",
        "repoquery --qf '%5{name}|%-5{epoch}|%1{name}|%0{name}\\n' app",
        "repoquery --qf '[%{name}]\\n' app",
        "repoquery --qf '%{name' app",
        "repoquery --qf '%{}' app",
        "repoquery --qf '%-{name}' app",
        "repoquery --qf '%--5{name}' app",
        "repoquery --qf '%{name}%' app",
        "repoquery --qf '\\\\n\\n' app",
        "repoquery --queryformat '%{evr} %{full_nevra} %{nevra}\\n' a-pack*",
        "repoquery --qf '%05{epoch}' hunspell",
        "repoquery --qf '%30{summary}|' hunspell",
        "repoquery --qf '%+5{name}' hunspell",
        "repoquery --qf '%08{buildtime}' hunspell",
        "repoquery --qf '%2147483648{name}' app",
        "repoquery --qf '%99999999999999999999{name}' app",
        "repoquery --qf '%05{name}' app",
        "repoquery --qf '%-05{name}' app",
        "repoquery --qf '%05{name}' nothere",
        "repoquery --qf '%08{installsize}|%-08{downloadsize}|%8{buildtime}|\\n' app",
        "repoquery --qf '%-5x{name}%*5{name}%^9{name}% 5{name}\\n' app",
        "repoquery --qf '%5%{name}{arch}}%{evr}}\\n' app",
    ] {
        world.both(args);
    }
}

#[test]
fn tags_of_available_packages() {
    let world = used();
    for tag in PLAIN.split_whitespace() {
        world.both(&format!("repoquery --qf '%{{{tag}}}\\n' app hunspell docs new-app 'a-package*' virtual")).exits(0);
    }
    for tag in LISTS.split_whitespace() {
        // The order within a list depends on dnf5's cache; these have at most one item that repositories tell.
        world.both(&format!("repoquery --qf '%{{name}} %{{{tag}}}|\\n' hunspell docs old-app")).exits(0);
    }
}

#[test]
fn tags_of_installed_packages() {
    let world = used();
    for tag in PLAIN.split_whitespace().chain(LISTS.split_whitespace()) {
        world.both(&format!("repoquery --installed --qf '%{{name}} %{{{tag}}}|\\n'")).exits(0);
    }
}
