use super::*;
use proptest::prelude::*;
use rstest::rstest;

// witness: rpmspec -q --requires over the same texts
#[rstest]
#[case("( a )", "(a)")]
#[case("((a))", "((a))")]
#[case("(a  and   b and c)", "(a and b and c)")]
#[case("(a and (b and c))", "(a and (b and c))")]
#[case("(a if b else c)", "(a if b else c)")]
#[case("(a with b with c)", "(a with b with c)")]
#[case("((a with b) without c)", "((a with b) without c)")]
#[case("(a >= 1.0 and b<2)", "(a >= 1.0 and b<2)")]
#[case("(a => 1 and b == 2)", "(a >= 1 and b = 2)")]
#[case("(foo(bar) and lib.so()(64bit))", "(foo(bar) and lib.so()(64bit))")]
#[case("(foo(bar and b)", "(foo(bar and b)")]
#[case("(a = 1:2-3 if b)", "(a = 1:2-3 if b)")]
#[case("(a unless b else c)", "(a unless b else c)")]
fn writes_as_rpm(#[case] text: &str, #[case] want: &str) {
    assert_eq!(RichDep::parse(text).expect("parses").to_string(), want);
}

#[rstest]
#[case("a", RichError::NoParenthesis)]
#[case("()", RichError::Empty)]
#[case("(a and b", RichError::Unterminated("(a and b".into()))]
#[case("(a", RichError::Unterminated("(a".into()))]
#[case("(", RichError::Unterminated("(".into()))]
#[case("(a and)", RichError::MissingArgument)]
#[case("(a =)", RichError::MissingVersion)]
#[case("(a foo b)", RichError::UnknownOperator("foo".into()))]
#[case("(a (b))", RichError::UnknownOperator("(b".into()))]
#[case("(and b)", RichError::UnknownOperator("b".into()))]
#[case("(a <> 1 and b)", RichError::UnknownOperator("<>".into()))]
#[case("(a and b or c)", RichError::MixedOperators)]
#[case("(a and b else c)", RichError::MixedOperators)]
#[case("(a if b if c)", RichError::Chained)]
#[case("(a if b else c else d)", RichError::Chained)]
#[case("(a without b without c)", RichError::Chained)]
#[case("(a and b) c", RichError::Junk("c".into()))]
fn refuses(#[case] text: &str, #[case] want: RichError) {
    assert_eq!(RichDep::parse(text), Err(want));
}

