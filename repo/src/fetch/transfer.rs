//! One attempt to get one file from one URL.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, HeaderName, HeaderValue, LAST_MODIFIED,
    LOCATION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, RANGE, USER_AGENT, WWW_AUTHENTICATE,
};
use hyper::{StatusCode, Uri};
use oxidnf_core::event::TransferFault;
use url::Url;

use super::client::{Clients, Connection, Http};
use super::connector::Peer;
use super::digest::{Asked, Login, Logins, Methods};
use super::error::FailureKind;
use super::failure::{Failure, classify};
use super::job::Tries;
use super::limits::Throttle;
use super::sink::Sink;
use super::url::{redact, same_origin};

/// How often a redirect is followed, as in librepo.
const MAX_REDIRECTS: usize = 6;
/// Size of the blocks in which local files are read.
const BLOCK: usize = 256 * 1024;

/// What every transfer of a repository has in common.
#[derive(Clone)]
pub(super) struct Terms {
    pub(super) clients: Arc<Clients>,
    pub(super) connection: Connection,
    pub(super) login: Option<Login>,
    /// Time without enough bytes after which a transfer is given up.
    pub(super) timeout: Option<Duration>,
    /// Bytes per second that are enough.
    pub(super) minrate: u64,
    pub(super) throttle: Option<Throttle>,
    pub(super) tries: Tries,
}

/// Brings the bytes of a URL into the sink, which may have the first ones already.
pub(super) async fn transfer(terms: &Terms, url: &Url, fresh: bool, sink: &mut Sink) -> Result<(), Failure> {
    match url.scheme() {
        "file" => local(terms, url, sink).await,
        "http" | "https" => remote(terms, url, fresh, sink).await,
        scheme => {
            let fault = TransferFault::Scheme(scheme.to_owned());
            Err(Failure::told(FailureKind::Url, fault, format!("the scheme {scheme} is not supported")))
        }
    }
}

async fn local(terms: &Terms, url: &Url, sink: &mut Sink) -> Result<(), Failure> {
    let path = url.to_file_path().map_err(|()| Failure::malformed("Bad file:// URL"))?;
    let failed = |error: io::Error| {
        let kind = match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => FailureKind::NotFound,
            io::ErrorKind::PermissionDenied => FailureKind::Denied,
            _ => FailureKind::Io,
        };
        Failure::told(kind, TransferFault::File, error.to_string())
    };
    sink.start_over()?;
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(Failure::told(FailureKind::NotFound, TransferFault::File, "not a file"));
    }
    sink.dated(metadata.modified().ok());
    accept_length(metadata.len(), sink)?;
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
    let mut url = start.clone();
    follow(terms, start, &mut url, fresh, sink).await.map_err(|mut failure| {
        // curl names the place that it came to.
        // witness: compat-tests/tests/broken_http.rs::redirects_to_where_nothing_is
        failure.place = (url != *start).then(|| Box::new(url));
        failure
    })
}

/// Fetches a file; `url` is where redirects have led to.
async fn follow(terms: &Terms, start: &Url, url: &mut Url, fresh: bool, sink: &mut Sink) -> Result<(), Failure> {
    let http = terms.clients.get(&terms.connection)?;
    let mut pace = Pace::new(terms);
    for _ in 0..=MAX_REDIRECTS {
        let response = pace.wait(request(&http, terms, start, url, Ask { fresh, offset: sink.done() })).await??;
        if let Some(next) = redirected(&response, url)? {
            // Without a checksum the encrypted connection is all that vouches for the bytes.
            if url.scheme() == "https" && next.scheme() != "https" && !sink.has_checksum() {
                let reason = format!("redirected to the unencrypted {}", redact(&next));
                return Err(Failure::new(FailureKind::Redirect, reason));
            }
            *url = next;
            continue;
        }
        if response.status() == StatusCode::RANGE_NOT_SATISFIABLE && sink.done() > 0 {
            // The file there is shorter than what is here: another one.
            sink.rewind()?;
            continue;
        }
        accept_status(&response)?;
        if response.status() != StatusCode::PARTIAL_CONTENT || !continues(&response, sink.done()) {
            if response.status() == StatusCode::PARTIAL_CONTENT && !continues(&response, 0) {
                return Err(Failure::new(FailureKind::Status, "the server sent another part of the file"));
            }
            sink.start_over()?;
        }
        return body(terms, response, &mut pace, sink).await;
    }
    let reason = format!("more than {MAX_REDIRECTS} redirects");
    Err(Failure::told(FailureKind::Redirect, TransferFault::Redirects(MAX_REDIRECTS), reason))
}

