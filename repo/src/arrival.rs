//! A file that is read while it is still being fetched.
//!
//! Who fetches tells how much of the file is there and, once the whole is verified, that it is complete; who reads
//! waits for more and comes to the end only then. So nothing is concluded from bytes that turn out to be wrong.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// How much of a file is there.
#[derive(Debug, Default)]
pub(crate) struct Arrival {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    file: Option<Arc<File>>,
    len: u64,
    end: End,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum End {
    #[default]
    Open,
    /// All of it is there and right.
    Complete,
    /// It will not come, or not in this file.
    GivenUp,
}

impl Arrival {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says where the bytes are. A file that begins again when some of it may have been read already is given up.
    pub(crate) fn start(&self, file: &File) {
        let mut state = self.state();
        if state.len > 0 {
            state.end = End::GivenUp;
        } else {
            state.file = file.try_clone().ok().map(Arc::new);
        }
        self.changed.notify_all();
    }

    /// Says that more bytes are there.
    pub(crate) fn grow(&self, bytes: usize) {
        self.state().len += bytes as u64;
        self.changed.notify_all();
    }

    /// Says that the whole file is there and right.
    pub(crate) fn complete(&self) {
        self.end(End::Complete);
    }

    /// Says that nobody needs to wait any longer.
    pub(crate) fn give_up(&self) {
        self.end(End::GivenUp);
    }

    fn end(&self, end: End) {
        let mut state = self.state();
        if state.end == End::Open {
            state.end = end;
        }
        self.changed.notify_all();
    }

    /// Waits until there is something behind `place`, and returns the file and how far it goes; `None` at its end.
    fn wait(&self, place: u64) -> io::Result<Option<(Arc<File>, u64)>> {
        let waits = |state: &mut State| state.end == End::Open && state.len <= place;
        let state = self.changed.wait_while(self.state(), waits).unwrap_or_else(PoisonError::into_inner);
        match (&state.file, state.end) {
            (_, End::GivenUp) | (None, _) => Err(given_up()),
            (Some(_), End::Complete) if state.len <= place => Ok(None),
            (Some(file), _) => Ok(Some((Arc::clone(file), state.len))),
        }
    }

    /// Waits for the first bytes; tells whether there are any.
    pub(crate) fn begins(&self) -> bool {
        matches!(self.wait(0), Ok(Some(_)))
    }

    /// Reads the file from its start.
    pub(crate) fn reader(self: &Arc<Self>) -> ArrivalReader {
        ArrivalReader { arrival: Arc::clone(self), place: 0 }
    }
}

fn given_up() -> io::Error {
    io::Error::other("the file will not be complete")
}

/// Reads what is there and waits for the rest.
#[derive(Debug)]
pub(crate) struct ArrivalReader {
    arrival: Arc<Arrival>,
    place: u64,
}

impl Read for ArrivalReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some((file, len)) = self.arrival.wait(self.place)? else { return Ok(0) };
        let there = usize::try_from(len - self.place).unwrap_or(usize::MAX).min(buffer.len());
        let read = file.read_at(&mut buffer[..there], self.place)?;
        // Somebody made it shorter.
        if read == 0 && there > 0 {
            return Err(given_up());
        }
        self.place += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::thread;

    use super::*;

    fn growing() -> (File, Arc<Arrival>) {
        let file = tempfile::tempfile().expect("temporary file");
        let arrival = Arc::new(Arrival::default());
        arrival.start(&file);
        (file, arrival)
    }

    fn add(file: &mut File, arrival: &Arrival, bytes: &[u8]) {
        file.write_all(bytes).expect("writable");
        arrival.grow(bytes.len());
    }

    #[test]
    fn the_end_comes_when_it_is_complete() {
        let (mut file, arrival) = growing();
        let mut reader = arrival.reader();
        let reading = thread::spawn(move || {
            let mut text = String::new();
            reader.read_to_string(&mut text).map(|_| text)
        });
        add(&mut file, &arrival, b"one ");
        add(&mut file, &arrival, b"two");
        arrival.complete();
        // Whatever is said later is too late.
        arrival.give_up();
        assert_eq!(reading.join().expect("no panic").expect("readable"), "one two");
    }

    #[test]
    fn what_is_given_up_is_an_error_for_those_who_wait() {
        let (mut file, arrival) = growing();
        let mut reader = arrival.reader();
        add(&mut file, &arrival, b"one");
        let reading = thread::spawn(move || reader.read_to_end(&mut Vec::new()));
        arrival.give_up();
        reading.join().expect("no panic").expect_err("the rest does not come");
        assert!(!arrival.begins());
    }

    #[test]
    fn a_file_that_begins_again_is_given_up() {
        let (mut file, arrival) = growing();
        arrival.start(&file);
        add(&mut file, &arrival, b"one");
        assert!(arrival.begins(), "nothing had come when it began again");
        arrival.start(&file);
        arrival.complete();
        arrival.reader().read_to_end(&mut Vec::new()).expect_err("what was read may be of another file");
    }

    #[test]
    fn a_file_that_was_there_before_never_begins() {
        let arrival = Arrival::default();
        arrival.complete();
        assert!(!arrival.begins());
    }
}
