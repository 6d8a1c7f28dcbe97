//! Where mails come from: a file, a stream, an mbox file, a Maildir.

use std::{
    borrow::Cow,
    fs::{self, File},
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    vec,
};

use mime_core::{
    maildir,
    mbox::{self, Item, Variant},
};

/// Octets of one mail that are kept, so that no input is too large: 256 MiB. Mail servers take
/// a tenth of it.
const MOST: usize = 256 << 20;

/// One mail or many.
pub enum Input {
    /// The octets of a mail.
    One(Vec<u8>),
    /// A file or folder of mails.
    Many(Mails),
}

impl Input {
    /// Opens a file or a Maildir; without a path, it reads stdin. What begins with `From ` is an
    /// mbox file; `mbox` says of what variant, and that it is one in any case.
    pub fn open(path: Option<&Path>, mbox: Option<Variant>) -> io::Result<Self> {
        match path {
            None => Self::read(io::stdin(), None, mbox),
            Some(path) if path.is_dir() => Mails::in_maildir(path).map(Input::Many),
            Some(path) => {
                let file = File::open(path)?;
                let octets = file.metadata()?.len();
                Self::read(file, Some(octets), mbox)
            }
        }
    }

    fn read(
        stream: impl Read + 'static,
        octets: Option<u64>,
        mbox: Option<Variant>,
    ) -> io::Result<Self> {
        let mut stream = BufReader::with_capacity(64 << 10, stream);
        let starts_mbox = stream.fill_buf()?.starts_with(b"From ");
        if mbox.is_none() && !starts_mbox {
            let mut mail = Vec::new();
            stream.take(MOST as u64).read_to_end(&mut mail)?;
            return Ok(Input::One(mail));
        }
        let variant = mbox.unwrap_or_default();
        let reader = mbox::Reader::new(variant);
        let source = Source::Mbox(Box::new(stream), reader, variant);
        Ok(Input::Many(Mails::new(source, octets)))
    }
}

/// Mails one after the other, in memory that does not grow with their number.
pub struct Mails {
    source: Source,
    mail: Vec<u8>,
    octets: Option<u64>,
    done: u64,
}

enum Source {
    Mbox(Box<dyn BufRead>, mbox::Reader, Variant),
    Maildir(vec::IntoIter<PathBuf>),
}

impl Mails {
    fn new(source: Source, octets: Option<u64>) -> Self {
        Mails {
            source,
            mail: Vec::new(),
            octets,
            done: 0,
        }
    }

    fn in_maildir(dir: &Path) -> io::Result<Self> {
        let [new, cur] = ["new", "cur"].map(|part| list(&dir.join(part)));
        let (Ok(new), Ok(cur)) = (new, cur) else {
            let why = "a folder without new and cur is no Maildir";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        };
        let mails = maildir::mails(new.iter().map(|n| &**n), cur.iter().map(|n| &**n));
        let path = |mail: &maildir::Mail<'_>| {
            let part = if mail.is_new { "new" } else { "cur" };
            dir.join(part).join(mail.name.file_name())
        };
        let paths: Vec<_> = mails.iter().map(path).collect();
        let sizes = paths.iter().filter_map(|path| path.metadata().ok());
        let octets = sizes.map(|data| data.len()).sum();
        Ok(Self::new(Source::Maildir(paths.into_iter()), Some(octets)))
    }

    /// Octets in all, if that can be known.
    pub fn octets(&self) -> Option<u64> {
        self.octets
    }

    /// Octets that were read.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// The next mail, or what is kept of it.
    pub fn next_mail(&mut self) -> io::Result<Option<&[u8]>> {
        self.mail.clear();
        let Some(octets) = (match &mut self.source {
            Source::Mbox(stream, reader, variant) => {
                let octets = next_of_mbox(stream, reader, &mut self.mail)?;
                if *variant == Variant::Mboxrd
                    && let Cow::Owned(mail) = mbox::unquoted(&self.mail)
                {
                    self.mail = mail;
                }
                octets
            }
            Source::Maildir(paths) => match paths.next() {
                None => None,
                Some(path) => {
                    let file = File::open(path)?.take(MOST as u64);
                    Some(BufReader::new(file).read_to_end(&mut self.mail)? as u64)
                }
            },
        }) else {
            return Ok(None);
        };
        self.done += octets;
        Ok(Some(&self.mail))
    }
}

fn list(dir: &Path) -> io::Result<Vec<String>> {
    let names = fs::read_dir(dir)?.map(|entry| entry.map(|entry| entry.file_name()));
    let names: Vec<_> = names.collect::<io::Result<_>>()?;
    Ok(names
        .into_iter()
        .filter_map(|name| name.into_string().ok())
        .collect())
}

/// Appends the next mail to `mail`; how many octets of the file it took.
fn next_of_mbox(
    stream: &mut dyn BufRead,
    reader: &mut mbox::Reader,
    mail: &mut Vec<u8>,
) -> io::Result<Option<u64>> {
    let mut octets = 0;
    loop {
        let chunk = stream.fill_buf()?;
        let (mut rest, eof) = (chunk, chunk.is_empty());
        let mut complete = false;
        while !complete && let Some(item) = reader.next(&mut rest, eof) {
            if let Item::Chunk(octets) = item {
                let room = MOST.saturating_sub(mail.len());
                mail.extend_from_slice(octets.get(..room).unwrap_or(octets));
            }
            complete = matches!(item, Item::End);
        }
        let used = chunk.len() - rest.len();
        stream.consume(used);
        octets += used as u64;
        if complete || eof {
            return Ok(complete.then_some(octets));
        }
    }
}
