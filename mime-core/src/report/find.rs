//! Where the parts of a report are (RFC 6522), also in mail that is not made as it should be.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::field::media::MediaType;
use crate::header::Header;
use crate::layout::PartId;
use crate::message::{Message, Part};
use crate::name::Name;
use crate::node::{Encoding, Kind};
use crate::report::Report;
use crate::report::delivery::Delivery;
use crate::report::feedback::Feedback;
use crate::report::group::Block;
use crate::report::notification::Notification;

/// Storage for a report whose parts are encoded: a report borrows from it. Reusable.
#[derive(Clone, Debug, Default)]
pub struct ReportBuf {
    status: Vec<u8>,
    returned: Vec<u8>,
}

impl<'a> Message<'a> {
    /// The report that this mail is: see [`Part::report`].
    pub fn report<'s>(&self, store: &'s mut ReportBuf) -> Option<Report<'s>>
    where
        'a: 's,
    {
        self.root().report(store)
    }
}

impl<'a> Part<'a> {
    /// The report in this part: that of the first part with the type of a report, wherever it
    /// stands; else that of the first multipart/report, by its `report-type`, if its second part
    /// holds what the type asks for. `None` if there is none. What an embedded message holds is not
    /// looked at: a bounce that somebody forwards is no bounce.
    ///
    /// It looks at the type of each part, and decodes what is encoded into `store`.
    pub fn report<'s>(&self, store: &'s mut ReportBuf) -> Option<Report<'s>>
    where
        'a: 's,
    {
        let found = Found::by_part(*self).or_else(|| Found::by_container(*self))?;
        store.status.clear();
        store.returned.clear();
        let returned = found.returned();
        if let Some(part) = found.machine.filter(is_encoded) {
            part.decode_into(&mut store.status);
        }
        if let Some((part, _)) = returned.filter(|(part, _)| is_encoded(part)) {
            part.decode_into(&mut store.returned);
        }
        let store: &'s ReportBuf = store;
        let parts = Parts {
            container: found.container,
            text: found.text(),
            machine: found.machine,
            returned: returned.map(|(part, extent)| Returned {
                part,
                extent,
                header: header_of(part, &store.returned),
            }),
        };
        let body = found.machine.map(|part| block_of(part, &store.status));
        Some(match (found.role, body) {
            (Some(Role::Delivery), Some(body)) => Report::Delivery(Delivery::new(parts, body)),
            (Some(Role::Notification), Some(body)) => {
                Report::Notification(Notification::new(parts, body))
            }
            (Some(Role::Feedback), Some(body)) => Report::Feedback(Feedback::new(parts, body)),
            _ => Report::Other(parts),
        })
    }

    /// The parts below and including this one, but for what embedded messages hold.
    fn own_parts(&self) -> impl Iterator<Item = Part<'a>> + use<'a> {
        let (root, end) = (*self, self.subtree_end());
        core::iter::successors(Some(root), move |part| {
            let next = match part.kind() {
                Kind::Message => part.subtree_end(),
                _ => part.id().index().saturating_add(1),
            };
            (next < end).then(|| root.sibling_part(PartId::from_index(next)))
        })
    }
}

/// What a machine-readable part tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Delivery,
    Notification,
    Feedback,
}

impl Role {
    /// By the type of the part.
    fn of(media: &MediaType<'_>) -> Option<Role> {
        const TYPES: [(&str, Role); 5] = [
            ("delivery-status", Role::Delivery),
            ("global-delivery-status", Role::Delivery),
            ("disposition-notification", Role::Notification),
            ("global-disposition-notification", Role::Notification),
            ("feedback-report", Role::Feedback),
        ];
        let mut types = TYPES.iter();
        let named = types.find(|(subtype, _)| media.is("message", subtype));
        named.map(|(_, role)| *role)
    }

    /// By the `report-type` of the container.
    fn named(report_type: &str) -> Option<Role> {
        let is = |name: &str| report_type.trim().eq_ignore_ascii_case(name);
        match () {
            _ if is("delivery-status") || is("global-delivery-status") => Some(Role::Delivery),
            _ if is("disposition-notification") => Some(Role::Notification),
            _ if is("feedback-report") => Some(Role::Feedback),
            _ => None,
        }
    }

    /// The fields of which such a part holds at least one.
    fn signs(self) -> &'static [&'static str] {
        match self {
            Role::Delivery => &["Final-Recipient", "Original-Recipient", "Reporting-MTA"],
            Role::Notification => &["Disposition"],
            Role::Feedback => &["Feedback-Type"],
        }
    }
}

/// The parts, before anything is decoded.
#[derive(Clone, Copy)]
struct Found<'a> {
    container: Option<Part<'a>>,
    machine: Option<Part<'a>>,
    role: Option<Role>,
}

impl<'a> Found<'a> {
    /// By the first part that has the type of a report.
    fn by_part(root: Part<'a>) -> Option<Self> {
        let typed = |part: Part<'a>| Some((part, Role::of(&part.media_type())?));
        let (machine, role) = root.own_parts().find_map(typed)?;
        let parent = machine.parent().map(|node| node.id());
        let within = parent.filter(|id| *id >= root.id());
        Some(Found {
            container: within.map(|id| root.sibling_part(id)),
            machine: Some(machine),
            role: Some(role),
        })
    }

