//! Two things timed in turn, so that what disturbs one disturbs the other.

use std::time::{Duration, Instant};

/// Best and median of the rounds.
#[derive(Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// Seconds of the best round.
    pub fn best(&self) -> f64 {
        self.0.iter().min().map_or(0.0, Duration::as_secs_f64)
    }

    /// Seconds of the median round.
    pub fn median(&mut self) -> f64 {
        self.0.sort_unstable();
        self.0[self.0.len() / 2].as_secs_f64()
    }
}

/// How many rounds the arguments ask for.
pub fn rounds(args: &[&str], default: usize) -> usize {
    let rounds = args.iter().find_map(|arg| arg.strip_prefix("rounds="));
    rounds.and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// Times of `ours` and of `peer`, a round of each in turn. A round takes about 2 ms.
pub fn in_turn(rounds: usize, ours: &mut dyn FnMut(), peer: &mut dyn FnMut()) -> [Times; 2] {
    // Storage grows in the first pass.
    ours();
    peer();
    let passes = (0.002 / timed(peer, 1).as_secs_f64()).clamp(1.0, 100_000.0) as u32;
    let mut times = [Times::default(), Times::default()];
    for _ in 0..rounds {
        times[0].0.push(timed(ours, passes));
        times[1].0.push(timed(peer, passes));
    }
    times
}

fn timed(work: &mut dyn FnMut(), passes: u32) -> Duration {
    // A measurement is what the clock is for.
    #[allow(clippy::disallowed_methods)]
    let start = Instant::now();
    for _ in 0..passes {
        work();
    }
    start.elapsed() / passes
}
