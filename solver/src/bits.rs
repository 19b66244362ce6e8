//! A set of small numbers.

/// Numbers below a bound that is known beforehand.
#[derive(Debug, Clone)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    /// Makes an empty set for numbers below `bound`. Memory that is never touched is never taken.
    pub(crate) fn new(bound: usize) -> Self {
        Bits(vec![0; bound.div_ceil(64)])
    }

    /// Adds a number; tells whether it is new. A number beyond the bound is never new.
    pub(crate) fn insert(&mut self, number: usize) -> bool {
        let Some(word) = self.0.get_mut(number / 64) else { return false };
        let bit = 1 << (number % 64);
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    /// Takes all numbers out.
    pub(crate) fn clear(&mut self) {
        self.0.fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::Bits;

    #[test]
    fn knows_what_is_new() {
        let mut bits = Bits::new(65);
        assert!(bits.insert(64) && !bits.insert(64) && bits.insert(0) && !bits.insert(1000));
        bits.clear();
        assert!(bits.insert(64));
    }
}
