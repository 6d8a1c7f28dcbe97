//! smtp-proto beside the crate of the same name by Stalwart Labs, which parses requests and takes
//! the dots out of messages, and leaves all else to its user.

mod body;
mod commands;
mod equal;
mod growth;
mod idle;
mod session;

use crate::measured;
use crate::times::{in_turn, rounds};
use letterslot_compare::count::allocations;

/// Something that both sides do, or one alone.
pub struct Task {
    /// Its name in the tables.
    pub name: &'static str,
    /// What is counted by the second: commands, octets, sessions.
    pub unit: Unit,
    /// How many of them one call does.
    pub units: usize,
    /// The ratio to the peer that is aimed at.
    pub goal: Option<f64>,
    /// Our side.
    pub ours: Box<dyn FnMut()>,
    /// The peer's.
    pub peer: Option<Box<dyn FnMut()>>,
}

/// What a task is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Command lines.
    Commands,
    /// Octets of a message.
    Octets,
    /// Sessions from the greeting to the end.
    Sessions,
}

/// Compares, or does what the first argument says.
pub fn main(args: &[&str]) {
    match args {
        ["counts"] => counts(),
        ["idle"] => idle::print(),
        ["run", side, name, times] => run(side, name, times.parse().unwrap_or(1)),
        _ => compare(args),
    }
}

fn tasks() -> Vec<Task> {
    let mut tasks = commands::tasks();
    tasks.extend(body::tasks());
    tasks.extend(session::tasks());
    tasks
}

fn compare(args: &[&str]) {
    let rounds = rounds(args, 100);
    let wanted: Vec<&&str> = args.iter().filter(|arg| !arg.contains('=')).collect();
    println!("Equal work:");
    equal::check();
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
        for input in growth.inputs() {
            println!("growth|{}|{}", growth.name, input.len());
            measured(&mut || growth.run(&input));
        }
    }
}

/// Prints the head of the table.
pub fn head() {
    let columns = |name, unit, words: [&str; 7]| {
        let [a, b, c, d, e, f, g] = words;
        println!("{name:<34} {unit:<5} {a:>8} {b:>8} {c:>6} {d:>6} {e:>5} {f:<8} {g:>6}  ");
    };
    columns(
        "task",
        "unit",
        ["ours", "peer", "ratio", "median", "goal", "", "allocs"],
    );
    columns("", "", ["", "", "best", "", "", "", "both"]);
}

impl Task {
    /// Times it and prints its line.
    pub fn row(&mut self, rounds: usize) {
        // By itself it is measured against itself.
        let nothing: &mut dyn FnMut() = &mut || {};
        let [mut ours, mut peer] = match &mut self.peer {
            Some(peer) => in_turn(rounds, &mut self.ours, peer),
            None => {
                let [times, _] = in_turn(rounds, &mut self.ours, nothing);
                [times, Default::default()]
            }
        };
        let units = self.units as f64;
        let (unit, speed): (_, fn(f64, f64) -> f64) = match self.unit {
            Unit::Commands => ("M/s", |units, seconds| units / seconds / 1e6),
            Unit::Octets => ("MB/s", |units, seconds| units / seconds / 1e6),
            Unit::Sessions => ("ns", |units, seconds| seconds * 1e9 / units),
        };
        let ours_speed = speed(units, ours.best());
        let mine = allocations(&mut self.ours);
        print!("{:<34} {unit:<5} {ours_speed:>8.1} ", self.name);
        let Some(work) = &mut self.peer else {
            println!(
                "{:>8} {:>6} {:>6} {:>5} {:<8} {mine:>3}",
                "-", "", "", "", ""
            );
            return;
        };
        let others = allocations(work);
        let ratio = peer.best() / ours.best();
        let verdict = match self.goal {
            Some(goal) if ratio >= goal => "reached",
            Some(_) => "MISSED",
            None => "",
        };
        println!(
            "{:>8.1} {ratio:>6.2} {:>6.2} {:>5} {verdict:<8} {mine:>3} {others:>3}",
            speed(units, peer.best()),
            peer.median() / ours.median(),
            self.goal.map_or(String::new(), |goal| format!("{goal:.1}")),
        );
    }
}
