//! Our crates beside their peers: the same input, the same work, timed in turn in one run.
//!
//! ```text
//! cargo run --release --ignore-rust-version --manifest-path benches/compare/Cargo.toml -- mime
//! cargo run --release --ignore-rust-version --manifest-path benches/compare/Cargo.toml -- smtp
//! cargo run --release --ignore-rust-version --manifest-path benches/compare/Cargo.toml -- pop3
//! cargo run --release --ignore-rust-version --manifest-path benches/compare/Cargo.toml -- imap
//! ```
//!
//! First it compares what both sides read and lists what differs; then it prints speed, ratio, goal
//! and allocations. More arguments are names of workloads, and `rounds=N`. `ROOM run ours|peer
//! WORKLOAD [TASK] N` does one thing N times, for a profiler; `ROOM counts` does everything once,
//! for `.ci/instructions`, and what is hostile too, at two sizes; `smtp idle` tells what idle sessions
//! hold.

mod imap;
mod mime;
mod pop3;
mod smtp;
mod task;
mod times;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["mime", ref rest @ ..] => mime::main(rest),
        ["smtp", ref rest @ ..] => smtp::main(rest),
        ["pop3", ref rest @ ..] => pop3::main(rest),
        ["imap", ref rest @ ..] => imap::main(rest),
        _ => {
            mime::main(&args);
            println!();
            smtp::main(&args);
            println!();
            pop3::main(&args);
            println!();
            imap::main(&args);
        }
    }
}

/// What instructions are counted of: a profiler finds it by this name.
// SAFETY: no other function of this program has the name.
#[unsafe(no_mangle)]
#[inline(never)]
fn measured(work: &mut dyn FnMut()) {
    work();
    // So that the call above is none that replaces this one.
    std::hint::black_box(());
}
