//! Counts the steps that scoring a text takes, so that tests can hold them to its length.
//!
//! A draft that runs in a loop ("1, 2, 3, …") is long and has no sentence ends; whatever looks through a whole sentence
//! for each of its numbers takes minutes there and stalls a worker. Every loop whose length depends on text or brief
//! counts here. Counting is compiled for tests only.

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Adds steps to the count of this thread.
#[inline]
pub(super) fn count(steps: usize) {
    #[cfg(test)]
    STEPS.with(|all| all.set(all.get() + steps as u64));
    #[cfg(not(test))]
    let _ = steps;
}

/// Steps that `work` takes.
#[cfg(test)]
pub(super) fn taken_by(work: impl FnOnce()) -> u64 {
    let before = STEPS.with(std::cell::Cell::get);
    work();
    STEPS.with(std::cell::Cell::get) - before
}
