//! One attempt to get one file from one URL.

use std::error::Error;
use std::io::{self, Read};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use oxidnf_core::event::TransferFault;
use reqwest::header::{CACHE_CONTROL, CONTENT_LENGTH, LOCATION};
use reqwest::{Client, Response, StatusCode, Url};

use crate::config::Secret;

use super::client::{Clients, Connection};
use super::error::{Attempt, FailureKind};
use super::limits::Throttle;
use super::sink::{Sink, SinkError};
use super::url::{redact, same_origin};

/// How often a redirect is followed.
const MAX_REDIRECTS: usize = 10;
/// Size of the blocks in which local files are read.
const BLOCK: usize = 256 * 1024;

/// What every transfer of a repository has in common.
#[derive(Clone)]
pub(super) struct Terms {
    pub(super) clients: Arc<Clients>,
    pub(super) connection: Connection,
    pub(super) login: Option<(String, Secret)>,
    /// Time without enough bytes after which a transfer is given up.
    pub(super) timeout: Option<Duration>,
    /// Bytes per second that are enough.
    pub(super) minrate: u64,
    pub(super) throttle: Option<Throttle>,
}

/// A failed step of a transfer.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) kind: FailureKind,
    pub(super) status: Option<u16>,
    /// The server that answered.
    pub(super) address: Option<IpAddr>,
    pub(super) reason: String,
    /// Seconds to wait that the server asked for.
    pub(super) retry_after: Option<Duration>,
    /// The cause is here, not there: no other mirror will help.
    pub(super) local: bool,
}

impl Failure {
    pub(super) fn new(kind: FailureKind, reason: impl Into<String>) -> Self {
        Failure { kind, status: None, address: None, reason: reason.into(), retry_after: None, local: false }
    }

    /// Returns the kind as reporters tell it.
    pub(super) fn fault(&self, url: &Url) -> TransferFault {
        if let Some(code) = self.status {
            return TransferFault::Status { code, address: self.address };
        }
        match self.kind {
            FailureKind::NotFound | FailureKind::Denied | FailureKind::Io if url.scheme() == "file" => {
                TransferFault::File
            }
            FailureKind::Resolve => TransferFault::Resolve,
            FailureKind::Refused | FailureKind::Connect => TransferFault::Connect,
            FailureKind::Timeout | FailureKind::Slow => TransferFault::Timeout,
            FailureKind::Truncated => TransferFault::Partial,
            FailureKind::Reset => TransferFault::Reset,
            FailureKind::Tls => TransferFault::Tls,
            _ => TransferFault::Other,
        }
    }

    pub(super) fn attempt(&self, url: &Url) -> Attempt {
        Attempt { url: redact(url), kind: self.kind, status: self.status, reason: self.reason.clone() }
    }
}

impl From<SinkError> for Failure {
    fn from(error: SinkError) -> Self {
        match error {
            SinkError::TooLong { limit } => {
                Failure::new(FailureKind::Size, format!("the file is longer than {limit} bytes"))
            }
            SinkError::Write(error) => Failure { local: true, ..Failure::new(FailureKind::Io, error.to_string()) },
        }
    }
}

/// Brings the bytes of a URL into the sink, which must be empty.
pub(super) async fn transfer(terms: &Terms, url: &Url, fresh: bool, sink: &mut Sink) -> Result<(), Failure> {
    match url.scheme() {
        "file" => local(terms, url, sink).await,
        "http" | "https" => remote(terms, url, fresh, sink).await,
        scheme => Err(Failure::new(FailureKind::Url, format!("the scheme {scheme} is not supported"))),
    }
}

