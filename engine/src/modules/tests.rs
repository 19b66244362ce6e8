use super::*;
use oxidnf_repo::metadata::modules;

const YAML: &str = "---
document: modulemd
version: 2
data:
  {name: nodejs, stream: '12', version: 1, context: c, arch: x86_64, summary: s, description: d, license: {module: [MIT]}}
---
document: modulemd
version: 2
data:
  name: nodejs
  stream: '10'
  version: 1
  context: c
  arch: x86_64
  summary: s
  description: d
  license: {module: [MIT]}
  dependencies: [{requires: {platform: [f38]}}]
---
document: modulemd
version: 2
data:
  name: app
  stream: '1'
  version: 1
  context: c
  arch: x86_64
  summary: s
  description: d
  license: {module: [MIT]}
  dependencies: [{requires: {nodejs: ['10', '12']}}]
---
document: modulemd-defaults
version: 1
data: {module: nodejs, stream: '10'}
";

fn sack() -> ModuleSack {
    let modules = modules::parse(YAML.as_bytes());
    assert!(modules.failures.is_empty(), "{:?}", modules.failures);
    let mut sack =
        ModuleSack::new(vec![("r".to_owned(), modules)], &BTreeMap::new(), "x86_64").expect("defaults agree");
    sack.set_platform(Some(("platform".to_owned(), "f38".to_owned())));
    sack.resolve().expect("libsolv works");
    sack
}

fn active(sack: &ModuleSack) -> Vec<String> {
    sack.items().filter(|item| sack.is_active(item)).map(ModuleItem::full_identifier).collect()
}

// witness: compat-tests/tests/modules.rs
#[test]
fn defaults_are_active_and_not_stored() {
    let sack = sack();
    assert_eq!(active(&sack), ["nodejs:10:1:c:x86_64"]);
    assert!(sack.changes().is_empty());
}

#[test]
fn enabling_takes_what_is_required_with_it() {
    let mut sack = sack();
    assert_eq!(sack.change(ModuleAction::Enable, "app").expect("one stream"), SpecOutcome::Done);
    sack.resolve().expect("libsolv works");
    sack.enable_required();
    let changes = sack.changes();
    let enabled = [("app", "1"), ("nodejs", "10")].map(|(name, stream)| (name.to_owned(), stream.to_owned()));
    assert_eq!(changes.enabled, enabled);
    assert_eq!(changes.states["nodejs"].state, ENABLED);
    sack.forget_changes(&BTreeMap::new());
    assert!(sack.changes().is_empty());
}

#[test]
fn several_streams() {
    let mut sack = sack();
    assert_eq!(sack.change(ModuleAction::Enable, "nodejs").expect("the default"), SpecOutcome::Done);
    assert_eq!(sack.changes().enabled, [("nodejs".to_owned(), "10".to_owned())]);
    let error = sack.change(ModuleAction::Enable, "nodejs:12").expect_err("another stream");
    assert_eq!(error.to_string(), "Cannot enable multiple streams for module 'nodejs'");
    assert_eq!(sack.change(ModuleAction::Reset, "nope").expect("nothing"), SpecOutcome::NotFound);
    sack.defaults = Defaults::default();
    sack.forget_changes(&BTreeMap::new());
    let streams = BTreeSet::from(["10".to_owned(), "12".to_owned()]);
    let unclear = SpecOutcome::SeveralStreams(BTreeMap::from([("nodejs".to_owned(), streams)]));
    assert_eq!(sack.change(ModuleAction::Enable, "node*").expect("unclear"), unclear);
}

#[test]
fn builds_with_equal_requirements_share_a_context() {
    let mut items = sack().items;
    let contexts: Vec<&str> = items.iter().map(|item| item.static_context.as_str()).collect();
    assert_eq!(contexts, ["nodejs:[10,12]", "NoRequires", "platform:[f38]"]);
    let mut fixed = items.remove(0);
    fixed.stream.static_context = true;
    fixed.stream.context = "fixed".to_owned();
    let mut newer = fixed.clone();
    newer.stream.version = 2;
    let mut all = vec![fixed];
    give_contexts(&mut all, vec![newer]);
    assert_eq!(all[1].static_context, "fixed");
}
