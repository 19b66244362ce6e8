use super::*;

const FILE: &str = r#"---
document: modulemd
version: 2
data:
  name: nodejs
  stream: "1.10"
  version: 20260101120000
  context: deadbeef
  arch: x86_64
  static_context: true
  summary: Javascript runtime
  description: >-
    Node.js is a platform
    for applications.
  license:
    module: [MIT]
    content: [MIT, BSD]
  xmd:
    mbs: {anything: [1, 2]}
  dependencies:
  - buildrequires:
      platform: [f44, -f43]
    requires:
      platform: []
      python: [3.10]
  references:
    community: http://nodejs.org
  profiles:
    common:
      description: usual
      rpms: [nodejs, npm]
    minimal:
      default: true
      rpms:
      - nodejs
  api:
    rpms: [nodejs]
  filter:
    rpms: [hidden]
  demodularized:
    rpms: [gone]
  components:
    rpms:
      nodejs: {rationale: it is it, ref: main}
  artifacts:
    rpms:
    - nodejs-1:1.10.0-1.module_1.x86_64
    - npm-1:9-1.module_1.noarch
...
---
document: modulemd
version: 1
data:
  name: old
  stream: 5
  version: 7
  summary: s
  description: d
  license: {module: MIT}
  dependencies:
    buildrequires: {platform: f44}
    requires: {platform: f44}
---
document: modulemd-defaults
version: 1
data:
  module: nodejs
  modified: 202601011200
  stream: "1.10"
  profiles:
    "1.10": [common]
    8: []
---
document: modulemd-obsoletes
version: 1
data:
  module: old
  stream: 5
  modified: 2026-01-02T00:00Z
  eol_date: 2026-01-03T00:00Z
  message: too old
  obsoleted_by: {module: nodejs, stream: "1.10"}
---
document: modulemd-translations
version: 1
data:
  module: nodejs
  stream: "1.10"
  modified: 202601011300
  translations:
    de:
      summary: Javascript-Laufzeit
      profiles: {common: üblich}
---
document: modulemd
version: 2
data: {stream: nameless}
---
document: modulemd-of-tomorrow
version: 1
data: {}
---
document: modulemd-packager
version: 3
data: {name: x}
"#;

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn reads_builds() {
    let modules = parse(FILE.as_bytes());
    let [new, old] = &modules.streams[..] else { panic!("{:?}", modules.streams) };
    assert_eq!((new.name.as_str(), new.stream.as_str(), new.version), ("nodejs", "1.10", 20_260_101_120_000));
    assert_eq!((new.context.as_str(), new.arch.as_str(), new.static_context), ("deadbeef", "x86_64", true));
    assert_eq!(new.description, "Node.js is a platform for applications.");
    assert_eq!(new.content_licenses, owned(&["MIT", "BSD"]));
    let dependencies = ModuleDependencies {
        build_requires: vec![("platform".to_owned(), owned(&["f44", "-f43"]))],
        requires: vec![("platform".to_owned(), vec![]), ("python".to_owned(), owned(&["3.10"]))],
    };
    assert_eq!(new.dependencies, [dependencies]);
    assert_eq!(new.community, "http://nodejs.org");
    let profiles: Vec<_> = new.profiles.iter().map(|p| (p.name.as_str(), p.default, p.packages.clone())).collect();
    assert_eq!(profiles, [("common", false, owned(&["nodejs", "npm"])), ("minimal", true, owned(&["nodejs"]))]);
    assert_eq!([&new.api, &new.filter, &new.demodularized], [&["nodejs"], &["hidden"], &["gone"]]);
    assert_eq!(new.artifacts, owned(&["nodejs-1:1.10.0-1.module_1.x86_64", "npm-1:9-1.module_1.noarch"]));

    assert_eq!((old.document_version, old.stream.as_str(), old.version), (1, "5", 7));
    assert_eq!(old.module_licenses, owned(&["MIT"]));
    let platform = vec![("platform".to_owned(), owned(&["f44"]))];
    assert_eq!(old.dependencies, [ModuleDependencies { build_requires: platform.clone(), requires: platform }]);
}

#[test]
fn reads_what_belongs_to_builds() {
    let modules = parse(FILE.as_bytes());
    let defaults = ModuleDefaults {
        module: "nodejs".to_owned(),
        stream: Some("1.10".to_owned()),
        profiles: vec![("1.10".to_owned(), owned(&["common"])), ("8".to_owned(), vec![])],
        modified: 202_601_011_200,
    };
    assert_eq!(modules.defaults, [defaults]);
    let obsoletes = ModuleObsoletes {
        module: "old".to_owned(),
        stream: "5".to_owned(),
        context: None,
        modified: 1_767_312_000,
        reset: false,
        eol_date: Some(1_767_398_400),
        message: "too old".to_owned(),
        obsoleted_by: Some(("nodejs".to_owned(), "1.10".to_owned())),
    };
    assert_eq!(modules.obsoletes, [obsoletes]);
    let german = &modules.translations[0].languages[0];
    assert_eq!((german.language.as_str(), german.summary.as_str()), ("de", "Javascript-Laufzeit"));
    assert_eq!(german.profiles, [("common".to_owned(), "üblich".to_owned())]);
}

#[test]
fn tells_what_cannot_be_used() {
    let failures: Vec<String> = parse(FILE.as_bytes()).failures.iter().map(ToString::to_string).collect();
    assert_eq!(
        failures,
        ["document 6 at line 94: no name", "document 7 at line 98: unknown document modulemd-of-tomorrow of version 1"]
    );
    let broken = parse(b"---\ndocument: modulemd-packager\nversion: 3\ndata: {}\n---\na: [b\n");
    assert_eq!((broken.failures.len(), broken.unreadable.map(|failure| failure.document)), (0, Some(2)));
    assert_eq!(parse(b"a: \xff").unreadable.map(|failure| failure.reason).as_deref(), Some("not UTF-8"));
    assert_eq!(parse(b""), Modules::default());
}
