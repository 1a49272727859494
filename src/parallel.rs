//! Work that is the same for many things, on as many processors as there are.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// The stack of a thread: syntax trees are walked by recursion.
const STACK: usize = 64 << 20;

/// What `work` makes of each of `items`, in their order. A thread is started for every `share` of them, up to the number of
/// processors; where no thread is to be had, this one does all the work.
pub(crate) fn each<T: Sync, R: Send>(items: &[T], share: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let wanted = items.len().div_ceil(share.max(1));
    let workers = if wanted < 2 { 1 } else { processors().min(wanted) };
    if workers < 2 {
        return items.iter().map(work).collect();
    }
    // Taken in small lots, so that nobody waits for the one with the longest.
    let lots: Vec<&[T]> = items.chunks(items.len().div_ceil(workers * 8)).collect();
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Vec<R>)>> = Mutex::default();
    let take = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(lot) = lots.get(index) else { return };
            let outcomes = lot.iter().map(&work).collect();
            done.lock().unwrap_or_else(PoisonError::into_inner).push((index, outcomes));
        }
    };
    thread::scope(|scope| {
        for _ in 1..workers {
            drop(thread::Builder::new().stack_size(STACK).spawn_scoped(scope, take));
        }
        take();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().flat_map(|(_, outcomes)| outcomes).collect()
}

fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::each;

    #[test]
    fn outcomes_are_in_the_order_of_what_they_were_made_of() {
        let items: Vec<usize> = (0..1000).collect();
        let expected: Vec<usize> = items.iter().map(|item| item * 2).collect();
        assert_eq!(each(&items, 1, |item| item * 2), expected);
        assert_eq!(each(&items, 5000, |item| item * 2), expected);
        assert!(each(&Vec::<usize>::new(), 1, |item| item * 2).is_empty());
    }
}
