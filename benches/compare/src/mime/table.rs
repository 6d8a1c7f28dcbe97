//! Times and allocations, both sides in turn.

use super::work::{Ours, Side, Task, other};
use super::workloads::Workload;
use crate::times::in_turn;
use letterslot_compare::count::allocations;

/// Ratios to the peer that are aimed at; lines are to cost at most 15%.
fn goal(workload: &str, task: Task) -> Option<f64> {
    let goals: [f64; 5] = match task {
        Task::Struct => [3.5, 1.05, 4.0, 10.0, 2.5],
        Task::Lines => return goal(workload, Task::Struct).map(|goal| goal * 0.85),
        Task::Stream => return Some(0.7),
        Task::Five => return (workload == "a0").then_some(2.5),
        Task::All => [1.5, 1.15, 3.0, 1.6, 2.5],
    };
    let names = ["a0", "b", "c", "d", "e"];
    let at = names.iter().position(|name| *name == workload)?;
    Some(goals[at])
}

fn pass(side: &mut dyn Side, workload: &Workload, task: Task) {
    for mail in &workload.mails {
        side.run(mail, task);
    }
}

/// Prints one row for each task of a workload.
pub fn rows(workload: &Workload, rounds: usize) {
    let octets = workload.octets() as f64;
    for task in Task::ALL {
        let mut ours = Ours::new();
        let (mut peer, peers_task) = other(task);
        let peer = peer.as_mut();
        let mut times = in_turn(rounds, &mut || pass(&mut ours, workload, task), &mut || {
            pass(peer, workload, peers_task)
        });
        let mine = allocations(|| pass(&mut ours, workload, task));
        let others = allocations(|| pass(peer, workload, peers_task));
        let [ours, peer] = &mut times;
        let ratio = peer.best() / ours.best();
        let goal = goal(workload.name, task);
        let verdict = match goal {
            Some(goal) if ratio >= goal => "reached",
            Some(_) => "MISSED",
            None => "",
        };
        println!(
            "{:<12} {:<14} {:>8.0} {:>8.0} {ratio:>7.2} {:>7.2} {:>6} {verdict:<8} {mine:>6} {others:>6}",
            workload.name,
            task.name(),
            octets / ours.best() / 1e6,
            octets / peer.best() / 1e6,
            peer.median() / ours.median(),
            goal.map_or(String::new(), |goal| format!("{goal:.2}")),
        );
    }
}

/// The words above the rows.
pub fn head() {
    println!(
        "{:<12} {:<14} {:>8} {:>8} {:>7} {:>7} {:>6} {:<8} {:>6} {:>6}",
        "workload", "task", "ours", "peer", "ratio", "median", "goal", "", "allocs", "allocs"
    );
    println!(
        "{:<12} {:<14} {:>8} {:>8} {:>7} {:>7} {:>6} {:<8} {:>6} {:>6}",
        "", "", "MB/s", "MB/s", "best", "", "", "", "ours", "peer"
    );
}
