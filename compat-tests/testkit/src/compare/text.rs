//! Output of the programs, after these normalisations, and no others:
//!
//! 1. In progress lines (`… 100% | speed | size | time`) speed and time are masked; the size too in lines about rpm
//!    elements, where dnf5 prints callback counts, not sizes.
//! 2. Consecutive progress lines of downloads and of repositories are sorted, with the `>>> ` lines below each, and
//!    lose their number: files arrive in any order.
//!    So are consecutive lines of `automatic` about downloads.
//! 3. `warning: Could not canonicalize hostname` is dropped: it is about the machine of the tests.
//! 4. Times of the form `YYYY-MM-DD HH:MM:SS` and `YYYY-MM-DD HH:MM` become `TIME`.
//! 5. `temporary names of scriptlets` (`rpm-tmp.XXXXXX`) become `rpm-tmp.X`.
//! 6. `after N ms` and `with N bytes missing` in curl's words lose their numbers: the first is about the machine, and of
//!    broken transfers oxidnf continues more than librepo does. What stands in brackets behind `SSL` is dropped: it is
//!    by the library behind curl, GnuTLS or OpenSSL.
//! 7. The size in progress lines of repositories is masked, and how far a failed one came. Whenever a further file of a repository makes progress, dnf5
//!    may or may not count all bytes so far once more, depending on how its callbacks interleave: the same files over
//!    HTTP are now 3.1 KiB, now 4.2 KiB.
//! 8. Some complaints of libxml2 end with a line break that is of no use inside brackets; it is dropped.

/// Normalises one stream.
pub fn normalise(text: &str) -> String {
    let text = text.replace("(Document is empty\n)", "(Document is empty)");
    let mut lines = Vec::new();
    let mut downloads: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.starts_with("warning: Could not canonicalize hostname") {
            continue;
        }
        let line = mask_transfers(&mask_times(&mask_scriptlet_names(line)));
        match progress(&line) {
            Some(Progress::Download(line)) => downloads.push(line),
            None if is_report(&line) => downloads.push(line),
            None if line.starts_with(">>> ") && !downloads.is_empty() => {
                let below = downloads.last_mut().expect("it was just found not to be empty");
                below.push('\n');
                below.push_str(&line);
            }
            other => {
                downloads.sort();
                lines.append(&mut downloads);
                lines.push(match other {
                    Some(Progress::Other(line)) => line,
                    _ => line,
                });
            }
        }
    }
    downloads.sort();
    lines.append(&mut downloads);
    let mut joined = lines.join("\n");
    if !joined.is_empty() {
        joined.push('\n');
    }
    joined
}

/// Tells whether a line is one of `automatic` about a download.
fn is_report(line: &str) -> bool {
    ["  Downloaded: ", "  Already downloaded: ", "  Error downloading: "].iter().any(|start| line.starts_with(start))
}

enum Progress {
    Download(String),
    Other(String),
}

/// Tells the progress lines apart: `[n/N] NEVRA` is a download, `[n/N] Verb …` a step of rpm, anything else a
/// repository or the total.
fn progress(line: &str) -> Option<Progress> {
    let columns: Vec<&str> = line.split('|').collect();
    let [head, _speed, size, _time] = columns.as_slice() else { return None };
    let head = head.trim_end();
    let percent = head.rsplit(' ').next().and_then(|word| word.strip_suffix('%'))?;
    if percent != "???" && percent.parse::<u8>().is_err() {
        return None;
    }
    let Some((number, rest)) = head.strip_prefix('[').and_then(|rest| rest.split_once("] ")) else {
        if is_package(head) {
            return Some(Progress::Download(format!("{head} | {}", size.trim())));
        }
        let head = match percent {
            "100" | "???" => head.to_owned(),
            _ => format!("{}N%", head.trim_end_matches('%').trim_end_matches(percent).trim_end()),
        };
        return Some(Progress::Download(format!("{head} | SIZE")));
    };
    const STEPS: &[&str] =
        &["Verify ", "Prepare ", "Installing ", "Upgrading ", "Downgrading ", "Reinstalling ", "Removing ", "Running "];
    if STEPS.iter().any(|step| rest.starts_with(step)) {
        Some(Progress::Other(format!("[{number}] {rest}")))
    } else if rest.starts_with("Total") {
        Some(Progress::Other(format!("[{number}] {rest} | {}", size.trim())))
    } else {
        Some(Progress::Download(format!("[n] {rest} | {}", size.trim())))
    }
}

