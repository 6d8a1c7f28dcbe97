//! Sessions and the passwords that opened them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use tokio::sync::watch;

use crate::store::CredentialId;

/// The passwords that sessions were opened with, each with a channel that closes when it is revoked.
/// As large as there are sessions.
#[derive(Debug, Default)]
pub struct Standing(Mutex<HashMap<CredentialId, watch::Sender<()>>>);

/// What a session stands on.
#[derive(Debug)]
pub struct Footing {
    standing: Arc<Standing>,
    credential: CredentialId,
    /// `None` once it is given up.
    closed: Option<watch::Receiver<()>>,
    expires: Option<SystemTime>,
}

/// Why a session has to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lapse {
    /// The password was revoked.
    Revoked,
    /// It has expired.
    Expired,
}

impl Lapse {
    /// What the client reads.
    pub const fn text(self) -> &'static str {
        match self {
            Lapse::Revoked => "The password of this session was revoked",
            Lapse::Expired => "The password of this session has expired",
        }
    }
}

impl Standing {
    /// A session is opened with this password. Look whether it is stored afterwards: who revokes it
    /// removes it first and tells then.
    pub fn stand(
        self: &Arc<Self>,
        credential: CredentialId,
        expires: Option<SystemTime>,
    ) -> Footing {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let closed = sessions
            .entry(credential)
            .or_insert_with(|| watch::channel(()).0)
            .subscribe();
        Footing {
            standing: self.clone(),
            credential,
            closed: Some(closed),
            expires,
        }
    }

    /// Ends the sessions that were opened with this password, and says how many there are.
    pub fn revoke(&self, credential: CredentialId) -> usize {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = sessions.remove(&credential);
        ended.map_or(0, |sender| sender.receiver_count())
    }
}

impl Footing {
    /// Pending as long as the password holds.
    pub async fn lapse(mut self) -> Lapse {
        let closed = async {
            match &mut self.closed {
                Some(closed) => while closed.changed().await.is_ok() {},
                None => std::future::pending().await,
            }
        };
        let expired = async {
            loop {
                let left = match self.expires {
                    Some(end) => end.duration_since(SystemTime::now()).unwrap_or_default(),
                    None => std::future::pending().await,
                };
                if left.is_zero() {
                    break;
                }
                // The clock of the wall may be set: look at it now and then.
                tokio::time::sleep(left.min(std::time::Duration::from_secs(60))).await;
            }
        };
        tokio::select! {
            () = closed => Lapse::Revoked,
            () = expired => Lapse::Expired,
        }
    }
}

impl Drop for Footing {
    fn drop(&mut self) {
        self.closed = None;
        let mut sessions = self
            .standing
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = sessions.get(&self.credential)
            && sender.receiver_count() == 0
        {
            sessions.remove(&self.credential);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::time::Duration;

    #[tokio::test]
    async fn all_sessions_of_a_password_end_with_it_and_no_others() {
        let standing = Arc::<Standing>::default();
        let (one, two) = (CredentialId(1), CredentialId(2));
        let mut first = Box::pin(standing.stand(one, None).lapse());
        let mut second = Box::pin(standing.stand(one, None).lapse());
        let mut other = Box::pin(standing.stand(two, None).lapse());
        assert_eq!((&mut first).now_or_never(), None);
        assert_eq!((&mut second).now_or_never(), None);
        assert_eq!(standing.revoke(one), 2);
        assert_eq!(first.await, Lapse::Revoked);
        assert_eq!(second.await, Lapse::Revoked);
        assert_eq!((&mut other).now_or_never(), None);
        assert_eq!(standing.revoke(one), 0);
    }

    #[tokio::test]
    async fn nothing_is_kept_of_sessions_that_are_over() {
        let standing = Arc::<Standing>::default();
        let one = standing.stand(CredentialId(1), None);
        let two = standing.stand(CredentialId(1), None);
        drop(one);
        assert_eq!(standing.0.lock().unwrap().len(), 1);
        drop(two);
        assert!(standing.0.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_session_ends_when_its_password_expires() {
        let standing = Arc::<Standing>::default();
        let end = SystemTime::now() + Duration::from_millis(30);
        let lapse = standing.stand(CredentialId(1), Some(end)).lapse().await;
        assert_eq!(lapse, Lapse::Expired);
        assert!(SystemTime::now() >= end);
    }
}
