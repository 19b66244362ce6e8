//! Names and passwords for servers: `~/.netrc`.

/// Returns name and password for a host from the text of the file.
///
/// The first `machine` of that name counts, else `default`. Words are separated by blanks, as everywhere in that file.
pub fn login_of(text: &str, host: &str) -> Option<(String, String)> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let mut words = lines.flat_map(str::split_whitespace);
    let mut wanted = false;
    let (mut name, mut password) = (None, None);
    while let Some(word) = words.next() {
        match word {
            "machine" | "default" if wanted && name.is_some() => break,
            "machine" => wanted = words.next() == Some(host),
            "default" => wanted = true,
            "login" if wanted => name = words.next(),
            "password" if wanted => password = words.next(),
            "login" | "password" | "account" => drop(words.next()),
            _ => {}
        }
    }
    Some((name?.to_owned(), password.unwrap_or_default().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_fits() {
        let text = "# machine b login no\nmachine a login one password x\nmachine b\n  login two\n  password y\n\
                    default login three password z\n";
        let login = |host: &str| login_of(text, host).map(|(name, password)| format!("{name}:{password}"));
        assert_eq!(login("a").as_deref(), Some("one:x"));
        assert_eq!(login("b").as_deref(), Some("two:y"));
        assert_eq!(login("c").as_deref(), Some("three:z"));
        assert_eq!(login_of("machine a login one", "b"), None);
    }
}
