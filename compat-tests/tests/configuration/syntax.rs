//! The syntax of files: comments, continuation lines, quotes, and what is wrong with which line.

use oxidnf_testkit::table::{Case, compare};

const FILES: &[&str] = &[
    "",
    "\n",
    "[main]",
    "\u{feff}[main]\nbest=0\n",
    "# c\n[main]\n#best=0\n;best=0\nrecent=5\n",
    "; c\n\n[main]\n\n\nrecent = 5\n",
    "[main]\nrecent   =   5   \n",
    "[main]\nrecent=5 # five\n",
    "[main]\nrecent=5 ; five\n",
    "[main] # comment\nrecent=5\n",
    "[main] ; comment\nrecent=5\n",
    "[main]  \nrecent=5\n",
    "[main] x\nrecent=5\n",
    "[main]]\nrecent=5\n",
    "[main\nrecent=5\n",
    "[]\nrecent=5\n",
    "[ main ]\nrecent=5\n",
    " [main]\nrecent=5\n",
    "[main]\n recent=5\n",
    "[main]\nrecent\n",
    "[main]\n=5\n",
    "[main]\nrecent=\n",
    "recent=5\n",
    "x\n",
    "# only\n",
    "[main]\nexcludepkgs=a\n b\n\tc\nrecent=5\n",
    "[main]\nexcludepkgs=a\n\n b\n",
    "[main]\nexcludepkgs=a\n# comment\n b\n",
    "[main]\nexcludepkgs=a\n #b\n c\n",
    "[main]\nexcludepkgs=a\n  \n b\n",
    "[main]\nexcludepkgs=\n a\n b\n",
    "[main]\nuser_agent=\"a\n b\"\n",
    "[main]\nuser_agent='a'\n",
    "[main]\nuser_agent=\"a'\n",
    "[main]\nuser_agent= \" a \" \n",
    "[main]\nuser_agent=\"\"a\"\"\n",
    "[main]\r\nrecent=5\r\nuser_agent=x\r\n",
    "[main]\nuser_agent=x\\\n y\n",
    "[main]\nrecent=5\nrecent=6\n",
    "[main]\nrecent=5\n[other]\nname=x\nbaseurl=file:///x\n[main]\nrecent=6\nbest=0\n",
    "[MAIN]\nrecent=5\n",
    "[main]\nRecent=5\n",
    "[main]\nexcludepkgs=a\nexclude=b\nexcludepkgs=c\n",
    "[main]\nuser_agent==x\n",
    "[main]\nuser_agent = a = b\n",
    "[main]\n[main]\nrecent=5",
    "[main]\nuser agent=x\nuser_agent=y\n",
    "[main]\nrecent=5\n\u{0}\n",
    "[main]\nrecent=5\n[\n",
    "[main]\nrecent=5\n[x\n",
    "[main]\nexcludepkgs=a\n  b\n\n\n  c\n",
    "  \n [main]\nrecent=5\n",
    " recent=5\n[main]\n",
    " # x\n[main]\nrecent=5\n",
    "[main]\n  \n b\n",
    "[main]\nuser_agent=a\n \n \n b\n \n",
    "[main]\nuser_agent=a\n \nrecent=5",
    "[main]\nrecent=5\n [other]\nrecent=6\n",
    "[main]\nrecent=5\n [other\nrecent=6\n",
    "[main]\nrecent=5\nuser_agent=y\nrecent=x\n[main]\nuser_agent=x\n",
];

#[test]
fn the_main_file() {
    let cases: Vec<Case> = FILES.iter().map(|file| Case::new("--dump-main-config").conf(file)).collect();
    compare(&cases);
}

#[test]
fn drop_ins_and_repository_files() {
    let broken = ["[main\n", "x=1\n", "[main]\nx\n", "[main]\n  y\n", "[a]b\n", "[main]\n=1\n", "[]\n"];
    let places = ["/etc/dnf/libdnf5.conf.d/a.conf", "/etc/yum.repos.d/a.repo", "/etc/dnf/repos.override.d/a.repo"];
    let mut cases = Vec::new();
    for place in places {
        cases.extend(broken.iter().map(|text| Case::new("repo list --all").conf("[main]\n").file(place, text)));
    }
    compare(&cases);
}
