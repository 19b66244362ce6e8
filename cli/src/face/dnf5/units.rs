//! Sizes and times as dnf5 writes them.

use std::time::Duration;

const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// Splits a number of bytes into a value that is not above 999 and its unit.
pub(crate) fn scale(bytes: f64) -> (f64, &'static str) {
    let mut value = bytes;
    let mut unit = 0;
    while value.abs() > 999.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    (value, UNITS[unit])
}

/// Nine columns with one decimal: ` 48.8 KiB`, `100.0   B`.
pub(crate) fn size_aligned(bytes: f64) -> String {
    let (value, unit) = scale(bytes);
    format!("{value:5.1} {unit:>3}")
}

/// One decimal without padding on the left, as in `info`: `48.8 KiB`, `100.0   B`.
pub(crate) fn size(bytes: u64) -> String {
    let (value, unit) = scale(bytes as f64);
    format!("{value:.1} {unit:>3}")
}

/// No decimals: `34 B`, `26 KiB`.
pub(crate) fn size_rounded(bytes: i64) -> String {
    let (value, unit) = scale(bytes as f64);
    format!("{value:.0} {unit}")
}

/// Minutes and seconds, or hours and minutes past an hour: `00m07s`, `01h10m`.
pub(crate) fn time(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 3600 {
        format!("{:02}m{:02}s", seconds / 60, seconds % 60)
    } else if seconds < 360_000 {
        format!("{:02}h{:02}m", seconds / 3600, seconds / 60 % 60)
    } else {
        format!("{:02}d{:02}h", seconds / 86_400, seconds / 3600 % 24)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(100.0, "100.0   B")]
    #[case(49_972.0, " 48.8 KiB")]
    #[case(999.0, "999.0   B")]
    #[case(1000.0, "  1.0 KiB")]
    #[case(2_000_000.0, "  1.9 MiB")]
    fn aligns(#[case] bytes: f64, #[case] want: &str) {
        assert_eq!(size_aligned(bytes), want);
    }

    #[test]
    fn rounds() {
        assert_eq!(size_rounded(34_300), "33 KiB");
        assert_eq!(size_rounded(34), "34 B");
        assert_eq!(size(6_860), "6.7 KiB");
        assert_eq!(time(Duration::from_secs(67)), "01m07s");
        assert_eq!(time(Duration::from_secs(4200)), "01h10m");
    }
}
