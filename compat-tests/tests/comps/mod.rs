//! Repositories with groups and environments, and cases about them.

use oxidnf_testkit::Oracle;
use oxidnf_testkit::decisions::{Case, run};

/// Enables the second repository, which is disabled.
pub(crate) const BETA: &str = "--enable-repo=beta";

const ALPHA: &str = r#"[alpha]
man1-1-1.noarch
man2-1-1.noarch
def1-1-1.noarch
def1-2-1.noarch
def2-1-1.noarch
opt1-1-1.noarch
opt2-1-1.noarch
cond1-1-1.noarch
cond2-1-1.noarch
other1-1-1.noarch
shared-1-1.noarch
base1-1-1.noarch
dep-1-1.noarch
needs-1-1.noarch Requires: dep;
broken-1-1.noarch Requires: nothing;
user-1-1.noarch Requires: def2;
group:
|<comps>
|<group><id>core</id><name>Core stuff</name><name xml:lang="de">Kern</name><description>The core</description>
|<uservisible>false</uservisible><display_order>10</display_order><packagelist>
|<packagereq type="optional">opt1</packagereq><packagereq type="mandatory">man1</packagereq>
|<packagereq type="default">def1</packagereq><packagereq type="conditional" requires="other1">cond1</packagereq>
|<packagereq type="default">needs</packagereq><packagereq>shared</packagereq>
|<packagereq type="default">missing</packagereq><packagereq type="mandatory">man2</packagereq></packagelist></group>
|<group><id>tools</id><name>Tools</name><packagelist><packagereq type="default">def2</packagereq>
|<packagereq type="default">shared</packagereq>
|<packagereq type="conditional" requires="man1">cond2</packagereq></packagelist></group>
|<group><id>opts</id><name>Options</name><packagelist><packagereq type="optional">opt2</packagereq></packagelist></group>
|<group><id>more</id><name>More &amp; more</name><packagelist><packagereq type="default">base1</packagereq>
|<packagereq type="optional">opt2</packagereq></packagelist></group>
|<group><id>bad</id><name>Bad</name><packagelist><packagereq type="default">broken</packagereq>
|<packagereq type="mandatory">man1</packagereq></packagelist></group>
|<environment><id>desk</id><name>Desktop</name><description xml:lang="de">Ein Schreibtisch</description>
|<description>A desktop</description><display_order>3</display_order>
|<grouplist><groupid>tools</groupid><groupid>core</groupid><groupid>nogroup</groupid></grouplist>
|<optionlist><groupid default="true">opts</groupid><groupid>more</groupid></optionlist></environment>
|<environment><id>mini</id><name>Minimal</name><grouplist><groupid>core</groupid></grouplist></environment>
|</comps>
[beta] enabled=0
def1-3-1.noarch
new1-1-1.noarch
group:
|<comps>
|<group><id>core</id><name>Core two</name><packagelist><packagereq type="mandatory">man1</packagereq>
|<packagereq type="default">def1</packagereq><packagereq type="default">base1</packagereq>
|<packagereq type="optional">opt2</packagereq><packagereq type="conditional" requires="man1">cond1</packagereq>
|</packagelist></group>
|<group><id>tools</id><name>Tools</name><packagelist><packagereq type="default">def2</packagereq></packagelist></group>
|<group><id>fresh</id><name>Fresh</name><packagelist><packagereq type="default">opt1</packagereq></packagelist></group>
|<environment><id>desk</id><name>Desktop 2</name><grouplist><groupid>core</groupid><groupid>fresh</groupid>
|<groupid>nogroup2</groupid></grouplist><optionlist><groupid default="true">tools</groupid></optionlist></environment>
|</comps>
"#;

