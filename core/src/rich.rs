//! Rich (boolean) dependencies: `(a if b else c)`.
//!
//! Grammar and restrictions are rpm's (reference of rpm, section 6.6). The evaluation is a truth value over the
//! packages of a system, as rpm's transaction check uses it; a solver has its own rules.

use std::collections::BTreeSet;
use std::fmt;

use crate::reldep::{Reldep, Sense};

/// How deep parentheses may nest; more is taken for an attack on the stack.
const MAX_DEPTH: u32 = 64;

/// A parsed rich dependency.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RichDep {
    /// An ordinary dependency.
    Simple(Reldep),
    /// One operand in parentheses of its own.
    Single(Box<RichDep>),
    /// `a and b and …`
    And(Vec<RichDep>),
    /// `a or b or …`
    Or(Vec<RichDep>),
    /// `a with b with …`: one package that meets all.
    With(Vec<RichDep>),
    /// `a without b`: a package that meets the first and not the second.
    Without(Box<RichDep>, Box<RichDep>),
    /// `a if b [else c]`
    If(Box<Conditional>),
    /// `a unless b [else c]`
    Unless(Box<Conditional>),
}

/// The operands of `if` and `unless`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Conditional {
    /// What is wanted.
    pub then: RichDep,
    /// What decides.
    pub condition: RichDep,
    /// What is wanted otherwise.
    pub otherwise: Option<RichDep>,
}

/// A name in a rich dependency.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RichName<'a> {
    /// Whether its presence works against the dependency, which rpm's index marks with `!`.
    pub negative: bool,
    /// The name.
    pub name: &'a str,
}

/// Where a rich dependency stands; rpm forbids some operators, because a solver cannot turn them into rules there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RichClass {
    /// Requires, Recommends, Suggests: no `unless` at the top.
    Requires,
    /// Conflicts, Supplements, Enhances: no `if` at the top.
    Conflicts,
}

/// A text is no rich dependency, or one that rpm forbids.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum RichError {
    #[error("rich dependency does not start with '('")]
    NoParenthesis,
    #[error("unterminated rich dependency: {0}")]
    Unterminated(String),
    #[error("empty rich dependency")]
    Empty,
    #[error("unknown rich dependency op '{0}'")]
    UnknownOperator(String),
    #[error("missing argument to rich dependency op")]
    MissingArgument,
    #[error("version required")]
    MissingVersion,
    #[error("cannot chain different ops")]
    MixedOperators,
    #[error("can only chain and/or/with ops")]
    Chained,
    #[error("illegal ops in with/without")]
    IllegalInWith,
    #[error("illegal context for 'if', please use 'and' instead")]
    IfUnderOr,
    #[error("illegal context for 'unless', please use 'or' instead")]
    UnlessUnderAnd,
    #[error("junk after rich dependency: {0}")]
    Junk(String),
    #[error("rich dependency is nested too deep")]
    TooDeep,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    And,
    Or,
    With,
    Without,
    If,
    Unless,
    Else,
}

impl RichDep {
    /// Parses a whole text, parentheses included.
    pub fn parse(text: &str) -> Result<Self, RichError> {
        let mut parser = Parser { text, rest: text.trim_start(), depth: 0 };
        let dep = parser.rich()?;
        let junk = parser.rest.trim();
        if junk.is_empty() { Ok(dep) } else { Err(RichError::Junk(junk.to_owned())) }
    }

    /// Parses as rpm itself does for its index and its check before a run: what `with` and `without` compare must be
    /// sets of packages.
    pub fn parse_as_rpm(text: &str) -> Result<Self, RichError> {
        let dep = Self::parse(text)?;
        dep.check_sets()?;
        Ok(dep)
    }

    fn check_sets(&self) -> Result<(), RichError> {
        match self {
            RichDep::Simple(_) => Ok(()),
            RichDep::With(_) | RichDep::Without(..) => self.check_in_with(),
            RichDep::Single(inner) => inner.check_sets(),
            RichDep::And(parts) | RichDep::Or(parts) => parts.iter().try_for_each(RichDep::check_sets),
            RichDep::If(parts) | RichDep::Unless(parts) => {
                let operands = [&parts.then, &parts.condition].into_iter().chain(&parts.otherwise);
                operands.into_iter().try_for_each(RichDep::check_sets)
            }
        }
    }