/// Returns the time that the server has for the file.
fn last_modified(response: &Response) -> Option<SystemTime> {
    let text = response.headers().get(LAST_MODIFIED)?.to_str().ok()?;
    let time = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(time.timestamp().into())
}

/// Tells whether an answer begins at this byte of the file.
fn continues(response: &Response, offset: u64) -> bool {
    let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    let start = range.and_then(|range| range.trim().strip_prefix("bytes ")?.split('-').next()?.trim().parse().ok());
    start == Some(offset)
}

/// What is asked for.
#[derive(Clone, Copy)]
struct Ask {
    /// Past every cache on the way.
    fresh: bool,
    /// From this byte on.
    offset: u64,
}

/// The head of an answer, and the rest to come.
type Response = hyper::Response<Incoming>;

/// Once without a login, once with the one that was asked for, and once more when what it was made of was too old.
const LOGIN_ROUNDS: usize = 3;

/// How servers may be told who asks: everything that they want.
const FOR_SERVERS: Methods = Methods { basic: true, digest: true };

async fn request(http: &Http, terms: &Terms, start: &Url, url: &Url, ask: Ask) -> Result<Response, Failure> {
    let bare = bare(url);
    let uri: Uri = bare
        .as_str()
        .parse()
        .map_err(|error: hyper::http::uri::InvalidUri| Failure::new(FailureKind::Url, error.to_string()))?;
    let login = same_origin(start, url).then(|| login(terms, start)).flatten();
    let logins = login.as_ref().map(|login| http.logins(&bare, login));
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut rounds = LOGIN_ROUNDS;
    loop {
        let asked = Asked { method: "GET", uri: path };
        let told =
            login.as_ref().zip(logins.as_deref()).and_then(|(login, logins)| logins.header(login, FOR_SERVERS, asked));
        let told_proxy = http.proxy_authorization(url, &uri);
        let headers = [(AUTHORIZATION, told.as_deref()), (PROXY_AUTHORIZATION, told_proxy.as_deref())];
        let started = Instant::now();
        let response = http.send(message(http, &uri, ask, headers)?).await;
        let response = response.map_err(|error| classify(&error, started.elapsed()))?;
        let again = match response.status() {
            StatusCode::UNAUTHORIZED => logins.as_deref().is_some_and(|logins: &Logins| {
                logins.refused(FOR_SERVERS, offers(&response, WWW_AUTHENTICATE), told.as_deref())
            }),
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                http.proxy_refused(url, offers(&response, PROXY_AUTHENTICATE), told_proxy.as_deref())
            }
            _ => false,
        };
        rounds -= 1;
        if !again || rounds == 0 {
            return Ok(response);
        }
    }
}

/// Makes a request; the headers are those that log in.
fn message(
    http: &Http,
    uri: &Uri,
    ask: Ask,
    logins: [(HeaderName, Option<&str>); 2],
) -> Result<hyper::Request<Empty<Bytes>>, Failure> {
    let mut request =
        hyper::Request::get(uri.clone()).header(USER_AGENT, value(http.user_agent())?).header(ACCEPT, "*/*");
    for (name, text) in logins {
        if let Some(text) = text {
            let mut value = value(text)?;
            // It must not come into a table that a connection keeps, nor into a log.
            value.set_sensitive(true);
            request = request.header(name, value);
        }
    }
    if ask.offset > 0 {
        // Whether it is still the same file is told by its checksum; without one nothing is continued.
        request = request.header(RANGE, format!("bytes={}-", ask.offset));
    }
    if ask.fresh {
        // A proxy may have kept what was wrong at the first attempt.
        request = request.header(CACHE_CONTROL, "no-cache");
    }
    request.body(Empty::new()).map_err(|error| Failure::new(FailureKind::Url, error.to_string()))
}