const THREE: &str = r#"[alpha]
needs-1-1.noarch Requires: dep;
man1-1-1.noarch
opt1-1-1.noarch
cond1-1-1.noarch
shared-1-1.noarch
base1-1-1.noarch
def2-1-1.noarch
cond2-1-1.noarch
dep-1-1.noarch
other1-1-1.noarch
group:
|<comps><group><id>g</id><name>G alpha</name><name xml:lang="de">G alpha de</name><description>alpha d</description>
|<uservisible>false</uservisible><display_order>7</display_order><default>true</default><packagelist>
|<packagereq type="default">needs</packagereq><packagereq type="mandatory">man1</packagereq>
|<packagereq type="optional">opt1</packagereq><packagereq type="conditional" requires="other1">cond1</packagereq>
|<packagereq type="default">shared</packagereq></packagelist></group>
|<environment><id>e</id><name>E alpha</name><display_order>5</display_order><grouplist><groupid>g</groupid>
|<groupid>x</groupid></grouplist><optionlist><groupid default="true">o1</groupid><groupid>o2</groupid></optionlist></environment>
|<group><id>y</id><name>N y</name><packagelist><packagereq type="default">dep</packagereq></packagelist></group>
|<group><id>x</id><name>N x</name><description xml:lang="pl">D pl</description><name xml:lang="fr">N fr</name></group>
|<group><id>o2</id><name></name></group>
|<group><id>o1</id><name> two  words &lt;&amp;&gt; "x" </name><description>one
| two</description><packagelist><packagereq>dep</packagereq><packagereq>dep</packagereq></packagelist></group></comps>
[mid]
group:
|<comps><group><id>g</id><name>G mid</name><name xml:lang="fr">G mid fr</name><display_order>3</display_order><packagelist>
|<packagereq type="default">opt1</packagereq><packagereq type="optional">needs</packagereq>
|<packagereq type="mandatory">base1</packagereq><packagereq type="default">shared</packagereq>
|<packagereq type="conditional" requires="base1">cond1</packagereq></packagelist></group></comps>
[zed]
group:
|<comps><group><id>g</id><description>zed d</description><langonly>de</langonly><packagelist>
|<packagereq type="mandatory">shared</packagereq><packagereq type="default">def2</packagereq>
|<packagereq type="conditional">cond2</packagereq></packagelist></group></comps>
"#;

/// Returns the case of a configuration, installed packages and commands with `;` between them.
pub(crate) fn case(conf: &str, system: &str, commands: &str) -> String {
    case_of(ALPHA, conf, system, commands)
}

/// As [`case`], with other repositories.
pub(crate) fn case_of(repos: &str, conf: &str, system: &str, commands: &str) -> String {
    let commands: String = commands.split(';').map(|command| format!("$ {}\n", command.trim())).collect();
    format!("{repos}[@System]\n{system}[main] {}\n{commands}", conf.replace('\n', " "))
}

/// As [`case`], with files of the root.
pub(crate) fn case_with_files(system: &str, files: &str, commands: &str) -> String {
    let case = case("", system, commands);
    case.replacen("[main] \n", &format!("[main] \n{files}"), 1)
}

/// Returns a case with three repositories that say different things about the same group.
pub(crate) fn case_of_three(commands: &str) -> String {
    case_of(THREE, "", "", commands)
}

/// Carries cases out on both sides.
///
/// # Panics
/// When one ends differently; the first one is shown.
pub(crate) fn compare(cases: &[String]) {
    let cases: Vec<Case> = cases.iter().map(|text| text.parse().expect("the case is written well")).collect();
    let outcomes = run(&Oracle::find(), &cases).expect("the oracle takes every case");
    let differing: Vec<String> = cases
        .iter()
        .zip(&outcomes)
        .filter(|(_, outcome)| !outcome.differences.is_empty())
        .map(|(case, outcome)| {
            let commands: Vec<String> = case.commands.iter().map(|command| command.join(" ")).collect();
            format!("{}\n{}", commands.join("; "), outcome.differences)
        })
        .collect();
    assert!(differing.is_empty(), "{} differ, the first is\n{}", differing.len(), differing[0]);
    assert!(outcomes.iter().all(|outcome| !outcome.said.is_empty()), "a case says nothing");
}
