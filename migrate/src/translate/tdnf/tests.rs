//! Lines of tdnf, and what becomes of them.

use super::super::shown;
use super::*;
use rstest::rstest;

// Rows of the table of idioms in Azure Linux's own sources, and rules of tdnf's grammar.
#[rstest]
#[case("tdnf install -y P", "dnf5 install -y P")]
#[case("tdnf -y install P", "dnf5 -y install P")]
#[case("tdnf update -y", "dnf5 upgrade -y")]
#[case("tdnf -y clean all", "dnf5 -y clean all")]
#[case("tdnf makecache", "dnf5 makecache --refresh")]
#[case("tdnf makecache --refresh", "dnf5 makecache --refresh")]
#[case(
    "tdnf install -y --releasever=V --installroot /staging P",
    "dnf5 install --use-host-config -y --releasever=V --installroot /staging P"
)]
#[case(
    "tdnf -v install P --installroot R --nogpgcheck --assumeyes --setopt reposdir=/etc/yum.repos.d/ --releasever=$",
    "dnf5 install --use-host-config P --installroot R --no-gpgchecks --assumeyes --setopt reposdir=/etc/yum.repos.d/ --releasever=$"
)]
#[case("tdnf install -y --nodeps --downloadonly --downloaddir D P", "dnf5 download -y --destdir D P")]
#[case("tdnf -y --downloadonly --downloaddir=$ install P", "dnf5 -y download --resolve --destdir=$ P")]
#[case(
    "tdnf install --downloadonly -y --disablerepo=* --enablerepo=A --alldeps --downloaddir $ P",
    "dnf5 download --resolve --alldeps -y --disablerepo=* --enablerepo=A --destdir $ P"
)]
#[case("tdnf install -y P=V", "dnf5 install -y 'P = V'")]
#[case("tdnf install -y P>=$", "dnf5 install -y \"P >= $\"")]
#[case("tdnf remove -y P", "dnf5 remove --no-autoremove -y P")]
#[case("tdnf -v remove --assumeyes --disablerepo $ P", "dnf5 remove --no-autoremove --assumeyes --disablerepo $ P")]
#[case("tdnf erase -y A B", "dnf5 remove --no-autoremove -y A B")]
#[case("tdnf autoremove -y createrepo", "dnf5 remove -y createrepo")]
#[case("tdnf autoremove -y", "dnf5 autoremove -y")]
#[case("tdnf repolist", "dnf5 repo list")]
#[case("tdnf repolist all", "dnf5 repo list --all")]
#[case("tdnf list ALL --disablerepo=x", "dnf5 list --showduplicates --disablerepo=x")]
#[case("tdnf -q list available P", "dnf5 -q list --available --showduplicates P")]
#[case("tdnf -qy install P", "dnf5 -qy install P")]
#[case("tdnf -qvy install P", "dnf5 -qy install P")]
#[case("tdnf -refresh -releasever=3.0 list --installed", "dnf5 --refresh --releasever=3.0 list --installed")]
#[case("tdnf -d 1 -e0 install P", "dnf5 install P")]
#[case("tdnf install -b --refr P", "dnf5 install --best --refresh P")]
#[case("tdnf install -i /r P", "dnf5 install --use-host-config --installroot /r P")]
#[case("tdnf install --skip-broken A B", "dnf5 install --skip-unavailable --skip-broken A B")]
#[case("tdnf install --exclude a:b P", "dnf5 install --exclude a,b P")]
#[case("tdnf mark install P", "dnf5 mark user P")]
#[case("tdnf history", "dnf5 history list")]
#[case("tdnf --refresh updateinfo", "dnf5 --refresh advisory summary")]
#[case("tdnf install -x foo", "dnf5 install foo")]
#[case("tdnf install --setopt=foo=1 P", "dnf5 install P")]
#[case("tdnf repoquery --installed C", "dnf5 repoquery --installed C")]
fn rewritten(#[case] line: &str, #[case] want: &str) {
    let shown = shown(Tool::Tdnf, line, Context::default());
    assert_eq!(shown.lines().next(), Some(&*format!("Rewritten: {want}")), "{shown}");
}

#[rstest]
#[case("tdnf install --setopt=install_weak_deps=0 P", "tdnf ignores the setting install_weak_deps")]
#[case("tdnf repoquery --file F --json", "other JSON")]
#[case("tdnf count", "does not count")]
#[case("tdnf install --snapshottime=$ P", "point in time")]
#[case("tdnf $ P", "in a variable")]
#[case("tdnf install --forcearch=x P", "no option --forcearch=x")]
#[case("tdnf update --nogpgcheck --cacheonly P", "still fetches packages")]
#[case("tdnf history undo 3", "counts its own")]
#[case("tdnf search a b", "one of the words")]
#[case("tdnf install --releasever", "has no value")]
#[case("tdnf downgrade", "wants names")]
fn for_a_person(#[case] line: &str, #[case] why: &str) {
    let shown = shown(Tool::Tdnf, line, Context::default());
    assert!(shown.starts_with("Person") && shown.contains(why), "{shown}");
}

#[rstest]
#[case("tdnf list installed", "headings")]
#[case("tdnf provides x", "Matched From")]
#[case("tdnf check-update", "columns")]
fn whose_output_is_read(#[case] line: &str, #[case] why: &str) {
    let context = Context { output_is_read: true, ..Context::default() };
    let shown = shown(Tool::Tdnf, line, context);
    assert!(shown.starts_with("Person") && shown.contains(why), "{shown}");
}

#[test]
fn names_are_printed_as_tdnf_prints_them_where_somebody_reads_them() {
    let context = Context { output_is_read: true, ..Context::default() };
    let shown = shown(Tool::Tdnf, "tdnf repoquery --installed C", context);
    assert_eq!(shown, "Rewritten: dnf5 repoquery --qf=%{name}-%{version}-%{release}.%{arch}\\n --installed C");
}

#[test]
fn a_status_that_is_no_failure_for_tdnf_does_not_end_the_script() {
    let context = Context { failure_ends: true, ..Context::default() };
    assert_eq!(shown(Tool::Tdnf, "tdnf check-update", context), "Rewritten: dnf5 check-upgrade || [ $? -eq 100 ]");
}
