//! Words about transfers that failed: librepo's and curl's, which scripts look for.

use oxidnf_core::event::{GivenUp, IndexSignature, TransferFault, Unavailable};

/// What dnf5 says of a repository whose index could not be fetched; the causes stand under its bar.
const NO_USABLE_URL: &str = "Usable URL not found";
/// What librepo says where the certificates to check servers with cannot be used.
const NO_CURL: &str = "An Curl handle error";

/// What librepo says where the list of mirrors is of no use.
const NO_LIST: &str = "Cannot prepare internal mirrorlist";

/// Returns the sentence about a URL that could not be fetched; what happened stands in brackets, as curl puts it there.
pub(crate) fn sentence(fault: &TransferFault, url: &str, reason: &str) -> String {
    let curl =
        |number: u8, meaning: &str, detail: String| format!("Curl error ({number}): {meaning} for {url} [{detail}]");
    let plain = reason.split(" (os error ").next().unwrap_or(reason).to_owned();
    match fault {
        TransferFault::Scheme(scheme) => {
            curl(1, "Unsupported protocol", format!("Protocol \"{scheme}\" not supported"))
        }
        TransferFault::Malformed => {
            curl(3, "URL using bad/illegal format or missing URL", format!("URL rejected: {plain}"))
        }
        TransferFault::File => {
            let path = url.strip_prefix("file://").unwrap_or(url);
            let detail = match plain.as_str() {
                // The one thing that curl can mean by it.
                "No such file or directory" => format!("Could not open file {path}"),
                _ => format!("Could not open file {path}: {plain}"),
            };
            curl(37, "Could not read a file:// file", detail)
        }
        TransferFault::Resolve => {
            curl(6, "Could not resolve hostname", format!("Could not resolve host: {}", host(url)))
        }
        TransferFault::Connect { millis } => {
            let meaning = "Could not connect to server";
            curl(7, meaning, format!("Failed to connect to {} after {millis} ms: {meaning}", host_and_port(url)))
        }
        TransferFault::ProxyName(proxy) => {
            curl(5, "Could not resolve proxy name", format!("Could not resolve proxy: {proxy}"))
        }
        TransferFault::ProxyScheme(proxy) => {
            curl(7, "Could not connect to server", format!("Unsupported proxy scheme for '{proxy}'"))
        }
        TransferFault::ProxyConnect { to, proxy, millis } => {
            let meaning = "Could not connect to server";
            curl(7, meaning, format!("Failed to connect to {to} over proxy {proxy} after {millis} ms: {meaning}"))
        }
        TransferFault::Tunnel(status) => {
            curl(7, "Could not connect to server", format!("CONNECT tunnel failed, response {status}"))
        }
        TransferFault::ProxyAborted => {
            curl(56, "Failure when receiving data from the peer", "Proxy CONNECT aborted".to_owned())
        }
        TransferFault::Socks(problem) => curl(97, "proxy handshake error", problem.clone()),
        TransferFault::Timeout { millis } => {
            curl(28, "Timeout was reached", format!("Connection timed out after {millis} milliseconds"))
        }
        TransferFault::Slow { minrate, seconds } => {
            let detail =
                format!("Operation too slow. Less than {minrate} bytes/sec transferred the last {seconds} seconds");
            curl(28, "Timeout was reached", detail)
        }
        TransferFault::Partial { missing } => {
            let detail = missing.map_or(plain, |missing| format!("end of response with {missing} bytes missing"));
            curl(18, "Transferred a partial file", detail)
        }
        TransferFault::Empty => {
            curl(52, "Server returned nothing (no headers, no data)", "Empty reply from server".to_owned())
        }
        TransferFault::Reset => curl(56, "Failure when receiving data from the peer", format!("Recv failure: {plain}")),
        TransferFault::Redirects(most) => {
            curl(47, "Number of redirects hit maximum amount", format!("Maximum ({most}) redirects followed"))
        }
        TransferFault::Tls => curl(35, "SSL connect error", format!("TLS connect error: {plain}")),
        TransferFault::Certificate => {
            curl(60, "SSL peer certificate or SSH remote key was not OK", format!("SSL certificate problem: {plain}"))
        }
        // curl keeps the cause to itself; here it is needed to find the mistake in the configuration.
        TransferFault::Authorities => curl(77, "Problem with the SSL CA cert (path? access rights?)", plain),
        TransferFault::Identity => curl(58, "Problem with the local SSL certificate", plain),
        TransferFault::Status { code, address } => {
            let address = address.map(|address| address.to_string()).unwrap_or_default();
            format!("Status code: {code} for {url} (IP: {address})")
        }
        TransferFault::Length { announced, expected } => format!(
            "Interrupted by header callback: Inconsistent server data, reported file Content-Length: {announced}, \
             repository metadata states file length: {expected} (please report to repository maintainer)"
        ),
        TransferFault::Checksum { found, wanted } => {
            let kind = found.kind.name();
            let found = found.hex();
            format!(
                "Downloading successful, but checksum doesn't match. Calculated: {found}({kind})  Expected: \
                 {wanted}({kind}) "
            )
        }
        TransferFault::Other => reason.to_owned(),
    }
}