#[test]
fn refuses_deep_nesting() {
    let text = format!("{}a{}", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(RichDep::parse(&text), Err(RichError::TooDeep));
}

// witness: rpmspec -q of Requires and Supplements
#[rstest]
#[case("(a if b)", "", "if")]
#[case("(a unless b)", "unless", "")]
#[case("(a or (b if c))", "if", "if")]
#[case("(a and (b if c))", "", "")]
#[case("(a and (b unless c))", "unless", "unless")]
#[case("(a or (b unless c))", "", "")]
#[case("(a if (b or (c if d)))", "if", "if")]
#[case("(a if (b unless c))", "", "if")]
#[case("((b unless c) if a)", "unless", "if")]
#[case("(a if b else (c unless d))", "unless", "if")]
#[case("(a unless b else (c unless d))", "unless", "")]
#[case("((a or (b if c)))", "if", "if")]
#[case("(a with (b and c))", "with", "with")]
#[case("(a with (b or ((c))))", "", "")]
fn checks_places(#[case] text: &str, #[case] requires: &str, #[case] conflicts: &str) {
    let dep = RichDep::parse(text).expect("parses");
    let verdict = |class| match dep.check(class) {
        Ok(()) => "",
        Err(RichError::IfUnderOr) => "if",
        Err(RichError::UnlessUnderAnd) => "unless",
        Err(RichError::IllegalInWith) => "with",
        Err(_) => "other",
    };
    assert_eq!((verdict(RichClass::Requires), verdict(RichClass::Conflicts)), (requires, conflicts));
}

// witness: the Requirename table of an rpm database
#[rstest]
#[case("(f1 if g1 else h1)", "f1 g1 h1 !g1")]
#[case("(a if (b if c))", "a c !b")]
#[case("(a if (b if c else d))", "a c !b !c !d")]
#[case("(a if (b if c else d) else e)", "a b c d e !b !c !d")]
#[case("((a without b) if (c unless d))", "a b d !c")]
#[case("(a and a and (a if a))", "a !a")]
#[case("(rpmlib(FileDigests) and a)", "a")]
fn names_for_the_index(#[case] text: &str, #[case] want: &str) {
    let dep = RichDep::parse(text).expect("parses");
    let names = dep.names();
    let names: Vec<String> =
        names.iter().map(|name| format!("{}{}", if name.negative { "!" } else { "" }, name.name)).collect();
    assert_eq!(names.join(" "), want);
}

#[rstest]
#[case("(a and b)", "a b", true)]
#[case("(a and b)", "a", false)]
#[case("(a or b)", "b", true)]
#[case("(a if b)", "", true)]
#[case("(a if b)", "b", false)]
#[case("(a if b else c)", "", false)]
#[case("(a if b else c)", "c", true)]
#[case("(a if b else c)", "b c", false)]
#[case("(a unless b)", "a", true)]
#[case("(a unless b)", "a b", false)]
#[case("(a unless b else c)", "b c", true)]
#[case("(a unless b else c)", "c", false)]
#[case("(a with b)", "a b", false)]
#[case("(a with b)", "a+b", true)]
#[case("(a without b)", "a b", true)]
#[case("(a without b)", "a+b", false)]
#[case("((a or c) with b)", "c+b", true)]
fn evaluates(#[case] text: &str, #[case] packages: &str, #[case] want: bool) {
    let packages: Vec<Vec<&str>> = packages.split(' ').map(|package| package.split('+').collect()).collect();
    let mut providers = |dep: &Reldep| {
        let meets = |(_, provides): &(u64, &Vec<&str>)| provides.contains(&dep.name.as_str());
        (0..).zip(&packages).filter(meets).map(|(number, _)| number).collect()
    };
    assert_eq!(RichDep::parse(text).expect("parses").holds(&mut providers), want);
}

fn word() -> impl Strategy<Value = RichDep> {
    let evr = prop_oneof![Just(None), "[0-9]{1,2}(-[0-9])?".prop_map(Some)];
    ("[a-c]{1,2}", evr).prop_map(|(name, evr)| {
        let sense = if evr.is_some() { Sense::GREATER | Sense::EQUAL } else { Sense::ANY };
        RichDep::Simple(Reldep { name, sense, evr: evr.unwrap_or_default() })
    })
}

fn tree() -> impl Strategy<Value = RichDep> {
    let rich = |inner: BoxedStrategy<RichDep>| {
        let many = proptest::collection::vec(inner.clone(), 2..4);
        let conditional = (inner.clone(), inner.clone(), proptest::option::of(inner.clone()))
            .prop_map(|(then, condition, otherwise)| Box::new(Conditional { then, condition, otherwise }));
        prop_oneof![
            inner.clone().prop_map(|one| RichDep::Single(Box::new(one))),
            many.clone().prop_map(RichDep::And),
            many.clone().prop_map(RichDep::Or),
            many.prop_map(RichDep::With),
            (inner.clone(), inner).prop_map(|(one, two)| RichDep::Without(Box::new(one), Box::new(two))),
            conditional.clone().prop_map(RichDep::If),
            conditional.prop_map(RichDep::Unless),
        ]
    };
    let inner = word().prop_recursive(3, 24, 3, move |inner| rich(inner.boxed()));
    rich(inner.boxed())
}

proptest! {
    #[test]
    fn round_trips(dep in tree()) {
        prop_assert_eq!(RichDep::parse(&dep.to_string()), Ok(dep));
    }

    #[test]
    fn never_panics(text in "[(), a-c<>=]{0,40}|.{0,20}") {
        if let Ok(dep) = RichDep::parse(&text) {
            let written = dep.to_string();
            prop_assert_eq!(RichDep::parse(&written).expect("what was written parses").to_string(), written);
            let _ = (dep.names(), dep.check(RichClass::Requires), dep.simple());
        }
    }
}
