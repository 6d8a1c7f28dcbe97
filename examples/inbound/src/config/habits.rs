//! Habits of clients that are taken although the grammar forbids them.

use super::Mistake;

/// Those of each protocol.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Habits {
    /// Of SMTP and LMTP.
    pub smtp: smtp_proto::Leniency,
    /// Of IMAP.
    pub imap: imap_proto::Leniency,
}

impl Habits {
    /// Reads names like `raw-headers` and `imap:spaces`. A name that two protocols have needs the protocol
    /// before it; `none` adds nothing.
    ///
    /// # Errors
    /// The first name that says nothing, or two things, and what there is.
    pub fn named(names: &[String]) -> Result<Self, Mistake> {
        let one = |all: Habits, name: &String| Ok(all.with(Habits::of_name(name)?));
        names.iter().try_fold(Habits::default(), one)
    }

    fn of_name(name: &str) -> Result<Self, Mistake> {
        let (protocol, habit) = match name.split_once(':') {
            Some((protocol, habit)) => (Some(protocol), habit),
            None => (None, name),
        };
        let of = |wanted| protocol.is_none_or(|protocol| protocol == wanted);
        let smtp = smtp_proto::Leniency::from_name(habit).filter(|_| of("smtp"));
        let imap = imap_proto::Leniency::from_name(habit).filter(|_| of("imap"));
        let wrong = |cause: &str| {
            let known: Vec<String> = known().collect();
            let known = known.join(", ");
            Mistake::new(
                "--lenient",
                format_args!("{name:?} {cause}: take some of {known}, or none"),
            )
        };
        match (smtp, imap) {
            _ if name == "none" => Ok(Habits::default()),
            (Some(_), Some(_)) => Err(wrong("is a habit of SMTP and one of IMAP")),
            (None, None) => Err(wrong("is no habit")),
            (smtp, imap) => Ok(Habits {
                smtp: smtp.unwrap_or_default(),
                imap: imap.unwrap_or_default(),
            }),
        }
    }

    fn with(self, more: Self) -> Self {
        Habits {
            smtp: self.smtp.with(more.smtp),
            imap: self.imap.with(more.imap),
        }
    }
}

/// All names, each as it must be said.
fn known() -> impl Iterator<Item = String> {
    let smtp = smtp_proto::Leniency::all();
    let imap = imap_proto::Leniency::all();
    let said = |protocol: &'static str, shared: bool, name: &'static str| match shared {
        true => format!("{protocol}:{name}"),
        false => name.to_owned(),
    };
    let of_smtp = smtp.names().map(move |name| {
        let shared = imap_proto::Leniency::from_name(name).is_some();
        said("smtp", shared, name)
    });
    let of_imap = imap.names().map(move |name| {
        let shared = smtp_proto::Leniency::from_name(name).is_some();
        said("imap", shared, name)
    });
    of_smtp.chain(of_imap)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Result<Habits, String> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Habits::named(&names).map_err(|mistake| mistake.to_string())
    }

    #[test]
    fn a_name_is_of_the_protocol_that_has_it() {
        let habits = named(&["raw-headers", "loose-dots", "imap:spaces", "none"]).unwrap();
        let smtp: Vec<_> = habits.smtp.names().collect();
        let imap: Vec<_> = habits.imap.names().collect();
        assert_eq!(
            (smtp, imap),
            (vec!["loose-dots"], vec!["spaces", "raw-headers"])
        );
        assert_eq!(named(&["smtp:loose-dots"]), named(&["loose-dots"]));
        assert_eq!(named(&["none"]), Ok(Habits::default()));
    }

    #[test]
    fn every_name_that_is_told_is_taken() {
        let names: Vec<String> = known().collect();
        assert_eq!(names.len(), 12);
        let habits = Habits::named(&names).unwrap();
        assert_eq!(habits.smtp, smtp_proto::Leniency::all());
        assert_eq!(habits.imap, imap_proto::Leniency::all());
    }

    #[test]
    fn what_is_unknown_or_of_two_protocols_is_refused_with_a_list() {
        for name in [
            "spaces",
            "all",
            "",
            "imap:loose-dots",
            "pop3:spaces",
            "smtp:",
            "imap:none",
        ] {
            let said = named(&[name]).unwrap_err();
            assert!(
                said.starts_with(&format!("--lenient: {name:?} is ")),
                "{said}"
            );
            assert!(said.contains("smtp:spaces, bare-paths,"), "{said}");
            assert!(said.contains("imap:spaces, empty-lines,"), "{said}");
        }
    }
}