/// Returns what stands under the bar of something that nobody had.
pub(crate) fn unavailable(what: &Unavailable) -> String {
    match what {
        Unavailable::File => "No more mirrors to try - All mirrors were already tried without success".to_owned(),
        Unavailable::Key(last) => sentence(&last.fault, &last.url, &last.reason),
        // librepo goes on and finds nothing in what did not come.
        Unavailable::Mirrors { metalink, .. } => {
            let nothing =
                if *metalink { "Parse error at line: 1 (Document is empty)" } else { "No URLs in mirrorlist" };
            format!("{},{NO_LIST}: {nothing}", no_repository(what))
        }
        other => no_repository(other),
    }
}

/// Returns why a repository cannot be used of which something could not be fetched.
pub(crate) fn no_repository(what: &Unavailable) -> String {
    match what {
        Unavailable::Index => NO_USABLE_URL.to_owned(),
        Unavailable::File => "Cannot download, all mirrors were already tried without success".to_owned(),
        Unavailable::Mirrors { last, .. } => {
            format!("Download failed: {}", sentence(&last.fault, &last.url, &last.reason))
        }
        Unavailable::List { line: Some(line), reason } => {
            format!("{NO_LIST}: Parse error at line: {line} ({reason})")
        }
        Unavailable::List { line: None, reason } => format!("{NO_LIST}: {reason}"),
        Unavailable::Signature(last) => format!(
            "GPG verification is enabled, but GPG signature is not available. This may be an error or the repository \
             does not support GPG verification: {}",
            sentence(&last.fault, &last.url, &last.reason)
        ),
        Unavailable::Key(last) => {
            format!("Failed to download key from {}: {}", last.url, sentence(&last.fault, &last.url, &last.reason))
        }
        Unavailable::Parsed { line, reason } => {
            format!("Parsing unsuccessful: Parse error at line: {line} (repomd.xml: {reason})")
        }
        Unavailable::Trusted(problem) => {
            let problem = match problem {
                IndexSignature::NoKey => "Signing key not found",
                IndexSignature::Bad => "Bad PGP signature",
                IndexSignature::Expired => "Bad PGP signature: key has expired",
                IndexSignature::Revoked => "Bad PGP signature: key has been revoked",
                IndexSignature::Weak => "Bad PGP signature: key or signature use an algorithm that is not safe",
                IndexSignature::Malformed => "gpgme_op_verify() error: No data",
            };
            format!("repomd.xml GPG signature verification error: {problem}")
        }
        Unavailable::Places { metalink } => {
            let list = if *metalink { "metalink" } else { "mirrorlist" };
            format!("{NO_LIST}: No URLs in {list}")
        }
        Unavailable::Certificates => NO_CURL.to_owned(),
    }
}

/// Returns what stands under the bar of something that was given up.
pub(crate) fn given_up(cause: &GivenUp) -> String {
    match cause {
        GivenUp::Failed(location) => {
            format!("Not finished - interrupted by error: Cannot download {location}: All mirrors were tried")
        }
        GivenUp::Interrupted => "Not finished - interrupted by error: Interrupted by signal".to_owned(),
    }
}

