//! Handing a message to a mail server (RFC 5321), on a connection in the clear or under TLS.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use native_tls::TlsConnector;
use oxidnf_engine::config::EmailTls;

/// How long the server may keep quiet.
const PATIENCE: Duration = Duration::from_secs(60);

/// Longest line of a server; RFC 5321 allows 512 octets.
const LONGEST_LINE: u64 = 4096;

/// Most lines of one answer.
const MOST_LINES: usize = 200;

/// Mail that could not be handed over.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    /// The connection cannot be made, or broke.
    #[error("no connection: {0}")]
    Connection(#[from] io::Error),
    /// The connection cannot be encrypted.
    #[error("cannot encrypt the connection: {0}")]
    Tls(String),
    /// The server says no.
    #[error("the server refuses {command}: {answer}")]
    Refused {
        /// The first word of what was asked for.
        command: String,
        /// Its answer.
        answer: String,
    },
    /// The server says something that is no SMTP.
    #[error("the server does not speak SMTP: {0}")]
    NoSmtp(String),
    /// The server cannot do what is asked for.
    #[error("the server does not offer {0}")]
    Missing(&'static str),
    /// An address that would end the command it is in.
    #[error("\"{0}\" is no address")]
    BadAddress(String),
}

/// A mail server and how it is talked to.
#[derive(Debug, Clone)]
pub struct MailServer<'a> {
    /// Its name or address.
    pub host: &'a str,
    /// Its port.
    pub port: u16,
    /// How the connection is kept private.
    pub tls: EmailTls,
    /// Name and password.
    pub login: Option<(String, String)>,
    /// What this host calls itself.
    pub own_name: &'a str,
}

impl MailServer<'_> {
    /// Hands over a message, whose lines end with CR and LF, for these recipients.
    pub fn send(&self, from: &str, to: &[String], message: &str) -> Result<(), SmtpError> {
        let from = address(from)?;
        let to = to.iter().map(|one| address(one)).collect::<Result<Vec<_>, _>>()?;
        let stream = self.connect()?;
        match self.tls {
            EmailTls::No => self.dialogue(stream, false)?.hand_over(from, &to, message),
            EmailTls::Yes => self.dialogue(self.encrypt(stream)?, false)?.hand_over(from, &to, message),
            EmailTls::Starttls => {
                let mut dialogue = Dialogue::new(stream);
                dialogue.greet(self.own_name, false)?;
                if !dialogue.offers("STARTTLS") {
                    return Err(SmtpError::Missing("STARTTLS"));
                }
                dialogue.ask("STARTTLS", 2)?;
                let stream = self.encrypt(dialogue.into_stream()?)?;
                self.dialogue(stream, true)?.hand_over(from, &to, message)
            }
        }
    }

    fn connect(&self) -> Result<TcpStream, SmtpError> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for address in (self.host, self.port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, PATIENCE) {
                Ok(stream) => {
                    stream.set_read_timeout(Some(PATIENCE))?;
                    stream.set_write_timeout(Some(PATIENCE))?;
                    return Ok(stream);
                }
                Err(error) => last = error,
            }
        }
        Err(last.into())
    }

    fn encrypt(&self, stream: TcpStream) -> Result<native_tls::TlsStream<TcpStream>, SmtpError> {
        let connector = TlsConnector::new().map_err(|error| SmtpError::Tls(error.to_string()))?;
        connector.connect(self.host, stream).map_err(|error| SmtpError::Tls(error.to_string()))
    }

    /// Greets the server and logs in where that is wanted; `again` when the greeting was before the encryption.
    fn dialogue<S: Read + Write>(&self, stream: S, again: bool) -> Result<Dialogue<S>, SmtpError> {
        let mut dialogue = Dialogue::new(stream);
        dialogue.greet(self.own_name, again)?;
        if let Some((name, password)) = &self.login {
            dialogue.log_in(name, password)?;
        }
        Ok(dialogue)
    }
}

/// Returns what stands in angle brackets, or all of it.
fn address(text: &str) -> Result<&str, SmtpError> {
    let inside = text.rsplit_once('<').and_then(|(_, rest)| rest.strip_suffix('>')).unwrap_or(text);
    let bad = inside.is_empty() || inside.contains(|c: char| c.is_control() || matches!(c, '<' | '>' | ' '));
    if bad { Err(SmtpError::BadAddress(text.to_owned())) } else { Ok(inside) }
}