    /// Checks that rpm allows the operators where they stand.
    pub fn check(&self, class: RichClass) -> Result<(), RichError> {
        self.check_context(Some(class))
    }

    fn check_context(&self, context: Option<RichClass>) -> Result<(), RichError> {
        match self {
            RichDep::Simple(_) => Ok(()),
            RichDep::Single(inner) => inner.check_context(context),
            RichDep::And(parts) => parts.iter().try_for_each(|part| part.check_context(Some(RichClass::Requires))),
            RichDep::Or(parts) => parts.iter().try_for_each(|part| part.check_context(Some(RichClass::Conflicts))),
            RichDep::With(parts) => parts.iter().try_for_each(RichDep::check_in_with),
            RichDep::Without(one, two) => one.check_in_with().and_then(|()| two.check_in_with()),
            RichDep::If(_) if context == Some(RichClass::Conflicts) => Err(RichError::IfUnderOr),
            RichDep::Unless(_) if context == Some(RichClass::Requires) => Err(RichError::UnlessUnderAnd),
            RichDep::If(parts) => parts.check(RichClass::Requires),
            RichDep::Unless(parts) => parts.check(RichClass::Conflicts),
        }
    }

    fn check_in_with(&self) -> Result<(), RichError> {
        match self {
            RichDep::Simple(_) => Ok(()),
            RichDep::Single(inner) => inner.check_in_with(),
            RichDep::Or(parts) | RichDep::With(parts) => parts.iter().try_for_each(RichDep::check_in_with),
            RichDep::Without(one, two) => one.check_in_with().and_then(|()| two.check_in_with()),
            _ => Err(RichError::IllegalInWith),
        }
    }

    /// Returns the distinct names as rpm's database indexes them: positive ones first, each group sorted,
    /// `rpmlib()` left out.
    ///
    /// What `if` or `unless` asks about is negative, what it asks about negatively is positive again; with `else`,
    /// the names of the condition are there with both signs.
    pub fn names(&self) -> BTreeSet<RichName<'_>> {
        let mut names = BTreeSet::new();
        self.collect_names(false, &mut names);
        names
    }

    fn collect_names<'a>(&'a self, negative: bool, names: &mut BTreeSet<RichName<'a>>) {
        match self {
            RichDep::Simple(dep) if dep.name.starts_with("rpmlib(") => {}
            RichDep::Simple(dep) => {
                names.insert(RichName { negative, name: &dep.name });
            }
            RichDep::Single(inner) => inner.collect_names(negative, names),
            RichDep::And(parts) | RichDep::Or(parts) | RichDep::With(parts) => {
                for part in parts {
                    part.collect_names(negative, names);
                }
            }
            RichDep::Without(one, two) => {
                one.collect_names(negative, names);
                two.collect_names(negative, names);
            }
            RichDep::If(parts) | RichDep::Unless(parts) => {
                parts.then.collect_names(negative, names);
                parts.condition.collect_names(!negative, names);
                if let Some(otherwise) = &parts.otherwise {
                    parts.condition.collect_names(negative, names);
                    otherwise.collect_names(negative, names);
                }
            }
        }
    }

    /// Returns the ordinary dependencies inside, in the order of writing.
    pub fn simple(&self) -> Vec<&Reldep> {
        match self {
            RichDep::Simple(dep) => vec![dep],
            RichDep::Single(inner) => inner.simple(),
            RichDep::And(parts) | RichDep::Or(parts) | RichDep::With(parts) => {
                parts.iter().flat_map(RichDep::simple).collect()
            }
            RichDep::Without(one, two) => [one, two].into_iter().flat_map(|part| part.simple()).collect(),
            RichDep::If(parts) | RichDep::Unless(parts) => {
                let operands = [&parts.then, &parts.condition].into_iter().chain(&parts.otherwise);
                operands.flat_map(RichDep::simple).collect()
            }
        }
    }

    /// Tells whether the dependency holds; `providers` returns the packages that meet an ordinary dependency, as any
    /// numbers that tell packages apart (`with` and `without` compare them).
    pub fn holds(&self, providers: &mut dyn FnMut(&Reldep) -> BTreeSet<u64>) -> bool {
        match self {
            RichDep::Simple(_) | RichDep::With(_) | RichDep::Without(..) => !self.packages(providers).is_empty(),
            RichDep::Single(inner) => inner.holds(providers),
            RichDep::And(parts) => parts.iter().all(|part| part.holds(providers)),
            RichDep::Or(parts) => parts.iter().any(|part| part.holds(providers)),
            RichDep::If(parts) => {
                if parts.condition.holds(providers) {
                    parts.then.holds(providers)
                } else {
                    // `a if b` is `a or not b`.
                    parts.otherwise.as_ref().is_none_or(|otherwise| otherwise.holds(providers))
                }
            }
            RichDep::Unless(parts) => {
                if parts.condition.holds(providers) {
                    parts.otherwise.as_ref().is_some_and(|otherwise| otherwise.holds(providers))
                } else {
                    parts.then.holds(providers)
                }
            }
        }
    }

    fn packages(&self, providers: &mut dyn FnMut(&Reldep) -> BTreeSet<u64>) -> BTreeSet<u64> {
        match self {
            RichDep::Simple(dep) => providers(dep),
            RichDep::Single(inner) => inner.packages(providers),
            RichDep::Or(parts) => parts.iter().flat_map(|part| part.packages(providers)).collect(),
            RichDep::With(parts) => {
                let sets = parts.iter().map(|part| part.packages(providers)).collect::<Vec<_>>();
                sets.into_iter().reduce(|one, two| &one & &two).unwrap_or_default()
            }
            RichDep::Without(one, two) => &one.packages(providers) - &two.packages(providers),
            // Not allowed inside `with` (see `check`): no package meets it.
            RichDep::And(_) | RichDep::If(_) | RichDep::Unless(_) => BTreeSet::new(),
        }
    }
}

