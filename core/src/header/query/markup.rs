//! XML, JSON, base64 and ASCII armor.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::header::Tag;

/// What is written around and between the entries of a header, for a format that goes through all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame {
    None,
    Xml,
    Json,
}

impl Frame {
    pub(super) fn open(self, out: &mut Vec<u8>) {
        out.extend_from_slice(match self {
            Frame::None => b"",
            Frame::Xml => b"<rpmHeader>\n",
            Frame::Json => b"{\n",
        });
    }

    /// Ends what was written since `start`.
    pub(super) fn close(self, out: &mut Vec<u8>, start: usize) {
        match self {
            Frame::None => {}
            Frame::Xml => out.extend_from_slice(b"</rpmHeader>\n"),
            // The comma and the newline behind the last entry go, or whatever else stands there.
            Frame::Json if out.len() - start > 2 => {
                out.truncate(out.len() - 2);
                out.extend_from_slice(b"\n}\n");
            }
            Frame::Json => {}
        }
    }

    pub(super) fn open_entry(self, out: &mut Vec<u8>, tag: Tag, elements: usize) {
        let name = tag.name().map_or_else(|| format!("[{}]", tag.0), str::to_owned);
        match self {
            Frame::None => {}
            Frame::Xml => out.extend(format!("  <rpmTag name=\"{name}\">\n").bytes()),
            Frame::Json => {
                out.extend(format!("    \"{name}\": ").bytes());
                out.extend_from_slice(if elements > 1 { b"[\n" } else { b"" });
            }
        }
    }

    pub(super) fn close_entry(self, out: &mut Vec<u8>, elements: usize) {
        match self {
            Frame::None => {}
            Frame::Xml => out.extend_from_slice(b"  </rpmTag>\n"),
            Frame::Json if elements > 1 => out.extend_from_slice(b"    ],\n"),
            Frame::Json => out.extend_from_slice(b",\n"),
        }
    }

    pub(super) fn open_element(self, out: &mut Vec<u8>) {
        if self == Frame::Json {
            out.push(b'\t');
        }
    }

    pub(super) fn close_element(self, out: &mut Vec<u8>, at: usize, elements: usize) {
        if self == Frame::Json && elements > 1 {
            out.extend_from_slice(if at + 1 < elements { b",\n" } else { b"\n" });
        }
    }
}

/// Writes an XML element on a line of its own, without the end of the line.
pub(super) fn xml_element(name: &str, text: &[u8]) -> Vec<u8> {
    if text.is_empty() {
        return format!("\t<{name}/>").into_bytes();
    }
    let mut out = format!("\t<{name}>").into_bytes();
    for byte in text {
        match byte {
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            other => out.push(*other),
        }
    }
    out.extend(format!("</{name}>").bytes());
    out
}

/// Writes a JSON text; bytes that are no UTF-8 stay as they are.
pub(super) fn json_text(text: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    for byte in text {
        match byte {
            8 => out.extend_from_slice(b"\\b"),
            12 => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            control if *control < 0x20 => out.extend(format!("\\u{control:04x}").bytes()),
            other => out.push(*other),
        }
    }
    out.push(b'"');
    out
}

/// Writes base64 in one line.
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Writes base64 in lines of 64 characters, the last one ended, too.
pub(super) fn base64_lines(bytes: &[u8]) -> String {
    bytes.chunks(48).map(|line| STANDARD.encode(line) + "\n").collect()
}

/// Wraps an OpenPGP packet in ASCII armor.
pub(super) fn armor(kind: &str, bytes: &[u8]) -> String {
    let sum = STANDARD.encode(&crc24(bytes).to_be_bytes()[1..]);
    format!("-----BEGIN PGP {kind}-----\n\n{}={sum}\n-----END PGP {kind}-----\n", base64_lines(bytes))
}

/// The checksum of ASCII armor (RFC 4880, 6.1).
fn crc24(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x00b7_04ce, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 16, |sum, _| {
            let shifted = sum << 1;
            if shifted & 0x0100_0000 == 0 { shifted } else { (shifted ^ 0x0186_4cfb) & 0x00ff_ffff }
        })
    })
}
