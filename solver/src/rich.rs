//! Dependencies from texts into the pool.

use oxidnf_core::reldep::{ReldepRef, Sense};

use crate::sys::{Comparison, Connective, DepId, Pool};

/// A rich dependency taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rich<'a> {
    /// A plain dependency inside.
    Plain(ReldepRef<'a>),
    /// Two sides.
    Joined(Box<Rich<'a>>, Connective, Box<Rich<'a>>),
}

impl<'a> Rich<'a> {
    /// Parses `(a and b)` and the like; `None` when libsolv would not take the text for a rich dependency, which it
    /// then ignores altogether.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut rest = text;
        let parsed = Self::group(&mut rest, None, 0)?;
        rest.is_empty().then_some(parsed)
    }

    /// Parses after an opening parenthesis, or after a connective of a chain, up to the closing parenthesis.
    fn group(rest: &mut &'a str, chain: Option<Connective>, depth: usize) -> Option<Self> {
        // Outside data must not exhaust the stack; rpm's own limit is far lower.
        const DEEPEST: usize = 128;
        if depth > DEEPEST {
            return None;
        }
        if chain.is_none() {
            *rest = rest.strip_prefix('(')?;
        }
        *rest = rest.trim_start_matches(' ');
        let left = match rest.chars().next()? {
            ')' => return None,
            '(' => Self::group(rest, None, depth + 1)?,
            _ => Rich::Plain(plain(rest)?),
        };
        *rest = rest.trim_start_matches(' ');
        if let Some(after) = rest.strip_prefix(')') {
            *rest = after;
            return Some(left);
        }
        let end = rest.find(' ').unwrap_or(rest.len());
        let connective = connective(&rest[..end])?;
        *rest = &rest[end..];
        let may_end_with_else = matches!(chain, Some(Connective::If | Connective::Unless));
        let chain = chain.filter(|_| !(may_end_with_else && connective == Connective::Else));
        if chain.is_some_and(|chain| chain != connective) {
            return None;
        }
        let right = Self::group(rest, Some(connective), depth + 1)?;
        Some(Rich::Joined(Box::new(left), connective, Box::new(right)))
    }

    /// Calls `each` with every plain dependency inside.
    pub(crate) fn for_each(&self, each: &mut impl FnMut(ReldepRef<'a>)) {
        match self {
            Rich::Plain(dep) => each(*dep),
            Rich::Joined(left, _, right) => {
                left.for_each(each);
                right.for_each(each);
            }
        }
    }

    fn intern(&self, pool: &mut Pool) -> DepId {
        match self {
            Rich::Plain(dep) => intern_plain(pool, dep),
            Rich::Joined(left, connective, right) => {
                let (left, right) = (left.intern(pool), right.intern(pool));
                pool.join(left, *connective, right)
            }
        }
    }
}

fn connective(word: &str) -> Option<Connective> {
    Some(match word {
        "and" => Connective::And,
        "or" => Connective::Or,
        "if" => Connective::If,
        "unless" => Connective::Unless,
        "else" => Connective::Else,
        "with" => Connective::With,
        "without" => Connective::Without,
        _ => return None,
    })
}

fn plain<'a>(rest: &mut &'a str) -> Option<ReldepRef<'a>> {
    let name = word(rest)?;
    *rest = rest.trim_start_matches(' ');
    let operator = rest.find(|c| !matches!(c, '<' | '=' | '>')).unwrap_or(rest.len());
    let (operator, after) = rest.split_at(operator);
    if operator.is_empty() {
        return Some(ReldepRef { name, sense: Sense::ANY, evr: "" });
    }
    let sense = operator.bytes().fold(Sense::ANY, |sense, byte| {
        sense
            | match byte {
                b'<' => Sense::LESS,
                b'=' => Sense::EQUAL,
                _ => Sense::GREATER,
            }
    });
    *rest = after.trim_start_matches(' ');
    Some(ReldepRef { name, sense, evr: word(rest)? })
}

/// Takes what comes before a blank, a comma or a parenthesis that closes more than the word opened.
fn word<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let mut open = 0;
    let end = rest
        .find(|c| match c {
            ' ' | ',' => true,
            '(' => {
                open += 1;
                false
            }
            ')' => {
                open -= 1;
                open < 0
            }
            _ => false,
        })
        .unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    *rest = after;
    (!word.is_empty()).then_some(word)
}

/// Calls `each` with every plain dependency of `dep`: itself, or the parts of a rich one.
pub(crate) fn for_each_plain<'a>(dep: ReldepRef<'a>, mut each: impl FnMut(ReldepRef<'a>)) {
    if !dep.is_rich() {
        each(dep);
    } else if let Some(rich) = Rich::parse(dep.name) {
        rich.for_each(&mut each);
    }
}

/// Tells whether a rich dependency asks for one of several and nothing more, so that each of them meets it, whether or
/// not the others exist.
pub(crate) fn is_choice(text: &str) -> bool {
    fn any_of(rich: &Rich<'_>) -> bool {
        match rich {
            Rich::Plain(_) => true,
            Rich::Joined(left, connective, right) => *connective == Connective::Or && any_of(left) && any_of(right),
        }
    }
    Rich::parse(text).is_some_and(|rich| any_of(&rich))
}

/// Brings a dependency into the pool; `None` for a rich one that cannot be parsed.
pub(crate) fn intern(pool: &mut Pool, dep: &ReldepRef<'_>) -> Option<DepId> {
    if dep.is_rich() && dep.sense.comparison() == Sense::ANY {
        return Some(Rich::parse(dep.name)?.intern(pool));
    }
    Some(intern_plain(pool, dep))
}

fn intern_plain(pool: &mut Pool, dep: &ReldepRef<'_>) -> DepId {
    let name = pool.intern(dep.name);
    if dep.sense.comparison() == Sense::ANY {
        return name.into();
    }
    let comparison = Comparison {
        less: dep.sense.any(Sense::LESS),
        equal: dep.sense.any(Sense::EQUAL),
        greater: dep.sense.any(Sense::GREATER),
    };
    let evr = pool.intern(without_zero_epoch(dep.evr));
    pool.versioned(name, comparison, evr)
}

/// libsolv's loaders drop an epoch of 0 from dependencies, so that texts come out alike.
fn without_zero_epoch(evr: &str) -> &str {
    evr.strip_prefix("0:").filter(|rest| !rest.is_empty()).unwrap_or(evr)
}