async fn local(terms: &Terms, url: &Url, sink: &mut Sink) -> Result<(), Failure> {
    let path = url.to_file_path().map_err(|()| Failure::new(FailureKind::Url, "not a local path"))?;
    let failed = |error: io::Error| {
        let kind = match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => FailureKind::NotFound,
            io::ErrorKind::PermissionDenied => FailureKind::Denied,
            _ => FailureKind::Io,
        };
        Failure::new(kind, error.to_string())
    };
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(Failure::new(FailureKind::NotFound, "not a file"));
    }
    announced(metadata.len(), sink)?;
    let mut block = vec![0; BLOCK];
    loop {
        let length = file.read(&mut block).map_err(failed)?;
        if length == 0 {
            return Ok(());
        }
        sink.write(&block[..length])?;
        match &terms.throttle {
            Some(throttle) => throttle.take(length).await,
            // Other transfers run on this thread, too, and cancelling needs a chance.
            None => tokio::task::yield_now().await,
        }
    }
}

async fn remote(terms: &Terms, start: &Url, fresh: bool, sink: &mut Sink) -> Result<(), Failure> {
    // Made only now, because reading the system's certificates takes longer than many a local transfer.
    let client = terms.clients.get(&terms.connection).map_err(|error| Failure {
        local: true,
        ..Failure::new(error.kind, format!("{}: {}", error.target, error.reason.unwrap_or_default()))
    })?;
    let mut url = start.clone();
    let mut pace = Pace::new(terms);
    for _ in 0..=MAX_REDIRECTS {
        let response = pace.wait(request(&client, terms, start, &url, fresh)).await??;
        if let Some(next) = redirected(&response, &url)? {
            // Without a checksum the encrypted connection is all that vouches for the bytes.
            if url.scheme() == "https" && next.scheme() != "https" && !sink.has_checksum() {
                let reason = format!("redirected to the unencrypted {}", redact(&next));
                return Err(Failure::new(FailureKind::Redirect, reason));
            }
            url = next;
            continue;
        }
        accept_status(&response)?;
        return body(terms, response, &mut pace, sink).await;
    }
    Err(Failure::new(FailureKind::Redirect, format!("more than {MAX_REDIRECTS} redirects")))
}

async fn request(client: &Client, terms: &Terms, start: &Url, url: &Url, fresh: bool) -> Result<Response, Failure> {
    let mut bare = url.clone();
    // Both fail only for URLs that cannot have them.
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    let mut request = client.get(bare);
    if same_origin(start, url) {
        request = match &terms.login {
            Some((user, password)) => request.basic_auth(user, Some(password.reveal())),
            None if start.username().is_empty() && start.password().is_none() => request,
            None => request.basic_auth(decoded(start.username()), start.password().map(decoded)),
        };
    }
    if fresh {
        // A proxy may have kept what was wrong at the first attempt.
        request = request.header(CACHE_CONTROL, "no-cache");
    }
    request.send().await.map_err(|error| classify(&error))
}

fn decoded(text: &str) -> String {
    super::url::percent_decode(text).to_string_lossy().into_owned()
}

