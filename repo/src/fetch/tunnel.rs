//! Asking an HTTP proxy to lead a connection on (RFC 9110, section 9.3.6).

use std::fmt::Write as _;

use oxidnf_core::event::TransferFault;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::connector::Duplex;
use super::error::FailureKind;
use super::failure::Failure;

/// The longest head of an answer.
const MAX_HEAD: usize = 64 * 1024;
/// The longest text of a refusal that is read over to go on with the connection.
const MAX_TEXT: u64 = 64 * 1024;

/// What is asked for.
pub(super) struct Ask<'a> {
    /// Host and port.
    pub(super) place: &'a str,
    pub(super) user_agent: &'a str,
    /// Value of the header that logs in.
    pub(super) authorization: Option<String>,
}

/// The proxy did not do it.
pub(super) struct Refusal {
    pub(super) status: u16,
    /// The ways of logging in that it offers.
    pub(super) offers: Vec<String>,
    /// Whether it may be asked again on the same connection.
    pub(super) goes_on: bool,
}

/// Asks; `None` when the connection leads to the place from now on.
pub(super) async fn open(stream: &mut Box<dyn Duplex>, ask: &Ask<'_>) -> Result<Option<Refusal>, Failure> {
    let mut request = format!("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", ask.place);
    // Writing to a text cannot fail.
    if let Some(value) = &ask.authorization {
        let _ = write!(request, "Proxy-Authorization: {value}\r\n");
    }
    let _ = write!(request, "User-Agent: {}\r\nProxy-Connection: Keep-Alive\r\n\r\n", ask.user_agent);
    stream.write_all(request.as_bytes()).await.map_err(|error| broken(&error.to_string()))?;
    let head = read_head(stream).await?;
    let answer = Answer::parse(&head).ok_or_else(|| broken("it does not speak HTTP"))?;
    if (200..300).contains(&answer.status) {
        return Ok(None);
    }
    let rest = answer.length.filter(|length| *length <= MAX_TEXT && !answer.closes);
    let goes_on = match rest {
        Some(length) => read_over(stream, length).await,
        None => false,
    };
    Ok(Some(Refusal { status: answer.status, offers: answer.offers, goes_on }))
}

/// Makes the failure of a tunnel that was refused for good.
pub(super) fn refused(status: u16) -> Failure {
    let reason = format!("the proxy answered {status} when it was asked for a tunnel");
    Failure { status: Some(status), ..Failure::told(FailureKind::Proxy, TransferFault::Tunnel(status), reason) }
}

fn broken(reason: &str) -> Failure {
    Failure::told(FailureKind::Proxy, TransferFault::ProxyAborted, format!("the proxy broke the connection: {reason}"))
}

/// Reads up to the empty line and not a byte more: what follows is the server's.
async fn read_head(stream: &mut Box<dyn Duplex>) -> Result<Vec<u8>, Failure> {
    let mut head = Vec::with_capacity(512);
    while !head.ends_with(b"\r\n\r\n") && !head.ends_with(b"\n\n") {
        if head.len() >= MAX_HEAD {
            return Err(broken("its answer is too long"));
        }
        head.push(stream.read_u8().await.map_err(|error| broken(&error.to_string()))?);
    }
    Ok(head)
}

async fn read_over(stream: &mut Box<dyn Duplex>, mut length: u64) -> bool {
    let mut block = [0; 4096];
    while length > 0 {
        let most = usize::try_from(length).unwrap_or(usize::MAX).min(block.len());
        match stream.read(&mut block[..most]).await {
            Ok(0) | Err(_) => return false,
            Ok(count) => length -= count as u64,
        }
    }
    true
}

#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    offers: Vec<String>,
    length: Option<u64>,
    closes: bool,
}

impl Answer {
    fn parse(head: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(head);
        let mut lines = text.lines();
        let mut words = lines.next()?.split_whitespace();
        let version = words.next().filter(|word| word.starts_with("HTTP/1."))?;
        let status = words.next().filter(|word| word.len() == 3)?.parse().ok()?;
        let mut answer = Answer { status, offers: Vec::new(), length: None, closes: version == "HTTP/1.0" };
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "proxy-authenticate" => answer.offers.push(value.to_owned()),
                "content-length" => answer.length = value.parse().ok(),
                "connection" | "proxy-connection" => answer.closes |= value.eq_ignore_ascii_case("close"),
                _ => {}
            }
        }
        Some(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_answers() {
        let head = b"HTTP/1.1 407 Who are you\r\nPROXY-authenticate:  Basic realm=\"r\"\r\nContent-Length: 7\r\n\r\n";
        let answer = Answer::parse(head).expect("an answer");
        let offers = vec!["Basic realm=\"r\"".to_owned()];
        assert_eq!(answer, Answer { status: 407, offers, length: Some(7), closes: false });
        assert!(Answer::parse(b"HTTP/1.0 200 OK\n\n").is_some_and(|answer| answer.closes && answer.status == 200));
        assert!(Answer::parse(b"SSH-2.0-x\r\n\r\n").is_none());
        assert!(Answer::parse(b"HTTP/1.1 2000 OK\r\n\r\n").is_none());
    }

    proptest! {
        #[test]
        fn never_panics(head in proptest::collection::vec(any::<u8>(), 0..64)) {
            Answer::parse(&head);
            Answer::parse(&[b"HTTP/1.1 407 x\r\n", head.as_slice()].concat());
        }
    }
}