fn value(text: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::from_bytes(text.as_bytes())
        .map_err(|_| Failure::new(FailureKind::Other, "a configured text has control characters"))
}

/// Returns the URL without user name and password.
fn bare(url: &Url) -> Url {
    let mut bare = url.clone();
    // Both fail only for URLs that cannot have them.
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    bare
}

/// Returns who the configuration says that we are: as an option or in the URL.
fn login(terms: &Terms, start: &Url) -> Option<Login> {
    if terms.login.is_some() {
        return terms.login.clone();
    }
    let given = !start.username().is_empty() || start.password().is_some();
    given.then(|| Login {
        user: decoded(start.username()),
        password: crate::config::Secret::new(start.password().map(decoded).unwrap_or_default()),
    })
}

fn offers(response: &Response, name: HeaderName) -> impl Iterator<Item = &str> {
    response.headers().get_all(name).into_iter().filter_map(|value| value.to_str().ok())
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
    let accepted = [StatusCode::OK, StatusCode::NON_AUTHORITATIVE_INFORMATION, StatusCode::PARTIAL_CONTENT];
    if accepted.contains(&status) {
        return Ok(());
    }
    let kind = match status.as_u16() {
        404 | 410 => FailureKind::NotFound,
        401 | 403 => FailureKind::Denied,
        407 => FailureKind::Proxy,
        _ => FailureKind::Status,
    };
    let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    let code = status.as_u16();
    let fault = TransferFault::Status { code, address: response.extensions().get::<Peer>().map(|peer| peer.0) };
    Err(Failure {
        status: Some(code),
        retry_after: retry_after.map(Duration::from_secs),
        ..Failure::told(kind, fault, format!("status {code}"))
    })
}

async fn body(terms: &Terms, mut response: Response, pace: &mut Pace, sink: &mut Sink) -> Result<(), Failure> {
    let length = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let whole = length.map(|length| sink.done().saturating_add(length));
    if let Some(whole) = whole {
        accept_length(whole, sink)?;
    }
    sink.dated(last_modified(&response));
    let body = response.body_mut();
    loop {
        let Some(frame) = pace.wait(body.frame()).await? else { return Ok(()) };
        let frame = frame.map_err(|error| {
            let mut failure = classify(&error, Duration::ZERO);
            if failure.kind == FailureKind::Truncated {
                failure.fault =
                    TransferFault::Partial { missing: whole.map(|whole| whole.saturating_sub(sink.done())) };
            }
            failure
        })?;
        // What comes behind the last byte says nothing about the file.
        let Ok(bytes) = frame.into_data() else { continue };
        pace.received(bytes.len());
        sink.write(&bytes)?;
        if let Some(throttle) = &terms.throttle {
            throttle.take(bytes.len()).await;
        }
    }
}

/// Compares the length that a server tells with what is expected, before anything is transferred.
fn accept_length(length: u64, sink: &mut Sink) -> Result<(), Failure> {
    let wrong = match sink.size() {
        Some(size) => length > size || (length < size && (sink.is_exact() || !sink.has_checksum())),
        None => length > sink.limit(),
    };
    if wrong {
        let wanted = sink.size().map_or_else(|| format!("more than {}", sink.limit()), |size| format!("not {size}"));
        let reason = format!("the file has {length} bytes, {wanted}");
        let fault = match sink.size() {
            Some(expected) => TransferFault::Length { announced: length, expected },
            None => TransferFault::Other,
        };
        return Err(Failure::told(FailureKind::Size, fault, reason));
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
            let seconds = window.as_secs();
            let wanted = self.minrate.saturating_mul(seconds);
            if self.bytes < wanted.max(1) {
                let fault = TransferFault::Slow { minrate: self.minrate, seconds };
                let (kind, reason) = match self.bytes {
                    0 => (FailureKind::Timeout, format!("no answer in {seconds} seconds")),
                    _ => (FailureKind::Slow, format!("less than {} bytes a second in {seconds} seconds", self.minrate)),
                };
                return Err(Failure::told(kind, fault, reason));
            }
            self.waited = Duration::ZERO;
            self.bytes = 0;
        }
    }
}
