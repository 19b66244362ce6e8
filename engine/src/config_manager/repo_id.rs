//! Ids for repositories that were given a URL and nothing else.

/// Longer ids are cut in the middle.
const MAXIMUM_LENGTH: usize = 250;
/// How much of a long id is kept at both ends.
const KEPT: usize = 100;

/// Makes a repository id, which is also a file name, from a URL as dnf5 does.
///
/// The scheme, a user name or `www.` after it, and commas and dots at both ends are dropped. Runs of characters that
/// separate become one underscore; every other byte that an id must not have becomes `_` and its hexadecimal digits.
// witness: compat-tests/tests/config_manager.rs::ids_come_from_urls
pub(super) fn from_url(url: &str) -> String {
    let place = without_user(without_scheme(url));
    let place = place.trim_matches([',', '.']);
    let mut id = String::new();
    let mut separated = false;
    for byte in place.bytes() {
        let separates = b"?/:&#|~*[]()'\\".contains(&byte);
        match byte {
            _ if separates && separated => {}
            _ if separates => id.push('_'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => id.push(char::from(byte)),
            _ => id.push_str(&format!("_{byte:02X}")),
        }
        separated = separates;
    }
    if id.len() <= MAXIMUM_LENGTH {
        return id;
    }
    let (head, rest) = id.split_at(KEPT);
    let (middle, tail) = rest.split_at(rest.len() - KEPT);
    format!("{head}-{:08X}-{tail}", crc32(middle.as_bytes()))
}

fn without_scheme(url: &str) -> &str {
    match url.split_once(':') {
        Some((scheme, rest)) if is_word(scheme) => rest.trim_start_matches('/'),
        _ => url,
    }
}

/// Drops what stands before the first colon, or `www.`.
fn without_user(place: &str) -> &str {
    match place.split_once(':') {
        Some((user, rest)) if is_word(user) => rest,
        _ => place.strip_prefix("www.").unwrap_or(place),
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The checksum of gzip and zlib.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ if sum & 1 == 1 { 0xEDB8_8320 } else { 0 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    // witness: the real dnf5 5.4.6, `config-manager addrepo --set=baseurl=URL`
    #[rstest]
    #[case("http://example.com/repo/x", "example.com_repo_x")]
    #[case("https://ex/metalink?repo=f-42&arch=x", "ex_metalink_repo_3Df-42_arch_3Dx")]
    #[case("https://www.ex.org/ml?repo=f,.", "ex.org_ml_repo_3Df")]
    #[case("file:///a/$releasever/$basearch", "a__24releasever__24basearch")]
    #[case("http://m//a///b?c?d/", "m_a_b_c_d_")]
    #[case("http://user:pw@host:80/path", "pw_40host_80_path")]
    fn ids_of_urls(#[case] url: &str, #[case] want: &str) {
        assert_eq!(from_url(url), want);
    }

    // witness: the real dnf5 5.4.6 with the same URL
    #[test]
    fn long_ids_are_cut() {
        let id = from_url(&format!("http://x.org/{}", "a".repeat(300)));
        assert_eq!(id, format!("x.org_{}-C3F8161B-{}", "a".repeat(94), "a".repeat(100)));
    }

    #[test]
    fn checksum() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }
}
