//! What policies remember.

use std::{
    any::{Any, TypeId},
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// Values that policies keep with a connection or a message, one of each type.
///
/// They live exactly as long as what they are about, so they can neither leak nor be taken for those
/// of another. A value is found by its type: a private type is private to its policy, a public one
/// is a message to other policies. Written once and never changed.
#[derive(Default)]
pub struct Notes(Mutex<Vec<Note>>);

type Note = (TypeId, Arc<dyn Any + Send + Sync>);

impl Notes {
    /// Keeps a value. False: there is one of this type, which stays.
    pub fn keep<T: Any + Send + Sync>(&self, value: T) -> bool {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = notes.iter().all(|(of, _)| *of != TypeId::of::<T>());
        if new {
            notes.push((TypeId::of::<T>(), Arc::new(value)));
        }
        new
    }

    /// The value of this type.
    pub fn get<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        let notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, value) = notes.iter().find(|(of, _)| *of == TypeId::of::<T>())?;
        value.clone().downcast().ok()
    }
}

impl fmt::Debug for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notes").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_written_once_and_found_by_its_type() {
        #[derive(Debug, PartialEq)]
        struct Mine(u8);
        let notes = Notes::default();
        assert_eq!(notes.get::<Mine>(), None);
        assert!(notes.keep(Mine(1)) && notes.keep(2u8));
        assert!(!notes.keep(Mine(3)));
        assert_eq!(notes.get::<Mine>().as_deref(), Some(&Mine(1)));
        assert_eq!(notes.get::<u8>().as_deref(), Some(&2));
    }
}
