//! A mail server that takes everything and remembers what it was told.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// How long a conversation may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server on the loopback device.
pub struct MailServer {
    port: u16,
    conversations: Receiver<String>,
}

impl MailServer {
    /// Starts one, which ends with the process.
    ///
    /// # Panics
    /// When there is no loopback device.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a loopback device");
        let port = listener.local_addr().expect("it was just bound").port();
        let (sender, conversations) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let heard = stream.map(converse).unwrap_or_default();
                if sender.send(heard).is_err() {
                    break;
                }
            }
        });
        MailServer { port, conversations }
    }

    /// Returns its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns what the next two who came said, with the date of their messages masked.
    ///
    /// # Panics
    /// When nobody comes.
    pub fn two_conversations(&self) -> [String; 2] {
        [(); 2].map(|()| self.conversations.recv_timeout(PATIENCE).expect("somebody sends mail"))
    }
}

/// Takes a message and returns everything that was said.
fn converse(stream: TcpStream) -> String {
    let mut heard = String::new();
    let Ok(mut writer) = stream.try_clone() else { return heard };
    let _ = stream.set_read_timeout(Some(PATIENCE));
    let mut say = |text: &str| writer.write_all(text.as_bytes()).is_ok();
    if !say("220 testkit ESMTP\r\n") {
        return heard;
    }
    let mut in_message = false;
    for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        let masked = if in_message && line.starts_with("Date: ") { "Date: THEN\r" } else { &line };
        heard.push_str(&masked.replace('\r', "<CR>"));
        heard.push('\n');
        in_message &= line != ".\r";
        let answer = match line.get(..4) {
            _ if in_message => continue,
            Some("EHLO") => "250-testkit\r\n250-SIZE 1000000\r\n250 8BITMIME\r\n",
            Some("DATA") => "354 go on\r\n",
            Some("QUIT") => "221 bye\r\n",
            _ => "250 fine\r\n",
        };
        in_message = answer.starts_with("354");
        if !say(answer) || answer.starts_with("221") {
            break;
        }
    }
    heard
}
