//! Five faults that one server had in its state machine within a month of 2026, as tests that such
//! a fault cannot pass. Each is about state that outlived what it belonged to.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use support::App;
use wire_core::transcript::replay;

fn hold(text: &str) {
    let text = format!("S^ 220\nC: HELO client.example\nS^ 250\n{text}");
    if let Err(mismatch) = replay(&text, || App::configured(&text)) {
        panic!("{mismatch}");
    }
}

#[test]
fn data_after_a_refused_chunk_has_a_whole_envelope() {
    hold(
        "C: MAIL FROM:<a@client.example>\nC: RCPT TO:<bob@example.org>\n\
         S^ 250\nS^ 250\n\
         C: BDAT 3 LAST\nC: a\n\
         S^ 502\n\
         C: DATA\nS^ 354\nC: .\n= end 0\nS^ 250\n\
         C: RCPT TO:<eve@example.org>\nS^ 503",
    );
}

#[test]
fn a_message_refused_at_its_end_leaves_no_envelope() {
    hold(
        "# config: message=65536\n\
         C: MAIL FROM:<a@client.example>\nC: RCPT TO:<bob@example.org>\nC: DATA\n\
         S^ 250\nS^ 250\nS^ 354\n\
         C: <70*x>\nC: a<LF>b\nC: .\n= dropped BareLf\nS^ 554\n\
         C: RCPT TO:<eve@example.org>\nS^ 503\nC: DATA\nS^ 503\n\
         C: MAIL FROM:<second@client.example>\nS^ 250\nC: RCPT TO:<eve@example.org>\n\
         = mail <second@client.example>\n= rcpt 0\nS^ 250\n\
         C: DATA\nS^ 354\nC: .\n= end 0\nS^ 250",
    );
}

#[test]
fn a_query_does_not_touch_the_envelope() {
    hold(
        "C: MAIL FROM:<a@client.example>\nC: RCPT TO:<bob@example.org>\n\
         S^ 250\nS^ 250\n\
         C: VRFY <xc3><xa9>\nS^ 252\nC: VRFY <xff>\nS^ 501\nC: EXPN x\nS^ 502\nC: HELP\nS^ 214\n\
         C: MAIL FROM:<b@client.example>\nS: 503 5.5.1 Nested MAIL\n\
         C: DATA\nS^ 354\nC: .\n= end 0\nS^ 250",
    );
}

#[test]
fn a_failed_chunk_takes_the_envelope_with_it() {
    let text = "S^ 220\nC: LHLO client.example\nS^ 250-\nS^ 250-\nS^ 250-\nS^ 250-\nS^ 250-\n\
         S^ 250-\nS^ 250-\nS^ 250 HELP\n\
         # config: lmtp\n\
         C: MAIL FROM:<a@client.example>\nC: RCPT TO:<bob@example.org>\n\
         S^ 250\nS^ 250\n\
         C: BDAT 3\nC: <LF>a<LF><->\n= dropped BareLf\nS^ 554\n\
         C: DATA\nS^ 554\n\
         C: RCPT TO:<eve@example.org>\nS^ 503\nC: DATA\nS^ 503\n\
         C: MAIL FROM:<second@client.example>\nS^ 250\nC: DATA\nS^ 503";
    if let Err(mismatch) = replay(text, || App::configured(text)) {
        panic!("{mismatch}");
    }
}

#[test]
fn many_tiny_chunks_leave_no_history() {
    // The state is O(limits): a session that refused thousands of chunks is as large as before,
    // and is cut off by the count of its faults.
    let mut text = String::from("# config: errors=50\n");
    for _ in 0..50 {
        text.push_str("C: BDAT 1\nC: x<->\nS^ 502\n");
    }
    text = text.trim_end_matches('\n').to_owned();
    text.push_str("\nS: 421 4.7.0 Too many errors\nCLOSED TooManyErrors");
    hold(&text);
}

#[test]
fn what_is_repaired_for_one_reader_is_repaired_for_all() {
    // Smuggling through a proxy: see `a_repaired_message_is_safe_to_forward` for all strings.
    hold(
        "# config: repair\n\
         C: MAIL FROM:<a@client.example>\nC: RCPT TO:<bob@example.org>\nC: DATA\n\
         S^ 250\nS^ 250\nS^ 354\n\
         C: a\nC: .<LF>MAIL FROM:<evil@client.example><LF>.\nC: .\n\
         = chunk a\\r\\n.\\r\\nMAIL FROM:<evil@client.example>\\r\\n.\\r\\n\n= end\nS^ 250",
    );
}
