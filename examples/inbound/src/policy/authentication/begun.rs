//! Checks that run beside the session until somebody wants their result.

use std::{future::Future, time::Duration};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use tokio::task::AbortHandle;

/// A check under way. It ends with this handle: with the connection or the message that it is about.
pub(super) struct Begun<T> {
    result: Shared<BoxFuture<'static, Option<T>>>,
    abort: AbortHandle,
}

impl<T: Clone + Send + Sync + 'static> Begun<T> {
    /// Begins a check, which may take so long.
    pub(super) fn new(most: Duration, check: impl Future<Output = T> + Send + 'static) -> Self {
        let task = tokio::spawn(tokio::time::timeout(most, check));
        let abort = task.abort_handle();
        let result = task.map(|ended| ended.ok().and_then(Result::ok));
        Begun {
            result: result.boxed().shared(),
            abort,
        }
    }

    /// Its result; `None`: it took too long, or died.
    pub(super) async fn get(&self) -> Option<T> {
        self.result.clone().await
    }
}

impl<T> Drop for Begun<T> {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_result_is_had_as_often_as_it_is_wanted_and_in_time() {
        let begun = Begun::new(Duration::from_secs(5), async { 7 });
        assert_eq!((begun.get().await, begun.get().await), (Some(7), Some(7)));
        let slow = Begun::new(Duration::from_millis(1), std::future::pending::<u8>());
        assert_eq!(slow.get().await, None);
        let dying = Begun::<u8>::new(Duration::from_secs(5), async { panic!("on purpose") });
        assert_eq!(dying.get().await, None);
    }

    #[tokio::test]
    async fn what_nobody_waits_for_any_more_is_stopped() {
        let (alive, mut dropped) = tokio::sync::oneshot::channel::<()>();
        let begun = Begun::new(Duration::from_secs(60), async move {
            std::future::pending::<()>().await;
            drop(alive);
        });
        assert!(dropped.try_recv().is_err());
        drop(begun);
        assert!(dropped.await.is_err());
    }
}