/// A conversation with a server.
struct Dialogue<S: Read + Write> {
    stream: BufReader<S>,
    /// What the server offers, as it answered the greeting.
    offers: Vec<String>,
}

impl<S: Read + Write> Dialogue<S> {
    fn new(stream: S) -> Self {
        Dialogue { stream: BufReader::new(stream), offers: Vec::new() }
    }

    /// Returns the connection; what the server sent before the encryption it asked for is nobody's.
    fn into_stream(self) -> Result<S, SmtpError> {
        if self.stream.buffer().is_empty() {
            return Ok(self.stream.into_inner());
        }
        Err(SmtpError::NoSmtp("it goes on in the clear after STARTTLS".to_owned()))
    }

    fn greet(&mut self, own_name: &str, again: bool) -> Result<(), SmtpError> {
        if !again {
            self.answer("the connection", 2)?;
        }
        let name: String = own_name.chars().filter(char::is_ascii_graphic).collect();
        let name = if name.is_empty() { "localhost" } else { &name };
        match self.ask(&format!("EHLO {name}"), 2) {
            Ok(lines) => self.offers = lines.into_iter().skip(1).map(|line| line.to_ascii_uppercase()).collect(),
            Err(SmtpError::Refused { .. }) => drop(self.ask(&format!("HELO {name}"), 2)?),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn offers(&self, what: &str) -> bool {
        self.offers.iter().any(|offer| offer.split(' ').next() == Some(what))
    }

    fn log_in(&mut self, name: &str, password: &str) -> Result<(), SmtpError> {
        let ways = self.offers.iter().find_map(|offer| offer.strip_prefix("AUTH ")).unwrap_or_default().to_owned();
        let offered = |way: &str| ways.split(' ').any(|known| known == way);
        if offered("PLAIN") {
            self.ask("AUTH PLAIN", 3)?;
            self.tell("the login", &BASE64_STANDARD.encode(format!("\0{name}\0{password}")), 2)?;
        } else if offered("LOGIN") {
            self.ask("AUTH LOGIN", 3)?;
            self.tell("the login", &BASE64_STANDARD.encode(name), 3)?;
            self.tell("the login", &BASE64_STANDARD.encode(password), 2)?;
        } else {
            return Err(SmtpError::Missing("a login by PLAIN or LOGIN"));
        }
        Ok(())
    }

    fn hand_over(mut self, from: &str, to: &[&str], message: &str) -> Result<(), SmtpError> {
        self.ask(&format!("MAIL FROM:<{from}>"), 2)?;
        for one in to {
            self.ask(&format!("RCPT TO:<{one}>"), 2)?;
        }
        self.ask("DATA", 3)?;
        let mut text = String::with_capacity(message.len() + 64);
        for line in message.split_inclusive("\r\n") {
            // A line that begins with a dot gets a second one, as a dot alone ends the message.
            if line.starts_with('.') {
                text.push('.');
            }
            text.push_str(line);
        }
        self.tell("the message", &format!("{text}."), 2)?;
        // The message is theirs; how they take leave does not matter.
        let _ = self.ask("QUIT", 2);
        Ok(())
    }

    /// Sends a command and returns the lines of the answer, whose code must begin with this digit.
    fn ask(&mut self, command: &str, want: u8) -> Result<Vec<String>, SmtpError> {
        let name = command.split([' ', ':']).next().unwrap_or_default();
        self.tell(name, command, want)
    }

    fn tell(&mut self, name: &str, line: &str, want: u8) -> Result<Vec<String>, SmtpError> {
        let stream = self.stream.get_mut();
        stream.write_all(format!("{line}\r\n").as_bytes())?;
        stream.flush()?;
        self.answer(name, want)
    }

    fn answer(&mut self, name: &str, want: u8) -> Result<Vec<String>, SmtpError> {
        let mut lines = Vec::new();
        while lines.len() < MOST_LINES {
            let mut line = Vec::new();
            (&mut self.stream).take(LONGEST_LINE).read_until(b'\n', &mut line)?;
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            let code = line.get(..3).filter(|code| code.iter().all(u8::is_ascii_digit));
            let (Some(code), true) = (code, line.ends_with(b"\n")) else { return Err(SmtpError::NoSmtp(text)) };
            let right = code[0] == b'0' + want;
            let goes_on = line.get(3) == Some(&b'-');
            lines.push(text.get(4..).unwrap_or_default().to_owned());
            if !goes_on {
                let command = name.to_owned();
                return if right { Ok(lines) } else { Err(SmtpError::Refused { command, answer: text }) };
            }
        }
        Err(SmtpError::NoSmtp("its answer does not end".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Answers each command by the first of the rules that it begins with; returns its port and what it will have heard.
    fn server(rules: &'static [(&'static str, &'static str)]) -> (u16, thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a loopback device");
        let port = listener.local_addr().expect("it is bound").port();
        let heard = thread::spawn(move || {
            let (stream, _) = listener.accept().expect("somebody comes");
            let mut writer = stream.try_clone().expect("a stream has several names");
            let mut heard = Vec::new();
            let mut in_message = false;
            writer.write_all(b"220 here\r\n").expect("somebody listens");
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                in_message &= line != ".";
                if !in_message {
                    let rule = rules.iter().find(|(start, _)| line.starts_with(start));
                    let answer = rule.map_or("250 fine", |(_, answer)| answer);
                    in_message = answer.starts_with("354");
                    let _ = writer.write_all(format!("{answer}\r\n").as_bytes());
                }
                heard.push(line);
            }
            heard
        });
        (port, heard)
    }

    fn mail(port: u16, tls: EmailTls, login: Option<(&str, &str)>) -> Result<(), SmtpError> {
        let login = login.map(|(name, password)| (name.to_owned(), password.to_owned()));
        let server = MailServer { host: "127.0.0.1", port, tls, login, own_name: "here" };
        let to = ["one".to_owned(), "Two <two@there>".to_owned()];
        server.send("root", &to, "Subject: x\r\n\r\n.hidden\r\n..\r\ntext\r\n")
    }

    #[test]
    fn a_message_is_handed_over() {
        let (port, heard) = server(&[("DATA", "354 go on"), ("EHLO", "250-here\r\n250 SIZE 9")]);
        mail(port, EmailTls::No, None).expect("the server takes it");
        let want =
            "EHLO here|MAIL FROM:<root>|RCPT TO:<one>|RCPT TO:<two@there>|DATA|Subject: x||..hidden|...|text|.|QUIT";
        assert_eq!(heard.join().expect("the server ends").join("|"), want);
    }

    #[test]
    fn logins() {
        let (port, heard) =
            server(&[("DATA", "354 go on"), ("EHLO", "250-a\r\n250 AUTH LOGIN PLAIN"), ("AUTH", "334 ")]);
        mail(port, EmailTls::No, Some(("bob", "secret"))).expect("the server takes it");
        assert_eq!(heard.join().expect("the server ends")[1..3], ["AUTH PLAIN", "AGJvYgBzZWNyZXQ="]);
        let (port, heard) = server(&[
            ("DATA", "354 go on"),
            ("EHLO", "250-a\r\n250 AUTH LOGIN"),
            ("AUTH", "334 VXNlcm5hbWU6"),
            ("Ym9i", "334 UGFzc3dvcmQ6"),
        ]);
        mail(port, EmailTls::No, Some(("bob", "secret"))).expect("the server takes it");
        assert_eq!(heard.join().expect("the server ends")[1..4], ["AUTH LOGIN", "Ym9i", "c2VjcmV0"]);
        let (port, _) = server(&[]);
        let error = mail(port, EmailTls::No, Some(("bob", "secret")));
        assert!(matches!(error, Err(SmtpError::Missing(_))), "{error:?}");
    }

    #[test]
    fn what_goes_wrong() {
        let (port, heard) = server(&[("RCPT TO:<two", "550 who?"), ("EHLO", "502 what?")]);
        let error = mail(port, EmailTls::No, None).expect_err("a recipient is refused");
        assert_eq!(error.to_string(), "the server refuses RCPT: 550 who?");
        assert_eq!(heard.join().expect("the server ends")[1], "HELO here");
        let (port, _) = server(&[]);
        assert!(matches!(mail(port, EmailTls::Starttls, None), Err(SmtpError::Missing("STARTTLS"))));
        let (port, _) = server(&[("EHLO", "hello\r\n")]);
        assert!(matches!(mail(port, EmailTls::No, None), Err(SmtpError::NoSmtp(_))));
        let (port, _) = server(&[]);
        assert!(matches!(mail(port, EmailTls::Yes, None), Err(SmtpError::Tls(_))));
        assert!(matches!(address("a\r\nDATA"), Err(SmtpError::BadAddress(_))));
    }
}
