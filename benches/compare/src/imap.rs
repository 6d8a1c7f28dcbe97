//! imap-proto beside imap-codec, which reads and writes messages of IMAP and leaves sessions, stores
//! and mail to its user.

mod commands;
mod fetch;
mod growth;

use crate::measured;
use crate::smtp::{Task, head};
use crate::times::rounds;
use letterslot_compare::count::allocations;

/// Compares, or does what the first argument says.
pub fn main(args: &[&str]) {
    match args {
        ["counts"] => counts(),
        ["run", side, name, times] => run(side, name, times.parse().unwrap_or(1)),
        _ => compare(args),
    }
}

fn tasks() -> Vec<Task> {
    let mut tasks = commands::tasks();
    tasks.extend(fetch::tasks());
    tasks
}

fn compare(args: &[&str]) {
    let rounds = rounds(args, 20);
    let wanted: Vec<&&str> = args.iter().filter(|arg| !arg.contains('=')).collect();
    println!("Equal work:");
    commands::check();
    fetch::check();
    println!();
    head();
    for mut task in tasks() {
        if wanted.is_empty() || wanted.iter().any(|part| task.name.contains(**part)) {
            task.row(rounds);
        }
    }
}

fn run(side: &str, name: &str, times: u32) {
    let Some(mut task) = tasks().into_iter().find(|task| task.name == name) else {
        println!("no such task");
        return;
    };
    let work = match (side, &mut task.peer) {
        ("peer", Some(peer)) => peer,
        _ => &mut task.ours,
    };
    for _ in 0..times {
        measured(work);
    }
}

/// One line for each call of [`measured`], in their order: what it was, and of how many units.
fn counts() {
    for mut task in tasks() {
        let sides = [("ours", Some(&mut task.ours)), ("peer", task.peer.as_mut())];
        for (side, work) in sides {
            let Some(work) = work else { continue };
            // Storage grows in the first pass.
            work();
            let allocations = allocations(&mut *work);
            println!("work|{}|{side}|{}|{allocations}", task.name, task.units);
            measured(work);
        }
    }
    for growth in growth::ALL {
        for case in growth.cases() {
            println!("growth|{}|{}", growth.name, case.octets());
            measured(&mut || case.run());
        }
    }
}
