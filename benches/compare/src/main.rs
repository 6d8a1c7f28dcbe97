//! mime-core beside mail-parser: the same messages, the same work, timed in turn in one run.
//!
//! ```text
//! cargo run --release --ignore-rust-version --manifest-path benches/compare/Cargo.toml
//! ```
//!
//! First it compares what both sides read out of every message and lists what differs; then it
//! prints throughput, ratio, goal and allocations. Arguments are names of workloads, and
//! `rounds=N`. `run ours|peer WORKLOAD TASK N` does one thing N times, for a profiler; `counts`
//! does everything once, for `.ci/instructions`, and hostile mail too, at two sizes.

mod equal;
mod growth;
mod table;
mod work;
mod workloads;

use work::{Ours, Peer, Side, Task};
use workloads::Workload;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["counts"] => counts(),
        ["run", side, name, task, times] => run(side, name, task, times.parse().unwrap_or(1)),
        _ => compare(&args),
    }
}

fn compare(args: &[&str]) {
    let rounds = args.iter().find_map(|arg| arg.strip_prefix("rounds="));
    let rounds = rounds.and_then(|n| n.parse().ok()).unwrap_or(60);
    let wanted: Vec<&&str> = args.iter().filter(|arg| !arg.contains('=')).collect();
    let mut workloads = workloads::all();
    workloads.retain(|workload| wanted.is_empty() || wanted.contains(&&workload.name));
    println!("Equal work:");
    for workload in &workloads {
        let alike = equal::check(workload, 40);
        println!(
            "  {}: {} octets, {alike} of {} messages read alike",
            workload.name,
            workload.octets(),
            workload.mails.len()
        );
    }
    println!();
    table::head();
    for workload in &workloads {
        table::rows(workload, rounds);
    }
}

fn run(side: &str, name: &str, task: &str, times: u32) {
    let workload = workloads::all().into_iter().find(|w| w.name == name);
    let task = Task::ALL.into_iter().find(|t| t.name() == task);
    let (Some(workload), Some(task)) = (workload, task) else {
        println!("no such workload or task");
        return;
    };
    let mut side = side_of(side);
    for _ in 0..times {
        measured(&mut || pass(side.as_mut(), &workload, task));
    }
}

fn side_of(name: &str) -> Box<dyn Side> {
    match name {
        "ours" => Box::new(Ours::new()),
        _ => Box::new(Peer::new()),
    }
}

fn pass(side: &mut dyn Side, workload: &Workload, task: Task) {
    for mail in &workload.mails {
        side.run(mail, task);
    }
}

/// One line for each call of [`measured`], in their order: what it was, and of how many octets.
fn counts() {
    for workload in workloads::all() {
        for task in Task::ALL {
            let (peer, peers_task) = work::other(task);
            let ours: Box<dyn Side> = Box::new(Ours::new());
            for (name, mut side, does) in [("ours", ours, task), ("peer", peer, peers_task)] {
                // Storage grows in the first pass.
                pass(side.as_mut(), &workload, does);
                println!(
                    "work|{}|{}|{name}|{}",
                    workload.name,
                    task.name(),
                    workload.octets()
                );
                measured(&mut || pass(side.as_mut(), &workload, does));
            }
        }
    }
    for growth in growth::ALL {
        for work in growth::Work::ALL {
            for mail in growth.mails() {
                println!("growth|{}|{}|{}", growth.name, work.name(), mail.len());
                measured(&mut || work.run(&mail));
            }
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
