//! mime-core beside mail-parser.

mod equal;
mod growth;
mod table;
mod work;
mod workloads;

use crate::measured;
use work::{Ours, Peer, Side, Task};
use workloads::Workload;

/// Compares, or does what the first argument says.
pub fn main(args: &[&str]) {
    match args {
        ["counts"] => counts(),
        ["run", side, name, task, times] => run(side, name, task, times.parse().unwrap_or(1)),
        _ => compare(args),
    }
}

fn compare(args: &[&str]) {
    let rounds = crate::times::rounds(args, 60);
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
