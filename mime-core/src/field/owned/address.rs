//! Mailboxes, groups and message ids.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::field::address::{Address, Addresses, Mailbox, write_quoted};
use crate::field::msgid::MsgId;

/// A [`Mailbox`] to be kept.
///
/// It is displayed as a field has it: `"name" <address>`. A display is one line whatever the
/// values are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct MailboxBuf {
    /// The display name, decoded.
    pub name: Option<String>,
    /// The text of the first comment, decoded.
    pub comment: Option<String>,
    /// `local@domain`, quoted where it has to be: [`Mailbox::addr_spec`].
    pub address: String,
}

impl fmt::Display for MailboxBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.address.split(['\r', '\n', '\0']);
        let Some(name) = &self.name else {
            return address.into_iter().try_for_each(|piece| f.write_str(piece));
        };
        write_quoted(name, f)?;
        f.write_str(" <")?;
        address
            .into_iter()
            .try_for_each(|piece| f.write_str(piece))?;
        f.write_str(">")
    }
}

/// Mailboxes under the name of their group; those outside of any group have none. This is JMAP's
/// `EmailAddressGroup` (RFC 8621 section 4.1.2.4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct GroupBuf {
    /// The name, decoded.
    pub name: Option<String>,
    /// Its mailboxes; there may be none.
    pub mailboxes: Vec<MailboxBuf>,
}

/// An [`Address`] to be kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum AddressBuf {
    /// A mailbox.
    Mailbox(MailboxBuf),
    /// A group of this name begins.
    GroupStart(String),
    /// The group ends.
    GroupEnd,
    /// What the grammar refused, or a mailbox whose address must go nowhere.
    Junk(String),
}

/// A [`MsgId`] to be kept, as text: U+FFFD stands for what is not UTF-8 and for controls.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct MsgIdBuf(pub String);

impl Mailbox<'_> {
    /// The mailbox to be kept; `None` if it has no [`addr_spec`](Self::addr_spec).
    pub fn into_owned(self) -> Option<MailboxBuf> {
        Some(MailboxBuf {
            name: self.name().map(|name| name.decoded().into_owned()),
            comment: self.comment().map(|comment| comment.into_owned()),
            address: self.addr_spec()?.into_owned(),
        })
    }
}

impl Address<'_> {
    /// The same to be kept.
    pub fn into_owned(self) -> AddressBuf {
        match self {
            Address::Mailbox(mailbox) => match mailbox.into_owned() {
                Some(mailbox) => AddressBuf::Mailbox(mailbox),
                None => {
                    let spec = [&*mailbox.local(), b"@", &*mailbox.domain()].concat();
                    AddressBuf::Junk(text(&spec))
                }
            },
            Address::GroupStart(name) => AddressBuf::GroupStart(name.decoded().into_owned()),
            Address::GroupEnd => AddressBuf::GroupEnd,
            Address::Junk(raw) => AddressBuf::Junk(text(raw)),
        }
    }
}

impl Addresses<'_> {
    /// All mailboxes by their groups, in order. Junk is left out.
    ///
    /// ```
    /// use mime_core::Header;
    /// let header = Header::new(b"From: a@x.example, Team: b@x.example;, c@x.example\r\n\r\n");
    /// let groups = header.from().groups();
    /// assert_eq!(groups.len(), 3);
    /// assert_eq!(groups[1].name.as_deref(), Some("Team"));
    /// assert_eq!(groups[1].mailboxes[0].address, "b@x.example");
    /// ```
    pub fn groups(self) -> Vec<GroupBuf> {
        let mut groups = Vec::new();
        let mut open = GroupBuf::default();
        for address in self {
            match address.into_owned() {
                AddressBuf::Mailbox(mailbox) => open.mailboxes.push(mailbox),
                AddressBuf::GroupStart(name) => {
                    let named = GroupBuf {
                        name: Some(name),
                        mailboxes: Vec::new(),
                    };
                    close(core::mem::replace(&mut open, named), &mut groups);
                }
                AddressBuf::GroupEnd => close(core::mem::take(&mut open), &mut groups),
                AddressBuf::Junk(_) => {}
            }
        }
        close(open, &mut groups);
        groups
    }
}

fn close(group: GroupBuf, groups: &mut Vec<GroupBuf>) {
    if group.name.is_some() || !group.mailboxes.is_empty() {
        groups.push(group);
    }
}

impl MsgId<'_> {
    /// The same to be kept.
    pub fn into_owned(self) -> MsgIdBuf {
        MsgIdBuf(text(self.0))
    }
}

/// Octets as one line of text.
fn text(octets: &[u8]) -> String {
    crate::field::text::line(octets).into_owned()
}
