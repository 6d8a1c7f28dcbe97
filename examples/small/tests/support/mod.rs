//! Starts an example as a process of its own and speaks to it as a client would.
#![allow(dead_code)]

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

/// No test waits longer for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// The program of this name, which cargo has built beside the tests.
pub fn example(name: &str) -> Command {
    let test = env::current_exe().unwrap();
    let mut path: PathBuf = test.ancestors().nth(2).unwrap().join("examples").join(name);
    path.set_extension(env::consts::EXE_EXTENSION);
    assert!(path.exists(), "not built: cargo build -p small --examples");
    Command::new(path)
}

/// A running example; it ends with the test.
pub struct Server {
    child: Child,
    printed: BufReader<ChildStdout>,
    address: String,
}

impl Server {
    /// Starts it with these arguments and a free port.
    pub fn start(name: &str, arguments: &[&str]) -> Self {
        let mut command = example(name);
        command.args(arguments).arg("127.0.0.1:0");
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let printed = BufReader::new(child.stdout.take().unwrap());
        let mut server = Server {
            child,
            printed,
            address: String::new(),
        };
        let line = server.line();
        server.address = line.strip_prefix("listening on ").unwrap().to_owned();
        server
    }

    /// The next line that it prints.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.printed.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn connect(&self) -> Client {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Client {
            stream: BufReader::new(stream),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client that knows lines.
pub struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    pub fn send(&mut self, octets: impl AsRef<[u8]>) {
        self.stream.get_mut().write_all(octets.as_ref()).unwrap();
    }

    /// One line with its end; empty when the server closed.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        line
    }

    /// Lines up to the first that begins like this.
    pub fn until(&mut self, start: &str) -> String {
        let mut all = String::new();
        loop {
            let line = self.line();
            assert!(!line.is_empty(), "closed after {all:?}, before {start:?}");
            all += &line;
            if line.starts_with(start) {
                return all;
            }
        }
    }

    /// Sends a line, and gives the lines of the answer up to one that begins like this.
    pub fn say(&mut self, line: &str, start: &str) -> String {
        self.send(format!("{line}\r\n"));
        self.until(start)
    }

    /// Whatever still comes until the server closes.
    pub fn rest(&mut self) -> String {
        let mut all = Vec::new();
        // A reset is an end, too.
        let _ = self.stream.read_to_end(&mut all);
        String::from_utf8_lossy(&all).into_owned()
    }
}