fn redirected(response: &Response, url: &Url) -> Result<Option<Url>, Failure> {
    let follow = matches!(
        response.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    if !follow {
        return Ok(None);
    }
    let location = response.headers().get(LOCATION).and_then(|value| std::str::from_utf8(value.as_bytes()).ok());
    let next = location.and_then(|location| url.join(location).ok());
    match next.filter(|next| matches!(next.scheme(), "http" | "https")) {
        Some(next) => Ok(Some(next)),
        None => Err(Failure::new(FailureKind::Redirect, "redirected to nowhere")),
    }
}

fn accept_status(response: &Response) -> Result<(), Failure> {
    let status = response.status();
    // 206 would be a part of the file, which was not asked for.
    if status == StatusCode::OK || status == StatusCode::NON_AUTHORITATIVE_INFORMATION {
        return Ok(());
    }
    let kind = match status.as_u16() {
        404 | 410 => FailureKind::NotFound,
        401 | 403 => FailureKind::Denied,
        407 => FailureKind::Proxy,
        _ => FailureKind::Status,
    };
    let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    Err(Failure {
        status: Some(status.as_u16()),
        address: response.remote_addr().map(|address| address.ip()),
        retry_after: retry_after.map(Duration::from_secs),
        ..Failure::new(kind, format!("status {}", status.as_u16()))
    })
}

async fn body(terms: &Terms, mut response: Response, pace: &mut Pace, sink: &mut Sink) -> Result<(), Failure> {
    let length = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if let Some(length) = length {
        announced(length, sink)?;
    }
    while let Some(bytes) = pace.wait(response.chunk()).await?.map_err(|error| classify(&error))? {
        pace.received(bytes.len());
        sink.write(&bytes)?;
        if let Some(throttle) = &terms.throttle {
            throttle.take(bytes.len()).await;
        }
    }
    Ok(())
}

/// Compares the length that a server tells with what is expected, before anything is transferred.
fn announced(length: u64, sink: &mut Sink) -> Result<(), Failure> {
    let size = sink.size();
    let wrong = match size {
        Some(size) => length > size || (length < size && !sink.has_checksum()),
        None => length > sink.limit(),
    };
    if wrong {
        let wanted = size.map_or_else(|| format!("more than {}", sink.limit()), |size| format!("not {size}"));
        return Err(Failure::new(FailureKind::Size, format!("the file has {length} bytes, {wanted}")));
    }
    sink.announce(length);
    Ok(())
}

/// Watches that enough bytes come in.
///
/// The rule is curl's: less than `minrate` bytes a second during `timeout`. Only time spent waiting for the server
/// counts, so that our own throttle is not blamed on it.
struct Pace {
    window: Option<Duration>,
    minrate: u64,
    waited: Duration,
    bytes: u64,
}

impl Pace {
    fn new(terms: &Terms) -> Self {
        Pace { window: terms.timeout, minrate: terms.minrate, waited: Duration::ZERO, bytes: 0 }
    }

    fn received(&mut self, length: usize) {
        self.bytes += length as u64;
    }

    async fn wait<T>(&mut self, step: impl Future<Output = T>) -> Result<T, Failure> {
        let Some(window) = self.window else { return Ok(step.await) };
        let mut step = std::pin::pin!(step);
        loop {
            let started = Instant::now();
            let result = tokio::time::timeout(window.saturating_sub(self.waited), step.as_mut()).await;
            self.waited += started.elapsed();
            if let Ok(result) = result {
                return Ok(result);
            }
            let wanted = self.minrate.saturating_mul(window.as_secs());
            if self.bytes == 0 {
                return Err(Failure::new(FailureKind::Timeout, format!("no answer in {} seconds", window.as_secs())));
            }
            if self.bytes < wanted {
                let reason = format!("less than {} bytes a second in {} seconds", self.minrate, window.as_secs());
                return Err(Failure::new(FailureKind::Slow, reason));
            }
            self.waited = Duration::ZERO;
            self.bytes = 0;
        }
    }
}

/// Finds out what an error of the HTTP library means.
fn classify(error: &reqwest::Error) -> Failure {
    let io_kind = causes(error).find_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    let tls = causes(error).any(|cause| cause.is::<openssl::ssl::Error>() || cause.is::<openssl::error::ErrorStack>());
    let reason = cause(error);
    let kind = if error.is_timeout() || io_kind == Some(io::ErrorKind::TimedOut) {
        FailureKind::Timeout
    } else if error.is_dns() || reason.contains("failed to lookup address") {
        FailureKind::Resolve
    } else if io_kind == Some(io::ErrorKind::ConnectionRefused) {
        FailureKind::Refused
    } else if tls || reason.contains("certificate") || reason.contains("TLS") || reason.contains("SSL") {
        FailureKind::Tls
    } else if reason.contains("tunnel") || reason.contains("proxy") {
        FailureKind::Proxy
    } else if error.is_connect() {
        FailureKind::Connect
    } else if matches!(io_kind, Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)) {
        FailureKind::Reset
    } else if error.is_body() || error.is_decode() || io_kind == Some(io::ErrorKind::UnexpectedEof) {
        FailureKind::Truncated
    } else if error.is_builder() {
        FailureKind::Url
    } else if error.is_request() {
        FailureKind::Reset
    } else {
        FailureKind::Other
    };
    Failure::new(kind, reason)
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| Error::source(*error))
}

/// Returns the innermost cause, which is the only one without a URL in it.
pub(super) fn cause(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}