impl Conditional {
    fn check(&self, class: RichClass) -> Result<(), RichError> {
        self.then.check_context(Some(class))?;
        // rpm lets the condition start anew.
        self.condition.check_context(None)?;
        self.otherwise.as_ref().map_or(Ok(()), |otherwise| otherwise.check_context(Some(class)))
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, word: &str) -> fmt::Result {
        write!(f, "({} {word} {}", self.then, self.condition)?;
        if let Some(otherwise) = &self.otherwise {
            write!(f, " else {otherwise}")?;
        }
        f.write_str(")")
    }
}

/// Writes as rpm does: one blank between words, operators in their usual spelling.
impl fmt::Display for RichDep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut chain = |parts: &[RichDep], word: &str| {
            for (index, part) in parts.iter().enumerate() {
                if index == 0 { write!(f, "({part}")? } else { write!(f, " {word} {part}")? }
            }
            f.write_str(")")
        };
        match self {
            RichDep::Simple(dep) => dep.fmt(f),
            RichDep::Single(inner) => write!(f, "({inner})"),
            RichDep::And(parts) => chain(parts, "and"),
            RichDep::Or(parts) => chain(parts, "or"),
            RichDep::With(parts) => chain(parts, "with"),
            RichDep::Without(one, two) => write!(f, "({one} without {two})"),
            RichDep::If(parts) => parts.write(f, "if"),
            RichDep::Unless(parts) => parts.write(f, "unless"),
        }
    }
}

/// rpm separates words with white space and commas.
fn is_separator(c: char) -> bool {
    c.is_ascii_whitespace() || c == ','
}

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
    depth: u32,
}

