//! LANG (RFC 6856 section 3).

use wire_core::Next;

use super::Session;
use crate::{Event, Language, Violation, reply};

impl Session {
    pub(super) fn lang<'i>(
        &mut self,
        line: &'i [u8],
        range: Option<&'i [u8]>,
    ) -> Option<Next<Event<'i>>> {
        if self.config.languages.is_empty() {
            return self.reject(line, Violation::NotOffered);
        }
        let config = self.config.clone();
        let known = || config.languages.iter().chain([&Language::ENGLISH]);
        let chosen = match range {
            None => {
                self.say().text("Languages follow");
                for language in known() {
                    let (tag, name) = (language.tag, language.name);
                    reply::row(&mut self.output, format_args!("{tag} {name}"));
                }
                self.output.push(b".\r\n");
                return None;
            }
            Some(b"*") => known().next(),
            Some(range) => known().find(|language| language.matches(range)),
        };
        let Some(language) = chosen else {
            return self.reject(line, Violation::UnknownLanguage);
        };
        self.language = Some(*language);
        self.say().text_behind(language.tag, "Language changed");
        None
    }
}