/// Tells whether a line without number is about a package, as `download` has them, and not about a repository.
fn is_package(head: &str) -> bool {
    let mut words = head.split_whitespace();
    let (Some(nevra), Some(_percent), None) = (words.next(), words.next(), words.next()) else { return false };
    let is_arch = |arch: &str| ["noarch", "src", std::env::consts::ARCH].contains(&arch);
    nevra.rsplit_once('.').is_some_and(|(evr, arch)| evr.contains('-') && is_arch(arch))
}

/// Masks what curl says about time, amounts and TLS libraries.
fn mask_transfers(line: &str) -> String {
    let mut line = line.to_owned();
    for (before, after) in
        [(" after ", " ms: "), ("end of response with ", " bytes missing]"), (" after ", " milliseconds")]
    {
        let number = line.find(before).map(|at| at + before.len());
        let end = number.and_then(|start| line[start..].find(after).map(|end| start + end));
        if let (Some(start), Some(end)) = (number, end)
            && line[start..end].bytes().all(|byte| byte.is_ascii_digit())
        {
            line.replace_range(start..end, "N");
        }
    }
    if line.contains("SSL")
        && let (Some(start), Some(end)) = (line.find('['), line.rfind(']'))
    {
        line.replace_range(start..=end, "[TLS]");
    }
    line
}

fn mask_scriptlet_names(line: &str) -> String {
    const MARK: &str = "rpm-tmp.";
    let Some(start) = line.find(MARK) else { return line.to_owned() };
    let tail = &line[start + MARK.len()..];
    let end = tail.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tail.len());
    format!("{}{MARK}X{}", &line[..start], &tail[end..])
}

pub(super) fn mask_times(line: &str) -> String {
    const SHAPE: &[u8] = b"dddd-dd-dd dd:dd";
    let bytes = line.as_bytes();
    let fits = |at: usize| {
        SHAPE.iter().enumerate().all(|(i, want)| match (bytes.get(at + i), want) {
            (Some(byte), b'd') => byte.is_ascii_digit(),
            (Some(byte), want) => byte == want,
            (None, _) => false,
        })
    };
    let Some(start) = (0..bytes.len()).find(|at| fits(*at)) else { return line.to_owned() };
    let mut end = start + SHAPE.len();
    if bytes.get(end) == Some(&b':') && bytes.get(end + 1..end + 3).is_some_and(|s| s.iter().all(u8::is_ascii_digit)) {
        end += 3;
    }
    format!("{}TIME{}", &line[..start], mask_times(&line[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_lines() {
        let text = "\
 base repository                        100% | 482.9 KiB/s |   2.9 KiB |  00m00s
Repositories loaded.
 vim-2:9.1-3.noarch                     100% | 246.7 KiB/s |   5.9 KiB |  00m00s
 emacs-0:1-1.noarch                     100% |   0.0   B/s |   0.0   B |  00m00s
>>> Already downloaded
[1/1] Total                             100% |   0.0   B/s |   6.3 KiB |  00m00s
";
        let want = "\
 base repository                        100% | SIZE
Repositories loaded.
 emacs-0:1-1.noarch                     100% | 0.0   B
>>> Already downloaded
 vim-2:9.1-3.noarch                     100% | 5.9 KiB
[1/1] Total                             100% | 6.3 KiB
";
        assert_eq!(normalise(text), want);
    }
}