/// Returns host and port as the URL has them, with the scheme's port where it has none.
fn host_and_port(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split('/').next().unwrap_or_default();
    let with_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    // curl leaves out the brackets of an address.
    let authority = authority.replace(['[', ']'], "");
    match (with_port, scheme) {
        (true, _) => authority,
        (false, "https") => format!("{authority}:443"),
        (false, _) => format!("{authority}:80"),
    }
}

fn host(url: &str) -> String {
    let place = host_and_port(url);
    place.rsplit_once(':').map_or(place.clone(), |(host, _)| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxidnf_core::{Checksum, ChecksumKind};

    // witness: `dnf5 makecache` with baseurls that do not answer.
    #[test]
    fn words_of_curl() {
        let url = "http://127.0.0.1:1/r/repodata/repomd.xml";
        let status = TransferFault::Status { code: 404, address: Some([127, 0, 0, 1].into()) };
        let checksum = |digit: &str| Checksum::from_hex(ChecksumKind::Sha256, &digit.repeat(64)).expect("64 digits");
        let other = TransferFault::Checksum { found: checksum("a"), wanted: checksum("b").hex() };
        let lines = [
            sentence(&TransferFault::File, "file:///srv/x", "No such file or directory (os error 2)"),
            sentence(&TransferFault::Resolve, "https://no.invalid/x", "failed to lookup address information"),
            sentence(&TransferFault::Connect { millis: 3 }, url, "Connection refused (os error 111)"),
            sentence(&TransferFault::Empty, url, "connection closed before message completed"),
            sentence(&TransferFault::Reset, url, "Connection reset by peer (os error 104)"),
            sentence(&TransferFault::Partial { missing: Some(9) }, url, "end of file before message length reached"),
            sentence(&TransferFault::Slow { minrate: 1000, seconds: 30 }, url, ""),
            sentence(&TransferFault::Redirects(6), url, ""),
            sentence(&TransferFault::Certificate, url, "self-signed certificate"),
            sentence(&TransferFault::Scheme("foo".to_owned()), "foo://x/y", ""),
            sentence(&TransferFault::Length { announced: 5, expected: 6 }, url, ""),
            sentence(&other, url, ""),
            sentence(&status, url, "status 404"),
            sentence(&TransferFault::Other, url, "the file is longer than 5 bytes"),
        ];
        insta::assert_snapshot!(lines.join("\n"), @r#"
        Curl error (37): Could not read a file:// file for file:///srv/x [Could not open file /srv/x]
        Curl error (6): Could not resolve hostname for https://no.invalid/x [Could not resolve host: no.invalid]
        Curl error (7): Could not connect to server for http://127.0.0.1:1/r/repodata/repomd.xml [Failed to connect to 127.0.0.1:1 after 3 ms: Could not connect to server]
        Curl error (52): Server returned nothing (no headers, no data) for http://127.0.0.1:1/r/repodata/repomd.xml [Empty reply from server]
        Curl error (56): Failure when receiving data from the peer for http://127.0.0.1:1/r/repodata/repomd.xml [Recv failure: Connection reset by peer]
        Curl error (18): Transferred a partial file for http://127.0.0.1:1/r/repodata/repomd.xml [end of response with 9 bytes missing]
        Curl error (28): Timeout was reached for http://127.0.0.1:1/r/repodata/repomd.xml [Operation too slow. Less than 1000 bytes/sec transferred the last 30 seconds]
        Curl error (47): Number of redirects hit maximum amount for http://127.0.0.1:1/r/repodata/repomd.xml [Maximum (6) redirects followed]
        Curl error (60): SSL peer certificate or SSH remote key was not OK for http://127.0.0.1:1/r/repodata/repomd.xml [SSL certificate problem: self-signed certificate]
        Curl error (1): Unsupported protocol for foo://x/y [Protocol "foo" not supported]
        Interrupted by header callback: Inconsistent server data, reported file Content-Length: 5, repository metadata states file length: 6 (please report to repository maintainer)
        Downloading successful, but checksum doesn't match. Calculated: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa(sha256)  Expected: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb(sha256) 
        Status code: 404 for http://127.0.0.1:1/r/repodata/repomd.xml (IP: 127.0.0.1)
        the file is longer than 5 bytes
        "#);
    }
}
