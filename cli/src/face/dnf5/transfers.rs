//! Words about transfers that failed: librepo's and curl's, which scripts look for.

use oxidnf_core::event::TransferFault;

/// Returns the sentence about a URL that could not be fetched; what happened stands in brackets, as curl puts it there.
pub(crate) fn sentence(fault: TransferFault, url: &str, reason: &str) -> String {
    let curl =
        |number: u8, meaning: &str, detail: String| format!("Curl error ({number}): {meaning} for {url} [{detail}]");
    let plain = reason.split(" (os error ").next().unwrap_or(reason).to_owned();
    match fault {
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
        TransferFault::Connect => {
            curl(7, "Could not connect to server", format!("Failed to connect to {}: {plain}", host_and_port(url)))
        }
        TransferFault::Partial => curl(18, "Transferred a partial file", plain),
        TransferFault::Timeout => curl(28, "Timeout was reached", plain),
        TransferFault::Tls => curl(35, "SSL connect error", plain),
        TransferFault::Reset => curl(56, "Failure when receiving data from the peer", plain),
        TransferFault::Status { code, address } => {
            let address = address.map(|address| address.to_string()).unwrap_or_default();
            format!("Status code: {code} for {url} (IP: {address})")
        }
        TransferFault::Other => reason.to_owned(),
    }
}

/// Returns host and port as the URL has them, with the scheme's port where it has none.
fn host_and_port(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split('/').next().unwrap_or_default();
    let with_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    match (with_port, scheme) {
        (true, _) => authority.to_owned(),
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

    // witness: `dnf5 makecache` with baseurls that do not answer.
    #[test]
    fn words_of_curl() {
        let url = "http://127.0.0.1:1/r/repodata/repomd.xml";
        let status = TransferFault::Status { code: 404, address: Some([127, 0, 0, 1].into()) };
        let lines = [
            sentence(TransferFault::File, "file:///srv/x", "No such file or directory (os error 2)"),
            sentence(TransferFault::Resolve, "https://no.invalid/x", "failed to lookup address information"),
            sentence(TransferFault::Connect, url, "Connection refused (os error 111)"),
            sentence(status, url, "status 404"),
            sentence(TransferFault::Other, url, "the file is longer than 5 bytes"),
        ];
        insta::assert_snapshot!(lines.join("\n"), @r"
        Curl error (37): Could not read a file:// file for file:///srv/x [Could not open file /srv/x]
        Curl error (6): Could not resolve hostname for https://no.invalid/x [Could not resolve host: no.invalid]
        Curl error (7): Could not connect to server for http://127.0.0.1:1/r/repodata/repomd.xml [Failed to connect to 127.0.0.1:1: Connection refused]
        Status code: 404 for http://127.0.0.1:1/r/repodata/repomd.xml (IP: 127.0.0.1)
        the file is longer than 5 bytes
        ");
    }
}
