//! Permissions as text: `rwxr-xr-x`, `755`, `u+w,g-x`.

/// Returns permissions as `ls` writes them.
pub(super) fn to_text(mode: u32) -> String {
    let mut text: Vec<char> = "rwxrwxrwx"
        .chars()
        .enumerate()
        .map(|(index, letter)| if mode & (0o400 >> index) != 0 { letter } else { '-' })
        .collect();
    for (bit, index) in [(0o4000, 2), (0o2000, 5)] {
        if mode & bit != 0 {
            text[index] = if text[index] == 'x' { 's' } else { 'S' };
        }
    }
    text.into_iter().collect()
}

/// Returns the permissions that a text makes of those that are there.
pub(super) fn parse(text: &str, before: u32) -> Option<u32> {
    if text.starts_with(|letter: char| letter.is_ascii_digit()) {
        return u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o7777);
    }
    if text.len() == 9 && !text.contains(['+', '=', ',']) {
        return parse_picture(text);
    }
    text.split(',').try_fold(before, parse_change)
}

fn parse_picture(text: &str) -> Option<u32> {
    let mut mode = 0;
    for (index, (letter, wanted)) in text.chars().zip("rwxrwxrwx".chars()).enumerate() {
        let bit = 0o400 >> index;
        let special = match index {
            2 => 0o4000,
            5 => 0o2000,
            _ => 0,
        };
        match letter {
            '-' => {}
            letter if letter == wanted => mode |= bit,
            's' if special != 0 => mode |= bit | special,
            'S' if special != 0 => mode |= special,
            // rpm takes the sticky bit's letter for that of execution.
            't' if index == 8 => mode |= bit,
            _ => return None,
        }
    }
    Some(mode)
}

/// Applies one clause such as `u+w` or `go=rx`.
fn parse_change(mode: u32, clause: &str) -> Option<u32> {
    let at = clause.find(['+', '-', '='])?;
    let (who, change) = clause.split_at(at);
    let (operator, permissions) = change.split_at(1);
    let mut affected = 0;
    for letter in who.chars() {
        affected |= match letter {
            'u' => 0o4700,
            'g' => 0o2070,
            'o' => 0o0007,
            'a' => 0o6777,
            _ => return None,
        };
    }
    if affected == 0 {
        affected = 0o6777;
    }
    let mut bits = 0;
    for letter in permissions.chars() {
        bits |= match letter {
            'r' => 0o444,
            'w' => 0o222,
            'x' => 0o111,
            's' => 0o6000,
            _ => return None,
        };
    }
    Some(match operator {
        "+" => mode | (bits & affected),
        "-" => mode & !(bits & affected),
        _ => (mode & !affected) | (bits & affected),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    // witness: the same calls of posix.chmod in compat-tests/tests/lua.rs.
    #[rstest]
    #[case("700", 0o755, Some(0o700))]
    #[case("555", 0, Some(0o555))]
    #[case("u+w,g-x", 0o555, Some(0o745))]
    #[case("a=r", 0o777, Some(0o444))]
    #[case("rwxr-x--t", 0, Some(0o751))]
    #[case("rwsr-xr-x", 0, Some(0o4755))]
    #[case("zz", 0, None)]
    #[case("888", 0, None)]
    #[case("u+", 0o644, Some(0o644))]
    fn parses(#[case] text: &str, #[case] before: u32, #[case] expected: Option<u32>) {
        assert_eq!(parse(text, before), expected);
    }

    #[rstest]
    #[case(0o755, "rwxr-xr-x")]
    #[case(0o4711, "rws--x--x")]
    #[case(0o2640, "rw-r-S---")]
    fn writes(#[case] mode: u32, #[case] expected: &str) {
        assert_eq!(to_text(mode), expected);
    }
}
