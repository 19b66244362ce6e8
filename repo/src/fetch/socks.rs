//! The handshakes of SOCKS 4, 4a and 5 (RFC 1928 and RFC 1929).

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use oxidnf_core::event::TransferFault;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::digest::Login;
use super::error::FailureKind;
use super::failure::Failure;

/// Where a proxy is to connect to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Destination<'a> {
    Address(SocketAddr),
    /// A name that the proxy looks up, and a port.
    Name(&'a str, u16),
}

/// The only command that is needed.
const CONNECT: u8 = 1;
/// The answer of SOCKS 4 to a request that is granted.
const GRANTED: u8 = 0x5a;

/// Asks a proxy of version 4 for a connection.
pub(super) async fn version4(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    to: Destination<'_>,
    login: Option<&Login>,
) -> Result<(), Failure> {
    let (address, port, name) = match to {
        Destination::Address(SocketAddr::V4(address)) => (*address.ip(), address.port(), None),
        Destination::Address(address) => {
            return Err(failed(&format!("SOCKS4 cannot connect to the IPv6 address {}.", address.ip())));
        }
        // An address that cannot be one says that a name follows.
        Destination::Name(name, port) => (Ipv4Addr::new(0, 0, 0, 1), port, Some(name)),
    };
    let user = login.map_or("", |login| login.user.as_str());
    if user.contains('\0') || name.is_some_and(|name| name.contains('\0')) {
        return Err(failed("SOCKS4 cannot take names with a NUL."));
    }
    let mut request = vec![4, CONNECT];
    request.extend(port.to_be_bytes());
    request.extend(address.octets());
    request.extend(user.as_bytes());
    request.push(0);
    if let Some(name) = name {
        request.extend(name.as_bytes());
        request.push(0);
    }
    stream.write_all(&request).await.map_err(|error| broken(&error))?;
    let mut reply = [0; 8];
    stream.read_exact(&mut reply).await.map_err(|error| broken(&error))?;
    if reply[0] != 0 {
        return Err(failed("SOCKS4 reply has wrong version, version should be 0."));
    }
    let meaning = match reply[1] {
        GRANTED => return Ok(()),
        91 => "request rejected or failed.",
        92 => "request rejected because SOCKS server cannot connect to identd on the client.",
        93 => "request rejected because the client program and identd report different user-ids.",
        _ => "Unknown.",
    };
    let (port, ip) = (u16::from_be_bytes([reply[2], reply[3]]), Ipv4Addr::new(reply[4], reply[5], reply[6], reply[7]));
    Err(failed(&format!("[SOCKS] cannot complete SOCKS4 connection to {ip}:{port}. ({}), {meaning}", reply[1])))
}

/// Asks a proxy of version 5 for a connection.
pub(super) async fn version5(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    to: Destination<'_>,
    login: Option<&Login>,
) -> Result<(), Failure> {
    log_in(stream, login).await?;
    let mut request = vec![5, CONNECT, 0];
    let shown = match to {
        Destination::Address(address) => {
            match address.ip() {
                IpAddr::V4(ip) => {
                    request.push(1);
                    request.extend(ip.octets());
                }
                IpAddr::V6(ip) => {
                    request.push(4);
                    request.extend(ip.octets());
                }
            }
            request.extend(address.port().to_be_bytes());
            address.ip().to_string()
        }
        Destination::Name(name, port) => {
            let length =
                u8::try_from(name.len()).map_err(|_| failed("SOCKS5: the destination hostname is too long."))?;
            request.extend([3, length]);
            request.extend(name.as_bytes());
            request.extend(port.to_be_bytes());
            name.to_owned()
        }
    };
    stream.write_all(&request).await.map_err(|error| broken(&error))?;
    let mut head = [0; 4];
    stream.read_exact(&mut head).await.map_err(|error| broken(&error))?;
    if head[0] != 5 {
        return Err(failed("SOCKS5 reply has wrong version, version should be 5."));
    }
    if head[1] != 0 {
        return Err(failed(&format!("cannot complete SOCKS5 connection to {shown}. ({})", head[1])));
    }
    // The address that the proxy connects from is of no interest.
    let length = match head[3] {
        1 => 4,
        4 => 16,
        3 => usize::from(stream.read_u8().await.map_err(|error| broken(&error))?),
        _ => return Err(failed("SOCKS5 reply has wrong address type.")),
    };
    let mut rest = vec![0; length + 2];
    stream.read_exact(&mut rest).await.map_err(|error| broken(&error))?;
    Ok(())
}

async fn log_in(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), login: Option<&Login>) -> Result<(), Failure> {
    let offer: &[u8] = if login.is_some() { &[5, 2, 0, 2] } else { &[5, 1, 0] };
    stream.write_all(offer).await.map_err(|error| broken(&error))?;
    let mut chosen = [0; 2];
    stream.read_exact(&mut chosen).await.map_err(|error| broken(&error))?;
    match (chosen, login) {
        ([5, 0], _) => Ok(()),
        ([5, 2], Some(login)) => {
            let (user, password) = (login.user.as_bytes(), login.password.reveal().as_bytes());
            let length = |text: &[u8]| {
                u8::try_from(text.len()).map_err(|_| failed("SOCKS5: user name or password is too long."))
            };
            let mut request = vec![1, length(user)?];
            request.extend(user);
            request.push(length(password)?);
            request.extend(password);
            stream.write_all(&request).await.map_err(|error| broken(&error))?;
            let mut reply = [0; 2];
            stream.read_exact(&mut reply).await.map_err(|error| broken(&error))?;
            match reply {
                [_, 0] => Ok(()),
                [version, status] => {
                    Err(failed(&format!("User was rejected by the SOCKS5 server ({version} {status}).")))
                }
            }
        }
        ([5, _], _) => Err(failed("No authentication method was acceptable.")),
        _ => Err(failed("Received invalid version in initial SOCKS5 response.")),
    }
}

/// Makes a failure of the handshake; the words are curl's.
fn failed(reason: &str) -> Failure {
    Failure::told(FailureKind::Proxy, TransferFault::Socks(reason.to_owned()), reason)
}

fn broken(error: &std::io::Error) -> Failure {
    failed(&format!("connection to the proxy closed: {error}"))
}