impl<'a> Parser<'a> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches(is_separator);
    }

    fn rich(&mut self) -> Result<RichDep, RichError> {
        self.rest = self.rest.strip_prefix('(').ok_or(RichError::NoParenthesis)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(RichError::TooDeep);
        }
        self.skip_blanks();
        if self.rest.starts_with(')') {
            return Err(RichError::Empty);
        }
        let mut operands = vec![self.operand()?];
        let mut operators = Vec::new();
        loop {
            self.skip_blanks();
            if let Some(rest) = self.rest.strip_prefix(')') {
                self.rest = rest;
                self.depth -= 1;
                return build(operators, operands);
            }
            let operator = self.operator()?;
            if let Some(last) = operators.last() {
                chainable(*last, operator, operators.len())?;
            }
            operators.push(operator);
            self.skip_blanks();
            if self.rest.starts_with(')') {
                return Err(RichError::MissingArgument);
            }
            operands.push(self.operand()?);
        }
    }

    fn operator(&mut self) -> Result<Operator, RichError> {
        let end = self.rest.find(|c| is_separator(c) || c == ')').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        if word.is_empty() {
            return Err(self.unterminated());
        }
        self.rest = rest;
        Ok(match word {
            "and" => Operator::And,
            "or" => Operator::Or,
            "with" => Operator::With,
            "without" => Operator::Without,
            "if" => Operator::If,
            "unless" => Operator::Unless,
            "else" => Operator::Else,
            _ => return Err(RichError::UnknownOperator(word.to_owned())),
        })
    }

    fn operand(&mut self) -> Result<RichDep, RichError> {
        if self.rest.starts_with('(') {
            return self.rich();
        }
        let name = self.word()?;
        let mut dep = Reldep { name: name.to_owned(), ..Reldep::default() };
        let before = self.rest;
        self.skip_blanks();
        let end = self.rest.find(|c| is_separator(c) || c == ')').unwrap_or(self.rest.len());
        let Some(sense) = comparison(&self.rest[..end]) else {
            self.rest = before;
            return Ok(RichDep::Simple(dep));
        };
        self.rest = &self.rest[end..];
        self.skip_blanks();
        if self.rest.starts_with(')') {
            return Err(RichError::MissingVersion);
        }
        dep.sense = sense;
        self.word()?.clone_into(&mut dep.evr);
        Ok(RichDep::Simple(dep))
    }

    /// Takes a word; parentheses opened inside it belong to it.
    fn word(&mut self) -> Result<&'a str, RichError> {
        let mut open = 0_u32;
        let end = self.rest.find(|c| match c {
            '(' => {
                open += 1;
                false
            }
            ')' if open > 0 => {
                open -= 1;
                false
            }
            ')' => true,
            _ => is_separator(c),
        });
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        if word.is_empty() { Err(self.unterminated()) } else { Ok(word) }
    }

    fn unterminated(&self) -> RichError {
        RichError::Unterminated(self.text.to_owned())
    }
}

fn comparison(word: &str) -> Option<Sense> {
    Some(match word {
        "<" => Sense::LESS,
        "<=" | "=<" => Sense::LESS | Sense::EQUAL,
        "=" | "==" => Sense::EQUAL,
        ">=" | "=>" => Sense::GREATER | Sense::EQUAL,
        ">" => Sense::GREATER,
        _ => return None,
    })
}

fn chainable(last: Operator, next: Operator, count: usize) -> Result<(), RichError> {
    match (last, next) {
        (Operator::If | Operator::Unless, Operator::Else) if count == 1 => Ok(()),
        _ if last != next && last != Operator::Else => Err(RichError::MixedOperators),
        (Operator::And | Operator::Or | Operator::With, _) => Ok(()),
        _ => Err(RichError::Chained),
    }
}

fn build(operators: Vec<Operator>, operands: Vec<RichDep>) -> Result<RichDep, RichError> {
    let Some(operator) = operators.first().copied() else {
        return operands.into_iter().next().map(|one| RichDep::Single(Box::new(one))).ok_or(RichError::Empty);
    };
    if matches!(operator, Operator::And | Operator::Or | Operator::With) {
        return Ok(match operator {
            Operator::And => RichDep::And(operands),
            Operator::Or => RichDep::Or(operands),
            _ => RichDep::With(operands),
        });
    }
    let mut operands = operands.into_iter();
    let (Some(then), Some(condition)) = (operands.next(), operands.next()) else {
        return Err(RichError::MissingArgument);
    };
    let otherwise = operands.next();
    match operator {
        Operator::Without => Ok(RichDep::Without(Box::new(then), Box::new(condition))),
        Operator::If => Ok(RichDep::If(Box::new(Conditional { then, condition, otherwise }))),
        Operator::Unless => Ok(RichDep::Unless(Box::new(Conditional { then, condition, otherwise }))),
        // rpm lets a lone `else` pass and gives it no meaning.
        _ => Err(RichError::UnknownOperator("else".to_owned())),
    }
}

#[cfg(test)]
#[path = "rich_tests.rs"]
mod tests;
