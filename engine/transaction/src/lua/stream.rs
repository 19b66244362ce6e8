//! Compressed files as `rpm.open` gives them.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;

use liblzma::stream::{Check, LzmaOptions, Stream as LzmaStream};
use mlua::{UserData, UserDataMethods, Value};
use rustix::io::Errno;

use super::args::{Answer, Call, Failure, Registrar, one};
use crate::fsm::error::describe;

/// Memory that an xz or lzma stream may ask for; rpm's own limit.
const LZMA_MEMORY: u64 = 100 << 20;
/// A read without a size takes so much at a time.
const BLOCK: usize = 64 << 10;

/// How a file is compressed, by rpm's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Codec {
    Gzip,
    Bzip2,
    Xz,
    Lzma,
    Zstd,
}

impl Codec {
    fn of(name: &[u8]) -> Option<Self> {
        match name {
            b"gzdio" => Some(Codec::Gzip),
            b"bzdio" => Some(Codec::Bzip2),
            b"xzdio" => Some(Codec::Xz),
            b"lzdio" => Some(Codec::Lzma),
            b"zstdio" => Some(Codec::Zstd),
            _ => None,
        }
    }
}

/// What is done with a file: the letters before the point.
#[derive(Debug, Clone, Copy)]
struct Mode {
    write: bool,
    append: bool,
    exclusive: bool,
    /// A digit.
    level: Option<u32>,
}

impl Mode {
    fn of(letters: &[u8]) -> Self {
        Mode {
            write: letters.contains(&b'w') || letters.contains(&b'a'),
            append: letters.contains(&b'a'),
            exclusive: letters.contains(&b'x'),
            level: letters.iter().find(|letter| letter.is_ascii_digit()).map(|digit| u32::from(digit - b'0')),
        }
    }

    fn open(self, path: &[u8]) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(!self.write).write(self.write && !self.append).append(self.append).mode(0o666);
        options.create(self.write).truncate(self.write && !self.append).create_new(self.write && self.exclusive);
        options.open(OsStr::from_bytes(path))
    }

    /// Opens a file again that was open already; what is in it stays.
    fn open_again(self, path: &[u8], place: u64) -> io::Result<File> {
        let mut options = OpenOptions::new();
        let mut file = options.read(!self.write).write(self.write).open(OsStr::from_bytes(path))?;
        file.seek(SeekFrom::Start(place))?;
        Ok(file)
    }
}

/// An open file; none once it is closed.
enum Stream {
    Reading(Box<dyn Read>),
    Writing(Box<Writer>),
}

/// A compressor over a file.
enum Writer {
    Gzip(flate2::write::GzEncoder<File>),
    Bzip2(bzip2::write::BzEncoder<File>),
    Lzma(liblzma::write::XzEncoder<File>),
    Zstd(zstd::stream::write::Encoder<'static, File>),
}

impl Writer {
    fn new(codec: Codec, level: Option<u32>, file: File) -> io::Result<Self> {
        let broken = |error: liblzma::stream::Error| io::Error::other(error.to_string());
        Ok(match codec {
            Codec::Gzip => {
                Writer::Gzip(flate2::write::GzEncoder::new(file, flate2::Compression::new(level.unwrap_or(6))))
            }
            Codec::Bzip2 => {
                let level = level.filter(|level| *level > 0).unwrap_or(9);
                Writer::Bzip2(bzip2::write::BzEncoder::new(file, bzip2::Compression::new(level)))
            }
            Codec::Xz => {
                let stream = LzmaStream::new_easy_encoder(level.unwrap_or(6), Check::Sha256).map_err(broken)?;
                Writer::Lzma(liblzma::write::XzEncoder::new_stream(file, stream))
            }
            Codec::Lzma => {
                let options = LzmaOptions::new_preset(level.unwrap_or(6)).map_err(broken)?;
                let stream = LzmaStream::new_lzma_encoder(&options).map_err(broken)?;
                Writer::Lzma(liblzma::write::XzEncoder::new_stream(file, stream))
            }
            Codec::Zstd => {
                let level = level.and_then(|level| i32::try_from(level).ok()).unwrap_or(3);
                Writer::Zstd(zstd::stream::write::Encoder::new(file, level)?)
            }
        })
    }

    fn inner(&mut self) -> &mut dyn Write {
        match self {
            Writer::Gzip(writer) => writer,
            Writer::Bzip2(writer) => writer,
            Writer::Lzma(writer) => writer,
            Writer::Zstd(writer) => writer,
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Writer::Gzip(writer) => writer.finish().map(drop),
            Writer::Bzip2(writer) => writer.finish().map(drop),
            Writer::Lzma(writer) => writer.finish().map(drop),
            Writer::Zstd(writer) => writer.finish().map(drop),
        }
    }
}

fn reader(codec: Codec, file: File) -> io::Result<Box<dyn Read>> {
    let mut file = BufReader::with_capacity(BLOCK, file);
    let lzma = |stream: Result<LzmaStream, liblzma::stream::Error>| {
        stream.map_err(|error| io::Error::other(error.to_string()))
    };
    Ok(match codec {
        // What is not compressed is read as it is.
        Codec::Gzip if !io::BufRead::fill_buf(&mut file)?.starts_with(&[0x1f, 0x8b]) => Box::new(file),
        Codec::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(file)),
        Codec::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(file)),
        Codec::Xz | Codec::Lzma => {
            let stream = lzma(LzmaStream::new_auto_decoder(LZMA_MEMORY, 0))?;
            Box::new(liblzma::bufread::XzDecoder::new_stream(file, stream))
        }
        Codec::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(file)?),
    })
}