    /// By the first multipart/report.
    fn by_container(root: Part<'a>) -> Option<Self> {
        let container = root.own_parts().find(|part| {
            part.kind() == Kind::Multipart && part.media_type().is("multipart", "report")
        })?;
        let second = container.child_parts().nth(1);
        let machine = second.filter(|part| Extent::of(part).is_none());
        let named = report_type(&container).and_then(|name| Role::named(&name));
        let role = named.filter(|role| {
            let header = machine.map(|part| part.body());
            let header = Header::block(header.as_deref().unwrap_or(&[]), None);
            holds(header, role.signs())
        });
        Some(Found {
            container: Some(container),
            machine,
            role,
        })
    }

    fn children(&self) -> impl Iterator<Item = Part<'a>> + use<'a> {
        let container = self.container.into_iter();
        container.flat_map(|container| container.child_parts())
    }

    /// The first part that is before the machine-readable one.
    fn text(&self) -> Option<Part<'a>> {
        let machine = self.machine.map(|part| part.id());
        self.children()
            .next()
            .filter(|part| machine.is_none_or(|machine| part.id() < machine))
    }

    /// The first part that holds a mail or a header.
    fn returned(&self) -> Option<(Part<'a>, Extent)> {
        self.children().find_map(|part| {
            let extent = Extent::of(&part)?;
            Some((part, extent))
        })
    }
}

fn report_type<'a>(container: &Part<'a>) -> Option<Cow<'a, str>> {
    container.media_type().param("report-type")
}

/// Whether it holds one of these fields.
fn holds(header: Header<'_>, names: &[&str]) -> bool {
    header.selected(names).next().is_some()
}

fn is_encoded(part: &Part<'_>) -> bool {
    let encoding = part.transfer_encoding();
    !matches!(encoding, Encoding::Identity | Encoding::Other)
}

/// The body of a part: in the message, or where it was decoded to.
fn block_of<'a>(part: Part<'a>, decoded: &'a [u8]) -> Block<'a> {
    match is_encoded(&part) {
        true => Block::new(decoded, None),
        false => Block::new(part.raw_body(), Some(part.body_slice().start)),
    }
}

/// The header of what a part gives back.
fn header_of<'a>(part: Part<'a>, decoded: &'a [u8]) -> Header<'a> {
    match part.embedded_root() {
        Some(root) => root.header(),
        None => block_of(part, decoded).header(),
    }
}

/// The parts of a report (RFC 6522 section 3).
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    container: Option<Part<'a>>,
    text: Option<Part<'a>>,
    machine: Option<Part<'a>>,
    returned: Option<Returned<'a>>,
}

impl<'a> Parts<'a> {
    /// The multipart/report, or whatever holds the others. `None` if the machine-readable part is
    /// all there is.
    pub fn container(&self) -> Option<Part<'a>> {
        self.container
    }

    /// The `report-type` of the container: `delivery-status`, `disposition-notification`,
    /// `feedback-report` or another.
    pub fn report_type(&self) -> Option<Cow<'a, str>> {
        report_type(&self.container?)
    }

    /// The part for people: a text, or a multipart with the text in several forms.
    pub fn text(&self) -> Option<Part<'a>> {
        self.text
    }

    /// The part for programs.
    pub fn machine(&self) -> Option<Part<'a>> {
        self.machine
    }

    /// The mail that the report is about, as far as it came back.
    pub fn returned(&self) -> Option<Returned<'a>> {
        self.returned
    }
}

/// How much of a mail came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Extent {
    /// The mail, perhaps cut off by the reporter: message/rfc822 or message/global.
    Whole,
    /// Its header: text/rfc822-headers or message/global-headers.
    Headers,
}

impl Extent {
    fn of(part: &Part<'_>) -> Option<Extent> {
        let media = part.media_type();
        let is_any = |ty: &str, names: &[&str]| names.iter().any(|name| media.is(ty, name));
        if is_any("message", &["rfc822", "global"]) {
            return Some(Extent::Whole);
        }
        let headers = is_any("text", &["rfc822-headers", "rfc822-header"])
            || is_any("message", &["rfc822-headers", "global-headers"]);
        headers.then_some(Extent::Headers)
    }
}

/// The mail that a report is about. Its sender is not proven to be anybody; only the reporter says
/// that this is the mail.
#[derive(Clone, Copy, Debug)]
pub struct Returned<'a> {
    part: Part<'a>,
    extent: Extent,
    header: Header<'a>,
}

impl<'a> Returned<'a> {
    /// The part that holds it.
    pub fn part(&self) -> Part<'a> {
        self.part
    }

    /// How much there is of it.
    pub fn extent(&self) -> Extent {
        self.extent
    }

    /// Its header: look for its Message-ID to find out which mail it was.
    pub fn header(&self) -> Header<'a> {
        self.header
    }

    /// Its subject, decoded.
    pub fn subject(&self) -> Option<Cow<'a, str>> {
        self.header.first(Name::Subject).map(|field| field.text())
    }
}
