//! What hosts wrote on a message on its way.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use super::address::{AddressBuf, MailboxBuf};
use super::owned;
use crate::field::address::{Address, ReturnPath};
use crate::field::auth_results::{AuthResult, AuthResults, Property};
use crate::field::date::DateTime;
use crate::field::protocol::Protocol;
use crate::field::received::{Host, Received, Tls};

owned! {
    /// A [`Received`] to be kept.
    ReceivedBuf {
        /// [`Received::from`]
        from: Option<HostBuf>,
        /// [`Received::by`]
        by: Option<HostBuf>,
        /// [`Received::via`]
        via: Option<String>,
        /// [`Received::with`]
        with: Option<String>,
        /// [`Received::protocol`]
        protocol: Option<Protocol>,
        /// [`Received::id`]
        id: Option<String>,
        /// [`Received::recipients`]
        recipients: Vec<AddressBuf>,
        /// [`Received::tls`]
        tls: Option<TlsBuf>,
        /// [`Received::comments`]
        comments: Vec<String>,
        /// [`Received::date`]
        date: Option<DateTime>,
    }

    /// A [`Host`] to be kept.
    HostBuf {
        /// [`Host::name`]
        name: String,
        /// [`Host::helo`]
        helo: String,
        /// [`Host::dns_name`]
        dns_name: Option<String>,
        /// [`Host::address`]
        address: Option<IpAddr>,
    }

    /// A [`Tls`] to be kept.
    TlsBuf {
        /// [`Tls::version`]
        version: Option<String>,
        /// [`Tls::cipher`]
        cipher: Option<String>,
    }

    /// An [`AuthResults`] to be kept.
    AuthResultsBuf {
        /// [`AuthResults::instance`]
        instance: Option<u32>,
        /// [`AuthResults::authserv_id`]
        authserv_id: Option<String>,
        /// [`AuthResults::version`]
        version: Option<u32>,
        /// [`AuthResults::results`]
        results: Vec<AuthResultBuf>,
    }

    /// An [`AuthResult`] to be kept.
    AuthResultBuf {
        /// [`AuthResult::method`]
        method: String,
        /// [`AuthResult::version`]
        version: Option<u32>,
        /// [`AuthResult::result`]
        result: String,
        /// [`AuthResult::reason`]
        reason: Option<String>,
        /// [`AuthResult::properties`]
        properties: Vec<PropertyBuf>,
        /// [`AuthResult::comments`]
        comments: Vec<String>,
    }

    /// A [`Property`] to be kept.
    PropertyBuf {
        /// [`Property::ptype`]
        ptype: String,
        /// [`Property::name`]
        name: String,
        /// [`Property::value`]
        value: String,
    }
}

/// A [`ReturnPath`] to be kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum ReturnPathBuf {
    /// `<>`
    Null,
    /// Who is to hear of it.
    Mailbox(MailboxBuf),
}

impl Received<'_> {
    /// The same to be kept.
    pub fn into_owned(self) -> ReceivedBuf {
        ReceivedBuf {
            from: self.from().map(Host::into_owned),
            by: self.by().map(Host::into_owned),
            via: self.via().map(Cow::into_owned),
            with: self.with().map(Cow::into_owned),
            protocol: self.protocol(),
            id: self.id().map(Cow::into_owned),
            recipients: self.recipients().map(Address::into_owned).collect(),
            tls: self.tls().map(Tls::into_owned),
            comments: self.comments().map(Cow::into_owned).collect(),
            date: self.date(),
        }
    }
}

impl Host<'_> {
    /// The same to be kept.
    pub fn into_owned(self) -> HostBuf {
        HostBuf {
            name: self.name().into_owned(),
            helo: self.helo().into_owned(),
            dns_name: self.dns_name().map(Cow::into_owned),
            address: self.address(),
        }
    }
}

impl Tls<'_> {
    /// The same to be kept.
    pub fn into_owned(self) -> TlsBuf {
        TlsBuf {
            version: self.version().map(Cow::into_owned),
            cipher: self.cipher().map(Cow::into_owned),
        }
    }
}

impl AuthResults<'_> {
    /// The same to be kept.
    pub fn into_owned(self) -> AuthResultsBuf {
        AuthResultsBuf {
            instance: self.instance(),
            authserv_id: self.authserv_id().map(Cow::into_owned),
            version: self.version(),
            results: self.results().map(AuthResult::into_owned).collect(),
        }
    }
}

impl AuthResult<'_> {
    /// The same to be kept.
    pub fn into_owned(self) -> AuthResultBuf {
        AuthResultBuf {
            method: self.method().into_owned(),
            version: self.version(),
            result: self.result().into_owned(),
            reason: self.reason().map(Cow::into_owned),
            properties: self.properties().map(Property::into_owned).collect(),
            comments: self.comments().map(Cow::into_owned).collect(),
        }
    }
}

impl Property<'_> {
    /// The same to be kept.
    pub fn into_owned(self) -> PropertyBuf {
        PropertyBuf {
            ptype: self.ptype().into_owned(),
            name: self.name().into_owned(),
            value: self.value().into_owned(),
        }
    }
}

impl ReturnPath<'_> {
    /// The same to be kept; `None` if the mailbox has no [`addr_spec`](crate::Mailbox::addr_spec).
    pub fn into_owned(self) -> Option<ReturnPathBuf> {
        match self {
            ReturnPath::Null => Some(ReturnPathBuf::Null),
            ReturnPath::Mailbox(mailbox) => mailbox.into_owned().map(ReturnPathBuf::Mailbox),
        }
    }
}
