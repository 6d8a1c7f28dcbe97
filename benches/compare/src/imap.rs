//! imap-proto beside imap-codec, which reads and writes messages of IMAP and leaves sessions, stores
//! and mail to its user.

mod commands;
mod fetch;
mod growth;
mod sets;
mod view;
mod written;

use crate::task::{self, Task};

/// Compares, or does what the first argument says.
pub fn main(args: &[&str]) {
    match *args {
        ["counts"] => {
            task::counts(tasks());
            growth::counts();
            sets::growth();
            view::growth();
        }
        ["run", side, name, times] => task::run(tasks(), [side, name, times]),
        _ => {
            println!("Equal work:");
            commands::check();
            fetch::check();
            println!();
            task::table(tasks(), args, 20);
        }
    }
}

fn tasks() -> Vec<Task> {
    let mut tasks = commands::tasks();
    tasks.extend(sets::tasks());
    tasks.extend(view::tasks());
    tasks.extend(fetch::tasks());
    tasks
}
