//! Computed tags with one element for each trigger script.

use super::bits;
use super::column::Column;
use crate::header::scriptlets::TriggerTags;
use crate::header::{Header, HeaderDep, TriggerFamily};
use crate::reldep::Sense;

/// Returns what sets each script off: `foo >= 1, bar`.
pub(super) fn conditions(header: &Header, family: TriggerFamily) -> Option<Column> {
    let tags = TriggerTags::of(family);
    header.get(tags.names)?;
    texts(header, &tags, |conditions| {
        let text = |dep: &HeaderDep<'_>| {
            let signs = bits::comparison(dep.sense.0.into());
            let versioned = [dep.name, b" ", signs.as_bytes(), b" ", dep.evr].concat();
            if signs.is_empty() { dep.name.to_vec() } else { versioned }
        };
        conditions.iter().map(text).collect::<Vec<_>>().join(&b", "[..])
    })
}

/// Returns when each script runs: `in`, `un`, `postun`, `prein`.
pub(super) fn types(header: &Header, family: TriggerFamily) -> Option<Column> {
    let tags = TriggerTags::of(family);
    header.get(tags.indexes)?;
    texts(header, &tags, |conditions| {
        let sense = conditions.first().map_or(0, |dep| dep.sense.0);
        bits::trigger_type(sense.into()).as_bytes().to_vec()
    })
}

/// Makes a text for each script from its conditions.
fn texts(header: &Header, tags: &TriggerTags, text: impl Fn(&[HeaderDep<'_>]) -> Vec<u8>) -> Option<Column> {
    let (mut versions, mut senses) = (header.strings(tags.versions), header.numbers(tags.senses));
    let mut scripts = vec![Vec::new(); header.strings(tags.scripts).len()];
    for (name, script) in header.strings(tags.names).zip(header.numbers(tags.indexes)) {
        let dep = HeaderDep {
            name,
            sense: Sense(senses.next().unwrap_or(0) as u32),
            evr: versions.next().unwrap_or_default(),
            index: script as usize,
        };
        if let Some(conditions) = scripts.get_mut(script as usize) {
            conditions.push(dep);
        }
    }
    Column::array(scripts.iter().map(|conditions| text(conditions)).collect())
}