/// Lua's side of an open file.
struct Handle {
    stream: Option<Stream>,
    codec: Codec,
}

impl Handle {
    /// Says in rpm's words why something failed; often it has none.
    fn reason(&self, error: &io::Error) -> String {
        match (self.codec, error.raw_os_error()) {
            (_, Some(errno)) => describe(Errno::from_raw_os_error(errno)),
            (Codec::Xz | Codec::Lzma, None) => "Lzma: decoding error".to_owned(),
            (Codec::Bzip2, None) if error.kind() == io::ErrorKind::UnexpectedEof => "UNEXPECTED_EOF".to_owned(),
            (Codec::Bzip2, None) => "DATA_ERROR_MAGIC".to_owned(),
            (Codec::Zstd, None) => error.to_string(),
            (Codec::Gzip, None) => String::new(),
        }
    }

    fn read(&mut self, size: Option<usize>) -> Result<Vec<u8>, String> {
        let Some(Stream::Reading(stream)) = &mut self.stream else { return Err(String::new()) };
        let mut out = Vec::new();
        let read = match size {
            Some(size) => stream.take(size as u64).read_to_end(&mut out),
            None => stream.read_to_end(&mut out),
        };
        match read {
            // What has come of a file that was cut counts.
            Err(error)
                if error.kind() == io::ErrorKind::UnexpectedEof && matches!(self.codec, Codec::Gzip | Codec::Zstd) =>
            {
                Ok(out)
            }
            read => read.map(|_| out).map_err(|error| self.reason(&error)),
        }
    }

    fn write(&mut self, text: &[u8]) -> Result<(), String> {
        let Some(Stream::Writing(writer)) = &mut self.stream else { return Err(String::new()) };
        let written = writer.inner().write_all(text);
        written.map_err(|error| self.reason(&error))
    }

    fn flush(&mut self) {
        // The others write whole blocks only; a failure is told by the write that follows, as in rpm.
        if let Some(Stream::Writing(writer)) = &mut self.stream
            && matches!(**writer, Writer::Gzip(_) | Writer::Zstd(_))
        {
            let _ = writer.inner().flush();
        }
    }

    fn close(&mut self) {
        if let Some(Stream::Writing(writer)) = self.stream.take() {
            // rpm's own close says nothing of it either.
            let _ = writer.finish();
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.close();
    }
}

impl UserData for Handle {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        // Results are those of Lua's own files: a value, or nil and the reason.
        methods.add_method_mut("read", |lua, handle, size: Value| {
            let size = super::args::as_number(&size).map(|size| usize::try_from(size).unwrap_or(0));
            Ok(match handle.read(size) {
                Ok(bytes) => (Value::String(lua.create_string(bytes)?), None),
                Err(reason) => (Value::Nil, Some(reason)),
            })
        });
        methods.add_method_mut("write", |_, handle, text: mlua::LuaString| {
            Ok(match handle.write(&text.as_bytes()) {
                Ok(()) => (Value::Boolean(true), None),
                Err(reason) => (Value::Nil, Some(reason)),
            })
        });
        methods.add_method_mut("seek", |_, _, ()| Ok((Value::Nil, String::new())));
        methods.add_method_mut("flush", |_, handle, ()| {
            handle.flush();
            Ok(())
        });
        methods.add_method_mut("close", |_, handle, ()| {
            handle.close();
            Ok(())
        });
    }
}

/// Adds the function that opens: path, letters of the mode, name of the codec, and where to go on in a file that was
/// open already.
pub(super) fn register(to: &Registrar<'_>) -> mlua::Result<()> {
    to.add("stream", |call| {
        let (path, mode) = (call.text(1)?, Mode::of(&call.text(2)?));
        let place = call.optional_number(4)?.and_then(|place| u64::try_from(place).ok());
        let file = match place {
            Some(place) => mode.open_again(&path, place),
            None => mode.open(&path),
        };
        let file = match file {
            Ok(file) => file,
            Err(error) => return call.failed(Errno::from_io_error(&error).unwrap_or(Errno::INVAL), None),
        };
        // rpm has opened the file by then, and emptied it.
        let Some(codec) = Codec::of(&call.text(3)?) else { return call.failed(Errno::INVAL, None) };
        let stream = if mode.write {
            Writer::new(codec, mode.level, file).map(|writer| Stream::Writing(Box::new(writer)))
        } else {
            reader(codec, file).map(Stream::Reading)
        };
        open(call, stream, codec)
    })
}

fn open(call: &Call<'_>, stream: io::Result<Stream>, codec: Codec) -> Answer {
    match stream {
        Ok(stream) => {
            let handle = call.lua.create_userdata(Handle { stream: Some(stream), codec }).map_err(Failure::from)?;
            Ok(one(Value::UserData(handle)))
        }
        Err(error) => call.failed(Errno::from_io_error(&error).unwrap_or(Errno::INVAL), None),
    }
}
