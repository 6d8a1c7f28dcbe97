//! smtp-proto beside the crate of the same name by Stalwart Labs, which parses requests and takes
//! the dots out of messages, and leaves all else to its user.

mod body;
mod commands;
mod equal;
mod growth;
mod idle;
mod session;

use crate::task::{self, Task};

/// Compares, or does what the first argument says.
pub fn main(args: &[&str]) {
    match *args {
        ["counts"] => {
            task::counts(tasks());
            growth::counts();
        }
        ["idle"] => idle::print(),
        ["run", side, name, times] => task::run(tasks(), [side, name, times]),
        _ => {
            println!("Equal work:");
            equal::check();
            println!();
            task::table(tasks(), args, 100);
        }
    }
}

fn tasks() -> Vec<Task> {
    let mut tasks = commands::tasks();
    tasks.extend(body::tasks());
    tasks.extend(session::tasks());
    tasks
}
