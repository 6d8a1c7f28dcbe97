//! MIME: header fields, one target for each family. What was read is written, and read as the same.

use mime_core::{
    Address, AuthResultsBuf, BodyCanon, Canon, DateTime, Field, Header, Name, Protocol,
    ReturnPathBuf, TagList, safe_filename,
};

use crate::Dice;

/// A block whose only field has this name and all of `data` as its value: lines are folded.
fn block(name: &str, data: &[u8]) -> Vec<u8> {
    let mut block = format!("{name}: ").into_bytes();
    for octet in data {
        block.push(*octet);
        if *octet == b'\n' {
            block.push(b' ');
        }
    }
    block.extend_from_slice(b"\r\n\r\n");
    block
}

fn only(block: &[u8]) -> Field<'_> {
    let mut fields = Header::new(block).into_iter();
    let field = fields.next().expect("a field");
    assert!(fields.next().is_none(), "the value ended early");
    field
}

fn assert_inside(part: &[u8], all: &[u8]) {
    let inside = all.as_ptr_range().contains(&part.as_ptr()) && part.len() <= all.len();
    assert!(part.is_empty() || inside, "it lies outside of the input");
}

/// Text that cannot break a line or a display.
fn assert_line(text: &str) {
    assert!(
        !text.chars().any(|c| c.is_control() && c != '\t'),
        "{text:?}"
    );
}

