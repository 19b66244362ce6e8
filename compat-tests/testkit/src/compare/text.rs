//! Output of the programs, after these normalisations, and no others:
//!
//! 1. In progress lines (`… 100% | speed | size | time`) speed and time are masked; the size too in lines about rpm
//!    elements, where dnf5 prints callback counts, not sizes.
//! 2. Consecutive progress lines of downloads and of repositories are sorted, with the `>>> ` lines below each, and
//!    lose their number: files arrive in any order.
//! 3. `warning: Could not canonicalize hostname` is dropped: it is about the machine of the tests.
//! 4. Times of the form `YYYY-MM-DD HH:MM:SS` and `YYYY-MM-DD HH:MM` become `TIME`.
//! 5. `temporary names of scriptlets` (`rpm-tmp.XXXXXX`) become `rpm-tmp.X`.

/// Normalises one stream.
pub fn normalise(text: &str) -> String {
    let mut lines = Vec::new();
    let mut downloads: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.starts_with("warning: Could not canonicalize hostname") {
            continue;
        }
        let line = mask_times(&mask_scriptlet_names(line));
        match progress(&line) {
            Some(Progress::Download(line)) => downloads.push(line),
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
    if !head.ends_with("100%") && !head.ends_with("???%") {
        return None;
    }
    let Some((number, rest)) = head.strip_prefix('[').and_then(|rest| rest.split_once("] ")) else {
        return Some(Progress::Download(format!("{head} | {}", size.trim())));
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

fn mask_scriptlet_names(line: &str) -> String {
    const MARK: &str = "rpm-tmp.";
    let Some(start) = line.find(MARK) else { return line.to_owned() };
    let tail = &line[start + MARK.len()..];
    let end = tail.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tail.len());
    format!("{}{MARK}X{}", &line[..start], &tail[end..])
}

fn mask_times(line: &str) -> String {
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
