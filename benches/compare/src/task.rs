//! What both sides do: timed in turn, given to a profiler, or counted.

use letterslot_compare::count::allocations;

use crate::{
    measured,
    times::{in_turn, rounds},
};

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
    /// Whole sessions, ranges of a set, look-ups: what one of them takes.
    Each,
}

/// Times those tasks whose names the arguments are parts of, or all, and prints a line for each.
pub fn table(tasks: Vec<Task>, args: &[&str], default_rounds: usize) {
    let rounds = rounds(args, default_rounds);
    let wanted: Vec<&&str> = args.iter().filter(|arg| !arg.contains('=')).collect();
    head();
    for mut task in tasks {
        if wanted.is_empty() || wanted.iter().any(|part| task.name.contains(**part)) {
            task.row(rounds);
        }
    }
}

/// Does one side of one task again and again: `SIDE NAME TIMES`.
pub fn run(tasks: Vec<Task>, [side, name, times]: [&str; 3]) {
    let Some(mut task) = tasks.into_iter().find(|task| task.name == name) else {
        println!("no such task");
        return;
    };
    let work = match (side, &mut task.peer) {
        ("peer", Some(peer)) => peer,
        _ => &mut task.ours,
    };
    for _ in 0..times.parse().unwrap_or(1) {
        measured(work);
    }
}

/// One line for each call of [`measured`], in their order: what it was, of how many units, and its
/// allocations.
pub fn counts(tasks: Vec<Task>) {
    for mut task in tasks {
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
}

/// The line of something hostile, of this size, and its call of [`measured`]: it comes twice, the
/// second time four times as large.
pub fn grown(name: &str, size: usize, work: &mut dyn FnMut()) {
    println!("growth|{name}|{size}");
    measured(work);
}

/// Prints the head of the table.
fn head() {
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
    fn row(&mut self, rounds: usize) {
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
            Unit::Each => ("ns", |units, seconds| seconds * 1e9 / units),
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