/// Addresses lie in the input and keep to their grammar; a mailbox that is displayed is read as
/// itself; groups hold the same mailboxes.
pub fn mime_addresses(data: &[u8]) {
    let block = block("From", data);
    let field = only(&block);
    let (mut depth, mut items, mut mailboxes) = (0u32, 0, 0);
    for address in field.addresses() {
        items += 1;
        match address {
            Address::GroupStart(name) => {
                depth += 1;
                assert!(depth == 1, "a group in a group");
                assert_inside(name.raw(), &block);
                assert_line(&name.decoded());
            }
            Address::GroupEnd => depth = depth.checked_sub(1).expect("an end without a start"),
            Address::Junk(raw) => assert_inside(raw, &block),
            Address::Mailbox(mailbox) => {
                assert!(!mailbox.domain().is_empty(), "no domain");
                let Some(kept) = mailbox.into_owned() else {
                    continue;
                };
                mailboxes += 1;
                assert!(!kept.address.contains(['\r', '\n', '\0']));
                kept.name
                    .iter()
                    .chain(&kept.comment)
                    .for_each(|text| assert_line(text));
                let shown = self::block("From", kept.to_string().as_bytes());
                let again = only(&shown).addresses().single().expect("one mailbox");
                let again = again.into_owned().expect("an address");
                assert_eq!((&again.name, &again.address), (&kept.name, &kept.address));
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(depth == 0, "a group without an end");
    assert!(items <= data.len() + 1);
    let groups = field.addresses().groups();
    assert_eq!(
        groups
            .iter()
            .map(|group| group.mailboxes.len())
            .sum::<usize>(),
        mailboxes
    );
    if let Some(mailbox) = field.addresses().single() {
        assert_eq!(field.addresses().count(), 1, "{mailbox:?} is not alone");
    }
    if let Some(path) = field.return_path().and_then(|path| path.into_owned()) {
        let text = match &path {
            ReturnPathBuf::Null => "<>".to_owned(),
            ReturnPathBuf::Mailbox(mailbox) => format!("<{}>", mailbox.address),
        };
        let shown = self::block("Return-Path", text.as_bytes());
        let again = only(&shown)
            .return_path()
            .and_then(|path| path.into_owned());
        match (path, again) {
            (ReturnPathBuf::Null, Some(ReturnPathBuf::Null)) => {}
            (ReturnPathBuf::Mailbox(one), Some(ReturnPathBuf::Mailbox(two))) => {
                assert_eq!(one.address, two.address);
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Hops and results are one line of text each; results that are written are read as the same; who
/// claims an id is found.
pub fn mime_trace(data: &[u8]) {
    let block = block("Received", data);
    let hop = only(&block).received();
    let kept = hop.into_owned();
    let hosts = kept
        .from
        .iter()
        .chain(&kept.by)
        .flat_map(|host| [&host.name, &host.helo]);
    let texts = [&kept.via, &kept.with, &kept.id].into_iter().flatten();
    hosts
        .chain(texts)
        .chain(&kept.comments)
        .for_each(|text| assert_line(text));
    let parentheses = data.iter().filter(|octet| **octet == b'(').count();
    assert!(kept.comments.len() <= parentheses);
    if let Some(protocol) = kept.protocol {
        let again = Protocol::of(protocol.to_string().as_bytes()).expect("it was one");
        assert_eq!(again.to_string(), protocol.to_string());
        assert!((again.tls, again.authenticated) == (protocol.tls, protocol.authenticated));
    }
    let block = self::block("Authentication-Results", data);
    let results = only(&block).auth_results().into_owned();
    if let Some(id) = &results.authserv_id {
        let found = Header::new(&block).untrusted_results(id).count();
        assert_eq!(found, 1, "{id:?} is not found");
    }
    if let Some(text) = written(&results) {
        let shown = self::block("Authentication-Results", text.as_bytes());
        let mut again = only(&shown).auth_results().into_owned();
        for (again, before) in again.results.iter_mut().zip(&results.results) {
            again.comments.clone_from(&before.comments);
        }
        assert_eq!(again, results, "{text:?}");
    }
}

/// The results in the form of RFC 8601; `None` if they hold what that form cannot.
fn written(results: &AuthResultsBuf) -> Option<String> {
    let word = |text: &str| {
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        (!text.is_empty() && text.chars().all(is_word)).then(|| text.to_owned())
    };
    let quoted = |text: &str| {
        let text = text.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{text}\"")
    };
    let mut out = String::new();
    if let Some(instance) = results.instance {
        out += &format!("i={instance}; ");
    }
    out += &quoted(results.authserv_id.as_ref()?);
    out += &format!(" {}", results.version?);
    for result in &results.results {
        let (method, version) = (word(&result.method)?, result.version?);
        out += &format!("; {method}/{version}={}", quoted(&result.result));
        if let Some(reason) = &result.reason {
            out += &format!(" reason={}", quoted(reason));
        }
        for property in &result.properties {
            let name = word(&property.name)?;
            let dot = if property.ptype.is_empty() { "" } else { "." };
            let ptype = if dot.is_empty() {
                dot.to_owned()
            } else {
                word(&property.ptype)?
            };
            out += &format!(" {ptype}{dot}{name}={}", quoted(&property.value));
        }
    }
    Some(out)
}

/// Lists, parameters, file names and dates: written and read as the same.
pub fn mime_values(data: &[u8]) {
    let block = block("List-Post", data);
    let field = only(&block);
    let uris: Vec<_> = field.list().map(|uri| uri.uri().into_owned()).collect();
    assert!(uris.len() <= data.iter().filter(|octet| **octet == b'<').count());
    let text: Vec<_> = uris.iter().map(|uri| format!("<{uri}>")).collect();
    let shown = self::block("List-Post", text.join(", ").as_bytes());
    let again: Vec<_> = only(&shown)
        .list()
        .map(|uri| uri.uri().into_owned())
        .collect();
    assert_eq!(again, uris);
    if let Some(list) = field.list_id() {
        let id = list.id();
        assert!(!id.is_empty() && list.is(&id.to_ascii_uppercase()));
        assert_line(&id);
    }
    for word in field.encoded_words() {
        assert_line(&word.text());
        assert_line(&word.charset());
    }
    let block = self::block("Content-Disposition", data);
    let field = only(&block);
    if let Some(disposition) = field.disposition() {
        let params = disposition.params_raw();
        for param in params {
            assert_inside(param.name(), &block);
        }
        let all: Vec<_> = params.decoded().collect();
        assert!(all.len() <= params.count());
        for (name, value) in &all {
            assert_line(value);
            if !name.contains('\u{fffd}') {
                assert_eq!(
                    params.get(name).as_deref(),
                    Some(value.as_str()),
                    "{name:?}"
                );
            }
        }
        if let Some(name) = disposition.safe_filename() {
            assert_safe(&name);
        }
    }
    if let Some(name) = safe_filename(&String::from_utf8_lossy(data)) {
        assert_safe(&name);
    }
    if let Some(date) = DateTime::parse(data) {
        assert_eq!(DateTime::parse(date.to_string().as_bytes()), Some(date));
        let utc = DateTime::from_unix(date.unix()).or_else(|| date.to_utc());
        assert!(utc.is_none_or(|utc| utc.unix() == date.unix()));
        assert_eq!(date.to_rfc3339().get(10..11), Some("T"));
    }
}

/// A file name that is one, and stays the same.
fn assert_safe(name: &str) {
    assert!(!name.is_empty() && name.len() <= 255 && !name.starts_with('.'));
    let bad = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':' | '\u{202e}');
    assert!(!name.contains(bad), "{name:?}");
    assert_eq!(safe_filename(name).as_deref(), Some(name));
}

/// Tag lists that are written are read as the same; canonical forms do not depend on how the body is
/// cut and stay what they are; a signature is without its value.
pub fn mime_dkim(data: &[u8]) {
    if let Ok(list) = TagList::parse(data) {
        let tags: Vec<_> = list.iter().collect();
        assert!(!tags.is_empty() && tags.len() <= TagList::MAX_TAGS);
        let mut written = Vec::new();
        for tag in &tags {
            assert_inside(tag.value, data);
            assert_eq!(list.get(tag.name), Some(tag.value), "a doubled tag");
            written.extend_from_slice(&[tag.name.as_bytes(), b" = ", tag.value, b" ;"].concat());
        }
        let again = TagList::parse(&written).expect("it was one");
        let pairs = |list: TagList<'_>| {
            let pairs = list
                .iter()
                .map(|tag| (tag.name.to_owned(), tag.value.to_vec()));
            pairs.collect::<Vec<_>>()
        };
        assert_eq!(pairs(again), pairs(list));
    }
    let mut dice = Dice::of(data);
    for canon in [Canon::Simple, Canon::Relaxed] {
        let whole = body(canon.body(), &[data]);
        assert_eq!(
            whole,
            body(canon.body(), &dice.cut(data)),
            "{canon:?}: it depends on cuts"
        );
        assert_eq!(
            whole,
            body(canon.body(), &[&whole]),
            "{canon:?}: it was not canonical"
        );
        let once = fields(canon, &block("Subject", data));
        let again = fields(canon, &[&once[..], b"\r\n"].concat());
        assert_eq!(once, again, "{canon:?}: the field was not canonical");
    }
    let block = block("DKIM-Signature", data);
    let header = Header::new(&block);
    let signature = header
        .first(Name::DkimSignature)
        .map(|field| field.dkim_signature());
    if let Some(Ok(signature)) = signature {
        assert!(!signature.signature().is_empty() && !signature.body_hash().is_empty());
        assert!(
            signature
                .signed_fields()
                .any(|name| name.eq_ignore_ascii_case("from"))
        );
        assert!(
            signature
                .identity()
                .to_lowercase()
                .ends_with(&signature.domain().to_lowercase())
        );
        assert_line(&signature.identity());
        let mut signed = Vec::new();
        signature.write_signed(header, &mut |piece| signed.extend_from_slice(piece));
        assert!(!signed.ends_with(b"\n"), "a line end is left");
        let value = signed
            .split(|octet| *octet == b':')
            .skip(1)
            .collect::<Vec<_>>()
            .join(&b':');
        let tags = TagList::parse(&value).expect("it was one");
        assert_eq!(tags.get("b"), Some(&b""[..]));
        assert_eq!(tags.iter().count(), signature.tags().iter().count());
    }
}

fn body(mut canon: BodyCanon, chunks: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    chunks
        .iter()
        .for_each(|chunk| canon.push(chunk, &mut |piece| out.extend_from_slice(piece)));
    canon.finish(&mut |piece| out.extend_from_slice(piece));
    out
}

fn fields(canon: Canon, block: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for field in Header::new(block) {
        canon.write_field(field, &mut |piece| out.extend_from_slice(piece));
    }
    out
}
