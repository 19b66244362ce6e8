//! A failed try to get a file from a URL: what it was, and what that says about trying again.

use std::error::Error;
use std::io;
use std::time::Duration;

use super::connector::ConnectError;
use super::error::{Attempt, FailureKind};
use super::sink::SinkError;
use super::url::redact;
use oxidnf_core::event::TransferFault;
use url::Url;

/// A failed step of a transfer.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) kind: FailureKind,
    /// The kind as reporters tell it.
    pub(super) fault: TransferFault,
    pub(super) status: Option<u16>,
    pub(super) reason: String,
    /// Time to wait that the server asked for.
    pub(super) retry_after: Option<Duration>,
    /// The cause is here, not there: no other mirror will help.
    pub(super) local: bool,
    /// Where redirects had led to, if there were any.
    pub(super) place: Option<Box<Url>>,
}

impl Failure {
    pub(super) fn new(kind: FailureKind, reason: impl Into<String>) -> Self {
        Failure::told(kind, TransferFault::Other, reason)
    }

    pub(super) fn told(kind: FailureKind, fault: TransferFault, reason: impl Into<String>) -> Self {
        Failure { kind, fault, status: None, reason: reason.into(), retry_after: None, local: false, place: None }
    }

    /// Makes a failure that lies here.
    pub(super) fn local(kind: FailureKind, reason: impl Into<String>) -> Self {
        Failure { local: true, ..Failure::new(kind, reason) }
    }

    /// Makes the failure of what is no URL.
    pub(super) fn malformed(problem: &str) -> Self {
        Failure::told(FailureKind::Url, TransferFault::Malformed, problem)
    }

    /// Describes the try; `place` is the URL that was asked for, without credentials.
    pub(super) fn attempt(&self, place: &str) -> Attempt {
        let (kind, status, reason) = (self.kind, self.status, self.reason.clone());
        Attempt { url: self.at(place), kind, status, fault: self.fault.clone(), reason }
    }

    /// Returns the URL that failed when this one was asked for, both without credentials.
    pub(super) fn at(&self, place: &str) -> String {
        self.place.as_deref().map_or_else(|| place.to_owned(), redact)
    }

    /// Tells whether the bytes that came before the failure are those of the file, as far as can be known.
    pub(super) fn keeps_bytes(&self) -> bool {
        use FailureKind::{Connect, Denied, NotFound, Refused, Reset, Resolve, Slow, Status, Timeout, Tls, Truncated};
        let interrupted = matches!(self.kind, Truncated | Reset | Timeout | Slow);
        interrupted || matches!(self.kind, Connect | Refused | Resolve | Tls | NotFound | Denied | Status)
    }

    /// Tells whether a connection to a server was there.
    pub(super) fn was_connected(&self) -> bool {
        use TransferFault::{
            Authorities, Certificate, Connect, File, Identity, Malformed, Resolve, Scheme, Timeout, Tls,
        };
        use TransferFault::{ProxyConnect, ProxyName, ProxyScheme, Socks};
        let before =
            matches!(self.fault, File | Scheme(_) | Malformed | Resolve | Connect { .. } | Timeout { .. } | Tls);
        let on_the_way = matches!(self.fault, ProxyConnect { .. } | ProxyName(_) | ProxyScheme(_) | Socks(_));
        !before && !on_the_way && !matches!(self.fault, Certificate | Authorities | Identity)
    }

    /// Tells whether nothing can be fetched with these settings, which is told like a failure of the server.
    pub(super) fn is_of_the_settings(&self) -> bool {
        self.local && matches!(self.kind, FailureKind::Authorities | FailureKind::Identity | FailureKind::ProxyName)
    }

    /// Tells whether the server may need some time before it can do better.
    pub(super) fn calls_for_a_pause(&self) -> bool {
        match self.kind {
            FailureKind::Status => self.status.is_some_and(|status| status >= 500 || status == 408 || status == 429),
            FailureKind::Reset | FailureKind::Truncated | FailureKind::Connect | FailureKind::Refused => true,
            FailureKind::Resolve | FailureKind::Other => true,
            _ => false,
        }
    }
}

impl From<SinkError> for Failure {
    fn from(error: SinkError) -> Self {
        match error {
            SinkError::TooLong { limit } => {
                Failure::new(FailureKind::Size, format!("the file is longer than {limit} bytes"))
            }
            SinkError::Write(error) => Failure::local(FailureKind::Io, error.to_string()),
        }
    }
}

/// Finds out what an error of the HTTP library means; `spent` is the time since the request began.
pub(super) fn classify(error: &(dyn Error + 'static), spent: Duration) -> Failure {
    if let Some(ConnectError(failure)) = causes(error).find_map(|cause| cause.downcast_ref::<ConnectError>()) {
        return failure.clone();
    }
    let io_kind = causes(error).find_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    let reason = cause(error);
    if io_kind == Some(io::ErrorKind::TimedOut) {
        let millis = u64::try_from(spent.as_millis()).unwrap_or(u64::MAX);
        return Failure::told(FailureKind::Timeout, TransferFault::Timeout { millis }, reason);
    }
    if matches!(io_kind, Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)) {
        return Failure::told(FailureKind::Reset, TransferFault::Reset, reason);
    }
    let http = causes(error).find_map(|cause| cause.downcast_ref::<hyper::Error>());
    // The answer did not come to the end of its head.
    if http.is_some_and(|error| error.is_incomplete_message() || error.is_canceled() || error.is_parse()) {
        return Failure::told(FailureKind::Reset, TransferFault::Empty, reason);
    }
    if http.is_some() || io_kind == Some(io::ErrorKind::UnexpectedEof) {
        return Failure::told(FailureKind::Truncated, TransferFault::Partial { missing: None }, reason);
    }
    Failure::new(FailureKind::Other, reason)
}

/// Finds out what is wrong with a handshake of TLS.
pub(super) fn classify_tls(error: &native_tls::Error) -> Failure {
    match certificate_problem(error) {
        Some(problem) => Failure::told(FailureKind::Tls, TransferFault::Certificate, problem),
        None => Failure::told(FailureKind::Tls, TransferFault::Tls, cause(error)),
    }
}

/// Returns what OpenSSL found wrong with the server's certificate, which stands in brackets behind its error.
fn certificate_problem(error: &(dyn Error + 'static)) -> Option<String> {
    let text = causes(error).map(ToString::to_string).find(|text| text.contains("certificate verify failed"))?;
    let detail = text.rfind('(').and_then(|start| text[start + 1..].split(')').next());
    Some(detail.unwrap_or("certificate verify failed").to_owned())
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| Error::source(*error))
}

/// Returns the innermost cause, which is the only one without a URL in it.
pub(super) fn cause(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}
